"""Rules on resources whose replacement or deletion takes data with it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import spelt
from pipeline.review.masks import concealed
from pipeline.review.model import Change, PropertyChange, Risk
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
    """Tell whether a resource of this type holds data."""
    known = schema(resource_type)
    return resource_type in ALSO_STATEFUL or (known is not None and known.stateful)


def stateful_replacement(change: Change, _context: Context) -> Iterator[Risk]:
    """A resource that holds data starts anew and empty, or may."""
    was = str((change.before or {}).get("Type", change.type))
    if change.replacement not in ("True", "Conditional") or not is_stateful(was):
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
    if change.action != "Remove" or not is_stateful(change.type) or change.policy_action == "Retain":
        return
    if change.policy_action == "Snapshot":
        yield Risk("STATEFUL_DELETION", "is deleted, and only a snapshot of it kept")
    elif change.type == STACK_TYPE:
        yield Risk("STATEFUL_DELETION", "is deleted with every resource in it that no DeletionPolicy keeps")
    else:
        yield Risk("STATEFUL_DELETION", "is deleted with all that it holds")


def orphan(change: Change, _context: Context) -> Iterator[Risk]:
    """A resource that holds data stays behind, in nobody's stack."""
    if change.action == "Remove" and change.policy_action == "Retain" and is_stateful(change.type):
        yield Risk(
            "ORPHAN", "is kept, but no stack manages it any more; it still costs and still has its name"
        )
