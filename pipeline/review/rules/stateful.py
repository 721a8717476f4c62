"""Rules on resources whose replacement or deletion takes data with it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import ABSENT, references, spelt
from pipeline.review.masks import concealed
from pipeline.review.model import Change, PropertyChange, Risk
from pipeline.review.prediction import conditional
from pipeline.review.prediction.deletion_policy import is_cluster_member
from pipeline.review.prediction.schemas import schema
from pipeline.review.rules.context import Context

# Types that hold data, and that cfn-lint's list of stateful resources leaves out.
ALSO_STATEFUL = (
    "AWS::AmazonMQ::Broker",
    "AWS::ECR::Repository",
    "AWS::Lightsail::Database",
    "AWS::MSK::Cluster",
    "AWS::RedshiftServerless::Namespace",
    "AWS::S3Express::DirectoryBucket",
    "AWS::Timestream::Database",
    "AWS::Timestream::InfluxDBInstance",
    "AWS::Timestream::Table",
)
OLD_ONE = {
    "ReplaceAndDelete": "the old one is deleted with all that it holds",
    "ReplaceAndRetain": "the old one is kept, but nothing moves what it holds to the new one",
    "ReplaceAndSnapshot": "the old one is deleted, and only a snapshot of it kept",
}


def is_stateful(resource_type: str) -> bool:
    """Return whether a resource of this type holds data."""
    known = schema(resource_type)
    return resource_type in ALSO_STATEFUL or (known is not None and known.stateful)


def holds_data(change: Change) -> bool:
    """Return whether the resource, as it was, holds data of its own; a member of a cluster does not."""
    was = change.before or {"Type": change.type}
    return is_stateful(str(was.get("Type", change.type))) and not is_cluster_member(was)


def outcome(change: Change, place: PropertyChange) -> conditional.Outcome:
    """Return what the update of a place does that the registry calls conditional."""
    sides = (change.old().get(place.name, ABSENT), change.new().get(place.name, ABSENT))
    return conditional.outcome(change.type, place.path, sides, change.after or {})


def updated_in_place(change: Change) -> list[PropertyChange]:
    """Return the places that make a replacement Conditional, where AWS says that it replaces for none."""
    places = [place for place in change.properties if place.requires == "Conditionally"]
    in_place = change.replacement == "Conditional" and not any(
        outcome(change, place) == "may replace" for place in places
    )
    return places if in_place else []


def stateful_replacement(change: Change, _context: Context) -> Iterator[Risk]:
    """A resource that holds data starts anew and empty, or may."""
    if change.replacement not in ("True", "Conditional") or not holds_data(change):
        return
    if updated_in_place(change):
        return
    fate = OLD_ONE.get(change.policy_action or "", "what becomes of the old one is not told")
    forcing = sorted((each for each in change.properties if each.requires != "Never"), key=weight)
    by = ", ".join(dict.fromkeys(each.name for each in forcing))
    certain = (
        "is replaced by an empty one" if change.replacement == "True" else "may be replaced by an empty one"
    )
    reason = f"{certain}{f' ({by})' if by else ''}; {fate}"
    if forcing and not forcing[0].hidden:
        first = forcing[0]
        before, after = (spelt(concealed(change, first.path, value)) for value in (first.before, first.after))
        yield Risk(
            "STATEFUL_REPLACEMENT", reason, before, f"{after} (of the new one)" if before == after else after
        )
    else:
        yield Risk("STATEFUL_REPLACEMENT", reason)


def weight(place: PropertyChange) -> int:
    """What forces a replacement before what may force one."""
    return 0 if place.requires == "Always" else 1


def stateful_deletion(change: Change, _context: Context) -> Iterator[Risk]:
    """A resource that holds data is deleted."""
    if change.action != "Remove" or not holds_data(change) or change.policy_action == "Retain":
        return
    if change.policy_action == "Snapshot":
        yield Risk("STATEFUL_DELETION", "is deleted, and only a snapshot of it kept")
    elif change.type == STACK_TYPE:
        yield Risk("STATEFUL_DELETION", "is deleted with every resource in it that no DeletionPolicy keeps")
    else:
        yield Risk("STATEFUL_DELETION", "is deleted with all that it holds")


def member_goes(change: Change, context: Context) -> Iterator[Risk]:
    """A member of a database cluster is replaced or removed: nothing is lost, and its connections break."""
    if not is_cluster_member(change.before or {}) or change.target in context.renamed:
        return
    if change.replacement == "True":
        reason = "this member of the cluster is replaced: its connections break, and another takes over"
        yield Risk("INTERRUPTION", reason)
    elif change.action == "Remove" and change.policy_action != "Retain":
        cluster = change.old().get("DBClusterIdentifier")
        if all(reference.target in context.after for reference in references(cluster)):
            yield Risk("AVAILABILITY_LOSS", "the cluster has a member less to take over after a failure")


def created_anew(change: Change, _context: Context) -> Iterator[Risk]:
    """A resource that held data was deleted outside CloudFormation, and an empty one takes its place."""
    if change.drift == "DELETED" and change.action == "Add" and is_stateful(change.type):
        reason = "was deleted outside CloudFormation with all that it held; an empty one takes its place"
        yield Risk("STATEFUL_DELETION", reason)


def orphan(change: Change, _context: Context) -> Iterator[Risk]:
    """A resource that holds data stays behind, in nobody's stack."""
    if change.action == "Remove" and change.policy_action == "Retain" and is_stateful(change.type):
        yield Risk(
            "ORPHAN", "is kept, but no stack manages it any more; it still costs and still has its name"
        )
