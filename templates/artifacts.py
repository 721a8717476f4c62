"""Code: the archives that packaging made, as the templates refer to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Archive:
    """A zip file in the artifact bucket; `key` holds the SHA-256 `digest` of its bytes."""

    key: str
    digest: str


@dataclass(frozen=True)
class Code:
    """What the functions run: an archive for each entry point, and the libraries they share."""

    functions: Mapping[str, Archive]
    """By module name under `handlers`: `payment_validator`."""

    libraries: Archive
    schema_version: str
    """Version of the ledger's schema that `handlers` holds; a new one runs the migrator."""
