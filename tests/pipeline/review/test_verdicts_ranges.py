"""Ranges: what a group admits by several rules together, before and after, and whether that is more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, Template, base, edited, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

GROUPS = "076"
INLINE, EGRESS = "DbSg/SecurityGroupIngress", "LambdaSg/SecurityGroupEgress"
OPENS, SAME = "DbSg False (SecurityGroupIngress) SG_OPENING", "DbSg False (SecurityGroupIngress)"
Rule = dict[str, Any]


def tcp(block: str, first: int = 5432, last: int | None = None) -> Rule:
    """A rule for some ports from some addresses."""
    return (
        admit("tcp", first, last, CidrIpv6=block) if ":" in block else admit("tcp", first, last, CidrIp=block)
    )


def admit(protocol: object = "tcp", first: object = 5432, last: object = None, **peer: object) -> Rule:
    """A rule for anybody."""
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": first if last is None else last, **peer}


def whole(protocol: object, **peer: object) -> Rule:
    """A rule that names no ports."""
    return {"IpProtocol": protocol, **peer}


HALVES = [tcp("10.40.0.0/17"), tcp("10.40.128.0/17")]
WORLD = "0.0.0.0/0"

# The rules of the database's group: what they were, what they become, and whether that admits more.
RULES: dict[str, tuple[list[Rule], list[Rule], bool]] = {
    "the world in halves": ([tcp("10.40.0.0/16")], [tcp("0.0.0.0/1"), tcp("128.0.0.0/1")], True),
    "the world, then in halves": ([tcp(WORLD)], [tcp("0.0.0.0/1"), tcp("128.0.0.0/1")], False),
    "the world by IPv6": ([tcp(WORLD)], [tcp(WORLD), tcp("::/0")], True),
    "IPv6 in halves": ([tcp("::/0")], [tcp("::/1"), tcp("8000::/1")], False),
    "halves together": (HALVES, [tcp("10.40.0.0/16")], False),
    "halves, and a bit more": (HALVES, [tcp("10.40.0.0/15")], True),
    "one half": ([tcp("10.40.0.0/16")], HALVES[:1], False),
    "addresses of a host, spelt as a range": ([tcp("10.40.0.0/16")], [tcp("10.40.3.7/32")], False),
    "a range with bits beyond its length": ([tcp("10.40.0.0/16")], [tcp("10.40.9.9/16")], False),
    "two ports, then a range of both": (
        [tcp("10.40.0.0/16"), tcp("10.40.0.0/16", 5433)],
        [tcp("10.40.0.0/16", 5432, 5433)],
        False,
    ),
    "two ports, then a range with a gap closed": (
        [tcp("10.40.0.0/16"), tcp("10.40.0.0/16", 5434)],
        [tcp("10.40.0.0/16", 5432, 5434)],
        True,
    ),
    "a range of ports, then each": (
        [tcp("10.40.0.0/16", 5432, 5433)],
        [tcp("10.40.0.0/16"), tcp("10.40.0.0/16", 5433)],
        False,
    ),
    "ports and ranges crossed": (
        [tcp("10.40.0.0/17", 5432), tcp("10.40.128.0/17", 5433)],
        [tcp("10.40.0.0/16", 5432, 5433)],
        True,
    ),
    "ports and ranges, each with each": (
        [tcp("10.40.0.0/17", 5432), tcp("10.40.0.0/17", 5433), tcp("10.40.128.0/17", 5432, 5433)],
        [tcp("10.40.0.0/16", 5432, 5433)],
        False,
    ),
    "a port exchanged between ranges": (
        [tcp("10.40.0.0/17", 5432), tcp("10.40.128.0/17", 5433)],
        [tcp("10.40.0.0/17", 5433), tcp("10.40.128.0/17", 5432)],
        True,
    ),
    "every port": ([tcp("10.40.0.0/16")], [tcp("10.40.0.0/16", 0, 65535)], True),
    "every port but one": ([tcp("10.40.0.0/16", 0, 65535)], [tcp("10.40.0.0/16", 1, 65535)], False),
    "every port, by leaving them out": (
        [tcp("10.40.0.0/16", 0, 65535)],
        [whole("tcp", CidrIp="10.40.0.0/16")],
        False,
    ),
    "every port, by minus one": ([tcp("10.40.0.0/16")], [tcp("10.40.0.0/16", -1, -1)], True),
    "every protocol": ([tcp("10.40.0.0/16", 0, 65535)], [whole("-1", CidrIp="10.40.0.0/16")], True),
    "every protocol, then one": ([whole("-1", CidrIp="10.40.0.0/16")], [tcp("10.40.0.0/16")], False),
    "every protocol, as a word": (
        [whole("-1", CidrIp="10.40.0.0/16")],
        [whole("all", CidrIp="10.40.0.0/16")],
        False,
    ),
    "the protocol as a number": ([tcp("10.40.0.0/16")], [admit("6", CidrIp="10.40.0.0/16")], False),
    "the protocol in capitals": ([tcp("10.40.0.0/16")], [admit("TCP", CidrIp="10.40.0.0/16")], False),
    "another protocol": ([tcp("10.40.0.0/16")], [admit("udp", CidrIp="10.40.0.0/16")], True),
    "a port as a string": (
        [tcp("10.40.0.0/16", 5432, 5433)],
        [admit("tcp", "5433", "5433", CidrIp="10.40.0.0/16")],
        False,
    ),
    "a ping of another type": (
        [admit("icmp", 8, 0, CidrIp="10.40.0.0/16")],
        [admit("icmp", 3, 4, CidrIp="10.40.0.0/16")],
        True,
    ),
    "every ping": (
        [admit("icmp", 8, 0, CidrIp="10.40.0.0/16")],
        [admit("icmp", -1, -1, CidrIp="10.40.0.0/16")],
        True,
    ),
    "one ping of all": (
        [admit("icmp", -1, -1, CidrIp="10.40.0.0/16")],
        [admit("icmp", 8, -1, CidrIp="10.40.0.0/16")],
        False,
    ),
    "a ping": (
        [tcp("10.40.0.0/16")],
        [tcp("10.40.0.0/16"), admit("icmp", 8, 0, CidrIp="10.40.0.0/16")],
        True,
    ),
    "any code of a type": (
        [admit("icmp", 3, 4, CidrIp="10.40.0.0/16")],
        [admit("icmp", 3, -1, CidrIp="10.40.0.0/16")],
        True,
    ),
    "one code of a type": (
        [admit("icmp", 3, -1, CidrIp="10.40.0.0/16")],
        [admit("icmp", 3, 4, CidrIp="10.40.0.0/16")],
        False,
    ),
    "a ping by IPv6": (
        [admit("icmp", 8, 0, CidrIp="10.40.0.0/16")],
        [admit("icmp", 8, 0, CidrIp="10.40.0.0/16"), admit("icmpv6", 128, 0, CidrIpv6="fd00::/8")],
        True,
    ),
    "a prefix list": ([tcp("10.40.0.0/16")], [admit(SourcePrefixListId="pl-1")], True),
    "another prefix list": ([admit(SourcePrefixListId="pl-1")], [admit(SourcePrefixListId="pl-2")], True),
    "a prefix list where the world is admitted": (
        [tcp(WORLD)],
        [tcp(WORLD), admit(SourcePrefixListId="pl-1")],
        False,
    ),
    "a group instead of the world": ([tcp(WORLD)], [admit(SourceSecurityGroupId="sg-1")], False),
    "a group instead of another": (
        [admit(SourceSecurityGroupId="sg-1")],
        [admit(SourceSecurityGroupId="sg-2")],
        True,
    ),
    "a group, then addresses": ([admit(SourceSecurityGroupId="sg-1")], [tcp("10.40.0.0/16")], True),
    "a group at more ports": (
        [admit(SourceSecurityGroupId="sg-1")],
        [admit("tcp", 5432, 5433, SourceSecurityGroupId="sg-1")],
        True,
    ),
    "rules in another order": (
        [tcp("10.40.0.0/16"), tcp("10.41.0.0/16")],
        [tcp("10.41.0.0/16"), tcp("10.40.0.0/16")],
        False,
    ),
    "fewer rules": ([tcp("10.40.0.0/16"), tcp("10.41.0.0/16")], [tcp("10.41.0.0/16")], False),
    "both kinds of addresses in place of one": (
        [tcp("10.40.0.0/16")],
        [tcp("10.40.0.0/16"), tcp("fd00::/8")],
        True,
    ),
    "addresses known only later": (
        [tcp("10.40.0.0/16")],
        [admit(CidrIp={"Fn::ImportValue": "office-range"})],
        True,
    ),
    "the database's group itself": (
        [tcp("10.40.0.0/16")],
        [tcp("10.40.0.0/16"), admit(SourceSecurityGroupId="sg-self")],
        True,
    ),
}


def group_with(rules: list[Rule]) -> Template:
    """The groups, where the database's has these rules."""
    return edited(base(GROUPS), {INLINE: rules})


@pytest.mark.parametrize("name", RULES)
def test_rules(name: str) -> None:
    before, after, more = RULES[name]

    assert expected(OPENS if more else SAME) == verdicts(reviewed(group_with(before), group_with(after)))


OFFICE = {"OfficeHttps": GONE}

# Edits that move rules between a group and resources of their own, and those of what leaves.
EDITS: dict[str, tuple[dict[str, Any], str]] = {
    "the world at the office's port": (
        {"OfficeHttps/CidrIp": WORLD},
        "OfficeHttps True ReplaceAndDelete (CidrIp!) SG_OPENING",
    ),
    "the office in part": (
        {"OfficeHttps/CidrIp": "203.0.113.128/25"},
        "OfficeHttps True ReplaceAndDelete (CidrIp!)",
    ),
    "the office by a group": (
        {
            "OfficeHttps/CidrIp": GONE,
            "OfficeHttps/SourceSecurityGroupId": {"Fn::GetAtt": ["DbSg", "GroupId"]},
        },
        "OfficeHttps True ReplaceAndDelete (CidrIp!,SourceSecurityGroupId!) SG_OPENING",
    ),
    "the office at every port": (
        {"OfficeHttps/FromPort": 0, "OfficeHttps/ToPort": 65535},
        "OfficeHttps True ReplaceAndDelete (FromPort!,ToPort!) SG_OPENING",
    ),
    "the office shut out": (OFFICE, "OfficeHttps Remove Delete"),
    "the office moved into the group, and the world beside it": (
        OFFICE | {"LambdaSg/SecurityGroupIngress": [tcp("203.0.113.0/24", 443), tcp(WORLD, 443)]},
        "OfficeHttps Remove Delete\nLambdaSg False (SecurityGroupIngress) SG_OPENING",
    ),
    "the subnets moved out of the group": (
        {
            INLINE: GONE,
            "Subnets": {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": {"GroupId": {"Ref": "DbSg"}} | tcp("10.40.0.0/16"),
            },
        },
        "DbSg False (SecurityGroupIngress)\nSubnets Add",
    ),
    "egress to anywhere": (
        {f"{EGRESS}/0/CidrIp": WORLD},
        "LambdaSg False (SecurityGroupEgress) SG_OPENING",
    ),
    "egress left to the default": ({EGRESS: GONE}, "LambdaSg False (SecurityGroupEgress) SG_OPENING"),
    "egress to less": ({f"{EGRESS}/0/CidrIp": "10.40.1.0/24"}, "LambdaSg False (SecurityGroupEgress)"),
    "egress to the database's group": (
        {f"{EGRESS}/+": admit(DestinationSecurityGroupId={"Fn::GetAtt": ["DbSg", "GroupId"]})},
        "LambdaSg False (SecurityGroupEgress) SG_OPENING",
    ),
    "a group open from the start": (
        {
            "New": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"GroupDescription": "x", "SecurityGroupIngress": [tcp(WORLD, 22)]},
            }
        },
        "New Add SG_OPENING",
    ),
    "a group for the function alone": (
        {
            "New": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {
                    "GroupDescription": "x",
                    "SecurityGroupIngress": [admit(SourceSecurityGroupId={"Ref": "LambdaSg"})],
                },
            }
        },
        "New Add",
    ),
    "both groups at once": (
        {f"{INLINE}/0/CidrIp": WORLD, f"{EGRESS}/0/CidrIp": WORLD},
        "DbSg False (SecurityGroupIngress) SG_OPENING\nLambdaSg False (SecurityGroupEgress) SG_OPENING",
    ),
    "one group opened and another narrowed": (
        {f"{INLINE}/0/CidrIp": "10.40.1.0/24", "DbFromLambda/FromPort": 0},
        "DbSg False (SecurityGroupIngress)\nDbFromLambda True ReplaceAndDelete (FromPort!) SG_OPENING",
    ),
    "a group made anew, with more of a range": (
        {"DbSg/GroupDescription": "x", f"{INLINE}/0/CidrIp": WORLD},
        """DbSg True ReplaceAndDelete (GroupDescription!,SecurityGroupIngress) SG_OPENING
           DbFromLambda True ReplaceAndDelete (GroupId!) <DbSg""",
    ),
    "the function in a group that is not of the template": (
        {"ProcessorFn/VpcConfig/SecurityGroupIds/+": "sg-0db0db0db0db0db0d"},
        "ProcessorFn False (VpcConfig)",
    ),
    "in another VPC": (
        {"Parameters/VpcId/Default": "vpc-1"},
        """LambdaSg True ReplaceAndDelete (VpcId!) <parameter:VpcId
           DbSg True ReplaceAndDelete (VpcId!) <parameter:VpcId
           DbFromLambda True ReplaceAndDelete (GroupId!,SourceSecurityGroupId!) <DbSg
           OfficeHttps True ReplaceAndDelete (GroupId!) <LambdaSg
           ProcessorFn False (VpcConfig) <LambdaSg""",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    edits, wanted = EDITS[name]
    old = base(GROUPS)

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits)))
