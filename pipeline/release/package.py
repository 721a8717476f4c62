"""Package: a release's files, each under a key in S3 that holds its digest, and the manifest of them all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.release.archives import Archives, addressed
from pipeline.release.quotas import Use
from pipeline.release.synthesize import ROOT, canonical
from pipeline.release.wiring import SUFFIX, nested

# Seen by CloudFormation in the stack's own region and partition; the bucket is a Parameter, so that the
# bytes are the same wherever they go.
TEMPLATE_URL = "https://${ArtifactBucket}.s3.${AWS::Region}.${AWS::URLSuffix}/"
MANIFEST = "manifest.json"
CONFIGURATION = "configuration.json"


@dataclass(frozen=True)
class Artifact:
    """A file of a release that goes to S3."""

    name: str
    kind: str
    """`template`, `function` or `libraries`."""
    path: str
    """Where it lies in the release."""
    key: str
    """Where it lies in the artifact bucket."""
    bytes: int
    sha256: str
    resources: int = 0
    """How many a template has."""


def package(templates: Mapping[str, bytes], archives: Archives) -> tuple[dict[str, bytes], list[Artifact]]:
    """The files that go to S3, by their path in the release, and what the manifest says of each.

    `templates` refer to each other by key already.
    """
    files: dict[str, bytes] = {}
    artifacts: list[Artifact] = []
    for name, data in templates.items():
        path, at = f"{name}{SUFFIX}", addressed("templates", name, data, SUFFIX.lstrip("."))
        resources = len(json.loads(data)["Resources"])
        files[path] = data
        artifacts.append(Artifact(name, "template", path, at.key, len(data), at.digest, resources))
    code = archives.code()
    for name, archive in archives.functions.items():
        path, at = f"functions/{name}.zip", code.functions[name]
        files[path] = archive.data
        artifacts.append(Artifact(name, "function", path, at.key, len(archive.data), at.digest))
    path, at, layer = "libraries.zip", code.libraries, archives.libraries.data
    files[path] = layer
    artifacts.append(Artifact("libraries", "libraries", path, at.key, len(layer), at.digest))
    return files, artifacts


def packaged(templates: Mapping[str, bytes]) -> dict[str, bytes]:
    """The templates as S3 holds them, the root last: it refers to the others by their keys."""
    layers = {name: data for name, data in templates.items() if name != ROOT}
    root: dict[str, Any] = json.loads(templates[ROOT])
    for stack in nested(root).values():
        name = stack["Properties"]["TemplateURL"].removesuffix(SUFFIX)
        key = addressed("templates", name, layers[name], SUFFIX.lstrip(".")).key
        stack["Properties"]["TemplateURL"] = {"Fn::Sub": TEMPLATE_URL + key}
    return layers | {ROOT: canonical(root)}


def manifest(environment: str, artifacts: list[Artifact], uses: list[Use]) -> bytes:
    """What the release of `environment` holds, and how much of each quota it uses."""
    return canonical(
        {
            "Environment": environment,
            "Artifacts": [asdict(each) for each in artifacts],
            "Quotas": [asdict(each) for each in uses],
        }
    )
