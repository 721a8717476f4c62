"""Package: the files of a release, their keys in S3, which hold their digests, and the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.release.archives import Archives, addressed
from pipeline.release.product import Product
from pipeline.release.quotas import Use
from pipeline.release.templates import ROOT, Template, Templates, canonical, template
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


def package(
    product: Product, templates: Templates, archives: Archives | None
) -> tuple[dict[str, bytes], list[Artifact]]:
    """Return the files that go to S3, by their path in the release, and their artifacts.

    `templates` refer to each other by key already.
    """
    items = [of_template(product, made) for made in templates.values()]
    items += of_archives(archives) if archives else ()
    return {artifact.path: data for artifact, data in items}, [artifact for artifact, _ in items]


def of_template(product: Product, made: Template) -> tuple[Artifact, bytes]:
    """Return the artifact of a template, and its bytes; the root of `product` is called `root`."""
    at = addressed("templates", made.name, made.data, SUFFIX.lstrip("."))
    name = ROOT if made.name == product.root else made.name
    resources = len(made.document["Resources"])
    path = f"{made.name}{SUFFIX}"
    return Artifact(name, "template", path, at.key, len(made.data), at.digest, resources), made.data


def of_archives(archives: Archives) -> Iterator[tuple[Artifact, bytes]]:
    """Yield the artifact and the bytes of each function's archive, and of the libraries layer."""
    code = archives.code()
    for name, archive in archives.functions.items():
        at = code.functions[name]
        path, size = f"functions/{name}.zip", len(archive.data)
        yield Artifact(name, "function", path, at.key, size, at.digest), archive.data
    at, layer = code.libraries, archives.libraries.data
    yield Artifact("libraries", "libraries", "libraries.zip", at.key, len(layer), at.digest), layer


def packaged(product: Product, templates: Templates) -> Templates:
    """Return the templates as S3 holds them: the root refers to those that it nests by their keys.

    It comes last then, for the others have to be in the bucket before it is of use.
    """
    root = templates[product.root]
    if not nested(root.document):
        return templates
    layers = {name: made for name, made in templates.items() if name != product.root}
    resources = {
        title: placed(resource, layers) if resource["Type"] == STACK_TYPE else resource
        for title, resource in root.document["Resources"].items()
    }
    return layers | {
        product.root: template(root.name, product.render({**root.document, "Resources": resources}))
    }


def placed(stack: dict[str, Any], templates: Templates) -> dict[str, Any]:
    """Return the nested stack with the URL in S3 of its template, whose local path it has now."""
    properties = stack["Properties"]
    made = templates[properties["TemplateURL"].removesuffix(SUFFIX)]
    key = addressed("templates", made.name, made.data, SUFFIX.lstrip(".")).key
    return {**stack, "Properties": {**properties, "TemplateURL": {"Fn::Sub": TEMPLATE_URL + key}}}


def manifest(environment: str, artifacts: list[Artifact], uses: list[Use]) -> bytes:
    """Return the manifest of the release of `environment`: its artifacts, and its use of each quota."""
    return canonical(
        {
            "Environment": environment,
            "Artifacts": [asdict(artifact) for artifact in artifacts],
            "Quotas": [asdict(use) for use in uses],
        }
    )
