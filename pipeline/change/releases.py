"""Releases: what lies in dist/, as a stack takes it."""

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
    """A release that is built: its root, what that nests, and what its stack is told."""

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
    given: Configuration
    """What its stack is told."""


def read(folder: Path) -> Releasable:
    """The release in `folder`; ChangeError where there is none, or where it is not what its manifest says."""
    try:
        return taken(folder)
    except OSError as error:
        raise ChangeError(f"{error.filename}: {error.strerror}; expected a release that was built") from error
    except (ValueError, TypeError, KeyError) as error:
        raise ChangeError(
            f"{folder}: manifest or configuration makes no sense; expected a release as built"
        ) from error


def taken(folder: Path) -> Releasable:
    """The release in `folder`, where there is one."""
    release = Release(folder, json.loads((folder / MANIFEST).read_bytes()), unchanged=True)
    document = json.loads((folder / CONFIGURATION).read_bytes())
    artifacts = {each.name: each for each in release.artifacts if each.kind == "template"}
    read_templates = {}
    for name, each in artifacts.items():
        data = (folder / each.path).read_bytes()
        if hashlib.sha256(data).hexdigest() != each.sha256:
            raise ChangeError(
                f"{folder / each.path}: is not what the manifest says; expected it as it was built"
            )
        read_templates[name] = json.loads(data)
    root = read_templates[ROOT]
    titles = {title: title.lower() for title in nested(root)}
    return Releasable(
        name=folder.resolve().name,
        root=root,
        layers={title: read_templates[name] for title, name in titles.items()},
        key=artifacts[ROOT].key,
        digest=digest(root),
        digests={title: digest(read_templates[name]) for title, name in titles.items()},
        bucket=release.bucket,
        given=Configuration(CONFIGURATION, *(document[section] for section in SECTIONS)),
    )


def digest(template: Mapping[str, Any]) -> str:
    """The digest of what a template says: CloudFormation gives it back, but not always to the byte."""
    return hashlib.sha256(canonical(template)).hexdigest()
