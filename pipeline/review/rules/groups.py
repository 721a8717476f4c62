"""Rule on security groups that admit more traffic than before."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pipeline.evaluation.values import Reference, Target, mapping, plain
from pipeline.review.model import Change, Risk
from pipeline.review.rules.context import Context
from pipeline.review.rules.networks import (
    GROUP,
    Network,
    Opening,
    is_private,
    name_of_group,
    newly_open,
    openings,
)


def opening(change: Change, context: Context) -> Iterator[Risk]:
    """A group admits traffic that it did not; a new group, only what comes from the internet."""
    for found in context.keep(new_openings).get(change.target, ()):
        was = [str(each) for each in context.keep(before)[found.group] if each.direction == found.direction]
        yield Risk(
            "SG_OPENING", f"{found.group} now admits {found}", ", ".join(was) or "(nothing)", str(found)
        )


def before(context: Context) -> dict[str, list[Opening]]:
    """What the groups admitted, by group; an entry for each group of either side."""
    found = openings(context.before)
    return {group: found.get(group, []) for group in (*found, *openings(context.after))}


def new_openings(context: Context) -> dict[Target, list[Opening]]:
    """What is newly admitted, by the resource that admits it."""
    old, new = context.keep(before), openings(context.after)
    inner = list(vpc_ranges(context))
    found: dict[Target, list[Opening]] = {}
    for group, admitted in new.items():
        made_now = is_new(group, context)
        kept = {each.peer for each in admitted}
        given_up = [
            each.peer for each in old[group] if not isinstance(each.peer, str) and each.peer not in kept
        ]
        for each in admitted:
            if made_now and not (each.direction == "in" and is_public(each.peer)):
                continue
            if newly_open(each, old[group], inner, given_up):
                found.setdefault(each.source, []).append(each)
    return found


def is_new(group: str, context: Context) -> bool:
    """Tell whether a group comes into being with this change."""
    return any(
        name_of_group(Reference(*target)) == group and target not in context.before
        for target, resource in context.after.items()
        if resource.get("Type") == GROUP
    )


def is_public(peer: Network | str) -> bool:
    """Tell whether a peer is, or may be, on the internet."""
    return not isinstance(peer, str) and not is_private(peer)


def vpc_ranges(context: Context) -> Iterator[Network]:
    """The address ranges of the VPCs that the templates declare."""
    for resource in context.after.values():
        if resource.get("Type") == "AWS::EC2::VPC":
            block = plain(mapping(resource.get("Properties")).get("CidrBlock"))
            try:
                yield ipaddress.ip_network(block or "", strict=False)
            except ValueError:
                continue
