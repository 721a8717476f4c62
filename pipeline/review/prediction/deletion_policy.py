"""The fate of a resource that is removed or replaced: deleted, retained or snapshotted."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evaluation.values import Value, plain

# The guide's exception: these are snapshotted on deletion where no policy is written.
SNAPSHOT_BY_DEFAULT = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
# Instances that are always members of a cluster, whose volume has the data.
ALWAYS_MEMBERS = ("AWS::DocDB::DBInstance", "AWS::Neptune::DBInstance")


def on_removal(resource: Mapping[str, Value]) -> str:
    """Delete, Retain or Snapshot, by the template that still holds the resource."""
    written = plain(resource.get("DeletionPolicy"))
    if written in (None, ""):
        return "Snapshot" if snapshots_by_default(resource) else "Delete"
    return "Retain" if written == "RetainExceptOnCreate" else str(written)


def snapshots_by_default(resource: Mapping[str, Value]) -> bool:
    """Return whether a resource without a policy is snapshotted; a cluster's member has nothing to save."""
    return resource.get("Type") in SNAPSHOT_BY_DEFAULT and not is_cluster_member(resource)


def is_cluster_member(resource: Mapping[str, Value]) -> bool:
    """Return whether a resource is an instance of a database cluster, which has the data in its place."""
    if resource.get("Type") == "AWS::RDS::DBInstance":
        properties = resource.get("Properties")
        return isinstance(properties, dict) and properties.get("DBClusterIdentifier") not in (None, "")
    return resource.get("Type") in ALWAYS_MEMBERS


def on_replacement(resource: Mapping[str, Value]) -> str:
    """ReplaceAndDelete, ReplaceAndRetain or ReplaceAndSnapshot, by the template that replaces it."""
    return f"ReplaceAnd{plain(resource.get('UpdateReplacePolicy')) or 'Delete'}"
