"""Templates: generated CloudFormation templates, as a build passes them from stage to stage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
# The template that nests the others, as a release's manifest names it.
ROOT = "root"


@dataclass(frozen=True)
class Template:
    """A template: its document, and the very bytes of it that are linted, packaged and published."""

    name: str
    """In lower case: `data`."""
    document: Document
    data: bytes
    digest: str
    """SHA-256 of `data`."""


Templates = Mapping[str, Template]
"""Templates by name."""


def template(name: str, data: bytes) -> Template:
    """Return the template whose JSON is `data`."""
    return Template(name, json.loads(data), data, hashlib.sha256(data).hexdigest())


def documents(templates: Templates) -> dict[str, Document]:
    """Return the documents of `templates`, by name."""
    return {name: made.document for name, made in templates.items()}


def canonical(document: Mapping[str, object]) -> bytes:
    """Return `document` as JSON: the same bytes for the same content, indented for people to read."""
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def compact(document: Mapping[str, object]) -> bytes:
    """Return `document` as JSON in one line: the same bytes for the same content, as few as possible."""
    return (json.dumps(document, separators=(",", ":"), sort_keys=True) + "\n").encode()
