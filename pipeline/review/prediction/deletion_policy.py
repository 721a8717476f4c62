"""The fate of a resource that is removed or replaced: deleted, retained or snapshotted."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evaluation.values import Value, plain

# The guide's exception: these are snapshotted on deletion where no policy is written.
SNAPSHOT_BY_DEFAULT = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")


def on_removal(resource: Mapping[str, Value]) -> str:
    """Delete, Retain or Snapshot, by the template that still holds the resource."""
    written = plain(resource.get("DeletionPolicy"))
    if written in (None, ""):
        return "Snapshot" if snapshots_by_default(resource) else "Delete"
    return "Retain" if written == "RetainExceptOnCreate" else str(written)


def snapshots_by_default(resource: Mapping[str, Value]) -> bool:
    """Tell whether a resource without a policy is snapshotted; in a cluster, an instance holds nothing."""
    properties = resource.get("Properties")
    in_cluster = isinstance(properties, dict) and "DBClusterIdentifier" in properties
    return resource.get("Type") in SNAPSHOT_BY_DEFAULT and not in_cluster


def on_replacement(resource: Mapping[str, Value]) -> str:
    """ReplaceAndDelete, ReplaceAndRetain or ReplaceAndSnapshot, by the template that replaces it."""
    return f"ReplaceAnd{plain(resource.get('UpdateReplacePolicy')) or 'Delete'}"
