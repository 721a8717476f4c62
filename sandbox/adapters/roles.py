"""Roles: faults of IAM."""
# ruff: noqa: SLF001 -- the faults lie within the emulator, and so must what steps round them

from __future__ import annotations

from ministack.services import iam

from sandbox.adapters.resources import Properties, complete


def keep_boundaries_of_roles() -> None:
    """A role that a stack makes is under no boundary, whatever its template says."""

    def bound(role: str, properties: Properties, _stack: str) -> Properties:
        iam._roles[role]["PermissionsBoundary"] = properties.get("PermissionsBoundary")
        return {}

    complete("AWS::IAM::Role", bound)
