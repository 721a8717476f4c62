"""A built release, read from its folder in dist/ and checked against its manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.change.sessions import ChangeError
from pipeline.release.assemble import Release
from pipeline.release.configuration import SECTIONS, Configuration
from pipeline.release.package import CONFIGURATION, MANIFEST
from pipeline.release.templates import ROOT, canonical
from pipeline.release.wiring import nested

Template = dict[str, Any]


@dataclass(frozen=True)
class Releasable:
    """A built release: its root template, the nested ones, and the configuration of its stack."""

    name: str
    root: Template
    layers: Mapping[str, Template]
    """The nested templates by logical id."""
    key: str
    """Where the root lies in the artifact bucket."""
    digest: str
    digests: Mapping[str, str]
    """Of the nested templates, by logical id."""
    bucket: str
    configuration: Configuration
    """Parameters, tags and policy of its stack."""


def read(folder: Path) -> Releasable:
    """Return the release in `folder`; ChangeError where there is none, or it differs from its manifest."""
    try:
        return load(folder)
    except OSError as error:
        raise ChangeError(f"{error.filename}: {error.strerror}; expected a release that was built") from error
    except (ValueError, TypeError, KeyError) as error:
        raise ChangeError(
            f"{folder}: manifest or configuration makes no sense; expected a release as built"
        ) from error


def load(folder: Path) -> Releasable:
    """Return the release in `folder`; raises what reading and parsing raise."""
    release = Release(folder, json.loads((folder / MANIFEST).read_bytes()), unchanged=True)
    document = json.loads((folder / CONFIGURATION).read_bytes())
    artifacts = {artifact.name: artifact for artifact in release.artifacts if artifact.kind == "template"}
    templates = {}
    for name, artifact in artifacts.items():
        data = (folder / artifact.path).read_bytes()
        if hashlib.sha256(data).hexdigest() != artifact.sha256:
            raise ChangeError(
                f"{folder / artifact.path}: is not what the manifest says; expected it as it was built"
            )
        templates[name] = json.loads(data)
    root = templates[ROOT]
    titles = {title: title.lower() for title in nested(root)}
    return Releasable(
        name=folder.resolve().name,
        root=root,
        layers={title: templates[name] for title, name in titles.items()},
        key=artifacts[ROOT].key,
        digest=digest(root),
        digests={title: digest(templates[name]) for title, name in titles.items()},
        bucket=release.bucket,
        configuration=Configuration(CONFIGURATION, *(document[section] for section in SECTIONS)),
    )


def digest(template: Mapping[str, Any]) -> str:
    """Return the digest of a template's content: CloudFormation returns it, but not always to the byte."""
    return hashlib.sha256(canonical(template)).hexdigest()
