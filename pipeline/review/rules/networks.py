"""The traffic that security groups admit, as ranges of addresses and ports."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.evaluation.values import Reference, Target, Value, listed, mapping, plain, spelt
from pipeline.review.model import World

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

GROUP = "AWS::EC2::SecurityGroup"
RULE_TYPES = {"AWS::EC2::SecurityGroupIngress": "in", "AWS::EC2::SecurityGroupEgress": "out"}
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": "-1"}
ALL_PORTS = (0, 65535)
WITH_PORTS = ("tcp", "udp")
# What is not routed on the internet; `is_private` of the standard library calls 0.0.0.0/0 private.
PRIVATE = [
    ipaddress.ip_network(block)
    for block in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "fc00::/7",
        "::1/128",
    )
]
# A VPC is a /16 at most, so a private range as wide as that reaches whatever a group in it reaches.
WIDEST_VPC = 16


@dataclass(frozen=True)
class Opening:
    """Traffic that a group admits: to or from a peer, on ports of a protocol, by the rule in `source`."""

    group: str
    direction: str
    protocol: str
    ports: tuple[int, int] | None
    peer: Network | str
    source: Target

    def __str__(self) -> str:
        way = "from" if self.direction == "in" else "to"
        protocol = "all traffic" if self.protocol == "-1" else self.protocol
        ports = "" if self.ports is None or self.protocol == "-1" else f" {spelt_ports(self.ports)}"
        return f"{protocol}{ports} {way} {self.peer}"


def spelt_ports(ports: tuple[int, int]) -> str:
    """A range of ports for people."""
    return (
        "all ports"
        if ports == ALL_PORTS
        else str(ports[0])
        if ports[0] == ports[1]
        else f"{ports[0]}-{ports[1]}"
    )


def openings(world: World) -> dict[str, list[Opening]]:
    """Everything that the groups of one side admit, by group."""
    found: dict[str, list[Opening]] = {}
    for target, resource in world.items():
        properties = mapping(resource.get("Properties"))
        if resource.get("Type") == GROUP:
            own = found.setdefault(name_of_group(Reference(*target)), [])
            own += inline(target, properties)
        elif resource.get("Type") in RULE_TYPES:
            direction = RULE_TYPES[str(resource["Type"])]
            group = name_of_group(properties.get("GroupId") or properties.get("GroupName"))
            found.setdefault(group, []).extend(rule(properties, group, direction, target))
    return found


def inline(target: Target, properties: Mapping[str, Value]) -> Iterator[Opening]:
    """What a group admits by its own rules; without any for egress, everything may leave."""
    group = name_of_group(Reference(*target))
    for each in listed(properties.get("SecurityGroupIngress")):
        yield from rule(mapping(each), group, "in", target)
    egress = listed(properties.get("SecurityGroupEgress"))
    for each in egress:
        yield from rule(mapping(each), group, "out", target)
    if not egress:
        for anywhere in ("0.0.0.0/0", "::/0"):
            yield Opening(group, "out", "-1", None, ipaddress.ip_network(anywhere), target)


def rule(written: Mapping[str, Value], group: str, direction: str, source: Target) -> Iterator[Opening]:
    """What one rule admits."""
    protocol = (plain(written.get("IpProtocol")) or "-1").lower()
    protocol = PROTOCOLS.get(protocol, protocol)
    for peer in peers(written):
        yield Opening(group, direction, protocol, ports_of(written, protocol), peer, source)


def ports_of(written: Mapping[str, Value], protocol: str) -> tuple[int, int] | None:
    """The ports of a rule; for ICMP its type and code; nothing where they do not narrow it."""
    start, end = number(written.get("FromPort")), number(written.get("ToPort"))
    if protocol == "-1":
        return None
    if protocol in WITH_PORTS:
        if -1 in (start, end) or (start is None and end is None):
            return ALL_PORTS
        return (start if start is not None else 0, end if end is not None else ALL_PORTS[1])
    return None if start in (None, -1) else (start or 0, end if end is not None else -1)


def number(value: Value) -> int | None:
    """A port, where it is known."""
    written = plain(value) or ""
    return int(written) if written.lstrip("-").isdigit() else None


def peers(written: Mapping[str, Value]) -> Iterator[Network | str]:
    """Whom a rule admits: ranges of addresses, or groups and prefix lists by name."""
    for name in ("CidrIp", "CidrIpv6"):
        block = written.get(name)
        if block is not None:
            try:
                yield ipaddress.ip_network(plain(block) or "", strict=False)
            except ValueError:
                yield spelt(block)
    for name in ("SourceSecurityGroupId", "DestinationSecurityGroupId", "SourceSecurityGroupName"):
        if name in written:
            yield f"group {name_of_group(written[name])}"
    for name in ("SourcePrefixListId", "DestinationPrefixListId"):
        if name in written:
            yield f"prefix list {spelt(written[name])}"


def name_of_group(value: Value) -> str:
    """A group by the one name that it has, whether by Ref or by GetAtt."""
    if isinstance(value, Reference):
        return "/".join((*value.stack, value.resource))
    return spelt(value)


def newly_open(new: Opening, old: list[Opening], inner: list[Network], given_up: list[Network]) -> bool:
    """Tell whether some of what a rule admits was not admitted before.

    `inner` are the ranges of the VPCs, and `given_up` those that the group no longer admits.
    """
    able = [each for each in old if each.direction == new.direction and each.protocol in ("-1", new.protocol)]
    if isinstance(new.peer, str):
        by_peer = [each for each in able if reaches(each.peer, new.peer, inner, given_up)]
        return not all(any(takes_in(each, port) for each in by_peer) for port in steps(new, by_peer))
    for port in steps(new, able):
        ranges = [each.peer for each in able if not isinstance(each.peer, str) and takes_in(each, port)]
        if not covered_network(new.peer, ranges):
            return True
    return False


def steps(new: Opening, old: list[Opening]) -> list[tuple[str, tuple[int, int] | None]]:
    """The ports that stand for all of an opening's: its first, and where old rules begin or have ended."""
    if new.ports is None or new.protocol not in WITH_PORTS:
        return [(new.protocol, new.ports)]
    first, last = new.ports
    edges = {edge for each in old if each.ports for edge in (each.ports[0], each.ports[1] + 1)}
    return [(new.protocol, (port, port)) for port in sorted({first, *edges}) if first <= port <= last]


def takes_in(rule: Opening, port: tuple[str, tuple[int, int] | None]) -> bool:
    """Tell whether a rule admits a port, or of ICMP a type and code."""
    protocol, narrow = port
    if rule.ports is None:
        return True
    if narrow is None:
        return False
    if protocol in WITH_PORTS:
        return rule.ports[0] <= narrow[0] <= rule.ports[1]
    return rule.ports[0] == narrow[0] and rule.ports[1] in (-1, narrow[1])


def reaches(wide: Network | str, narrow: str, inner: list[Network], given_up: list[Network]) -> bool:
    """Tell whether a peer takes in a group or a prefix list.

    Where nobody knows the VPC's range, a group that takes the place of a private range is within it; one
    that is admitted beside it is not, or it would not be needed.
    """
    if isinstance(wide, str):
        return wide == narrow
    if not narrow.startswith("group "):
        return wide.prefixlen == 0
    if inner:
        return wide.prefixlen == 0 or all(covered_network(block, [wide]) for block in inner)
    as_wide_as_a_vpc = is_private(wide) and wide.version == 4 and wide.prefixlen <= WIDEST_VPC  # noqa: PLR2004, IPv4
    return wide.prefixlen == 0 or (as_wide_as_a_vpc and wide in given_up)


def is_private(network: Network) -> bool:
    """Tell whether a range is not routed on the internet."""
    return covered_network(network, PRIVATE)


def covered_network(narrow: Network, wide: list[Network]) -> bool:
    """Tell whether some ranges together hold all of another."""
    if isinstance(narrow, ipaddress.IPv4Network):
        four = [each for each in wide if isinstance(each, ipaddress.IPv4Network)]
        return any(narrow.subnet_of(each) for each in ipaddress.collapse_addresses(four))
    six = [each for each in wide if isinstance(each, ipaddress.IPv6Network)]
    return any(narrow.subnet_of(each) for each in ipaddress.collapse_addresses(six))
