"""Rule on entries of network ACLs that let in, or out, more traffic than before."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pipeline.evaluation.values import Reference, Target, Value, is_true, mapping, plain
from pipeline.review.model import Change, Risk, World
from pipeline.review.rules.context import Context
from pipeline.review.rules.networks import (
    ALL_PORTS,
    PROTOCOLS,
    WITH_PORTS,
    Network,
    Opening,
    newly_open,
    number,
)
from pipeline.review.rules.policy_statements import named

ENTRY = "AWS::EC2::NetworkAclEntry"


def opening(change: Change, context: Context) -> Iterator[Risk]:
    """An ACL that was there lets through what none of its entries did, or no longer turns something away."""
    if change.type != ENTRY or context.review.fresh:
        return
    old, new = context.keep(entries_before), context.keep(entries_after)
    for entry in (each for each in new.get("allow", ()) if each.source == change.target):
        was = [each for each in old.get("allow", ()) if each.group == entry.group]
        if existed(entry.group, context) and newly_open(entry, was, [], []):
            shown = ", ".join(str(each) for each in was if each.direction == entry.direction)
            yield Risk(
                "SG_OPENING", f"{entry.group} now lets through {entry}", shown or "(nothing)", str(entry)
            )
    for entry in (each for each in old.get("deny", ()) if each.source == change.target):
        denied = [each for each in new.get("deny", ()) if each.group == entry.group]
        if still_there(entry.group, context) and newly_open(entry, denied, [], []):
            yield Risk("SG_OPENING", f"{entry.group} no longer turns away {entry}", str(entry), "(gone)")


def entries_before(context: Context) -> dict[str, list[Opening]]:
    """The traffic that entries of the old side are about, by what they do with it."""
    return entries(context.before)


def entries_after(context: Context) -> dict[str, list[Opening]]:
    """The traffic that entries of the new side are about, by what they do with it."""
    return entries(context.after)


def entries(world: World) -> dict[str, list[Opening]]:
    """The traffic that the entries of one side are about, by their action: allow or deny."""
    found: dict[str, list[Opening]] = {}
    for target, resource in world.items():
        if resource.get("Type") == ENTRY:
            properties = mapping(resource.get("Properties"))
            action = plain(properties.get("RuleAction")) or ""
            found.setdefault(action.lower(), []).extend(traffic(target, properties))
    return found


def traffic(target: Target, properties: dict[str, Value]) -> Iterator[Opening]:
    """Yield the traffic that an entry is about, if its range of addresses is known."""
    group = named(properties.get("NetworkAclId"))
    direction = "out" if is_true(properties.get("Egress")) else "in"
    protocol = plain(properties.get("Protocol")) or "-1"
    protocol = PROTOCOLS.get(protocol, protocol)
    for name in ("CidrBlock", "Ipv6CidrBlock"):
        peer = network(properties.get(name))
        if peer is not None:
            yield Opening(group, direction, protocol, ports(properties, protocol), peer, target)


def network(value: Value) -> Network | None:
    """A range of addresses, if it is one and known."""
    try:
        return ipaddress.ip_network(plain(value) or "", strict=False)
    except ValueError:
        return None


def ports(properties: dict[str, Value], protocol: str) -> tuple[int, int] | None:
    """The ports of an entry; None where they do not narrow it."""
    if protocol not in WITH_PORTS:
        return None
    start, end = (number(port(properties, name)) for name in ("From", "To"))
    return (start if start is not None else ALL_PORTS[0], end if end is not None else ALL_PORTS[1])


def port(properties: dict[str, Value], name: str) -> Value:
    """One end of an entry's range of ports."""
    return mapping(properties.get("PortRange")).get(name)


def existed(group: str, context: Context) -> bool:
    """Return whether an ACL was there before, or is outside of the templates."""
    return group in context.keep(names_before) or group not in context.keep(names_after)


def still_there(group: str, context: Context) -> bool:
    """Return whether an ACL is still there, or is outside of the templates."""
    return group in context.keep(names_after) or group not in context.keep(names_before)


def names_before(context: Context) -> set[str]:
    """The resources of the old side, as entries name them."""
    return {named(Reference(*target)) for target in context.before}


def names_after(context: Context) -> set[str]:
    """The resources of the new side, as entries name them."""
    return {named(Reference(*target)) for target in context.after}
