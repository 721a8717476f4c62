"""Networks: what security groups admit, and what follows from a network that is made anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, base, edited, lines, reviewed, told

GROUPS, NETWORK = "076", "092"
INLINE = "DbSg/SecurityGroupIngress"
RULE = f"{INLINE}/0"


def rule(**given: object) -> dict[str, object]:
    """An ingress rule for the database's port."""
    return {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **given}


def separate(**given: object) -> dict[str, object]:
    """An ingress rule of the database's group, as a resource."""
    return {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": rule(GroupId={"Ref": "DbSg"}, **given)}


def group(block: str) -> dict[str, object]:
    """A new group that admits a range to one port."""
    ingress = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": block}]
    properties = {"GroupDescription": "x", "VpcId": "vpc-1", "SecurityGroupIngress": ingress}
    return {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}


OPENINGS: dict[str, tuple[dict[str, Any], str]] = {
    "IPv6": ({f"{INLINE}/+": rule(CidrIpv6="::/0")}, "DbSg False SG_OPENING"),
    "every protocol": (
        {f"{RULE}/IpProtocol": "-1", f"{RULE}/FromPort": GONE, f"{RULE}/ToPort": GONE},
        "DbSg False SG_OPENING",
    ),
    "another protocol": ({f"{RULE}/IpProtocol": "udp"}, "DbSg False SG_OPENING"),
    "another port": ({f"{RULE}/FromPort": 5433, f"{RULE}/ToPort": 5433}, "DbSg False SG_OPENING"),
    "a wider range": ({f"{RULE}/CidrIp": "10.0.0.0/8"}, "DbSg False SG_OPENING"),
    "a prefix list": ({f"{INLINE}/+": rule(SourcePrefixListId="pl-1")}, "DbSg False SG_OPENING"),
    "egress anywhere": ({"LambdaSg/SecurityGroupEgress/0/CidrIp": "0.0.0.0/0"}, "LambdaSg False SG_OPENING"),
    "egress by default": ({"LambdaSg/SecurityGroupEgress": GONE}, "LambdaSg False SG_OPENING"),
    "office anywhere": ({"OfficeHttps/CidrIp": "0.0.0.0/0"}, "OfficeHttps True SG_OPENING"),
    "a rule as a resource": (
        {"Ssh": separate(FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")},
        "Ssh Add SG_OPENING",
    ),
    "a new group for the internet": ({"Open": group("0.0.0.0/0")}, "Open Add SG_OPENING"),
}
NO_OPENINGS: dict[str, tuple[dict[str, Any], str]] = {
    "a narrower range": ({f"{RULE}/CidrIp": "10.40.1.0/24"}, "DbSg False"),
    "the same range in halves": (
        {INLINE: [rule(CidrIp="10.40.0.0/17"), rule(IpProtocol="6", CidrIp="10.40.128.0/17")]},
        "DbSg False",
    ),
    "a group instead of the range it is in": (
        {
            f"{RULE}/CidrIp": GONE,
            f"{RULE}/SourceSecurityGroupId": {"Fn::GetAtt": ["LambdaSg", "GroupId"]},
        },
        "DbSg False",
    ),
    "no rule": ({INLINE: GONE}, "DbSg False"),
    "egress narrowed": (
        {"DbSg/SecurityGroupEgress": [rule(CidrIp="0.0.0.0/0")]},
        "DbSg False",
    ),
    "office narrowed": ({"OfficeHttps/CidrIp": "203.0.113.128/25"}, "OfficeHttps True"),
    "office removed": ({"OfficeHttps": GONE}, "OfficeHttps Remove"),
    "a rule that another holds": ({"Double": separate(CidrIp="10.40.3.0/24")}, "Double Add"),
    "a rule moved to a resource": (
        {INLINE: GONE, "Moved": separate(CidrIp="10.40.0.0/16")},
        "DbSg False\nMoved Add",
    ),
    "a new group within": ({"Inner": group("10.0.0.0/16")}, "Inner Add"),
    "the group made anew": ({"DbSg/GroupDescription": "x"}, "DbSg True\nDbFromLambda True"),
}


@pytest.mark.parametrize("name", OPENINGS)
def test_opening(name: str) -> None:
    edits, expected = OPENINGS[name]
    old = base(GROUPS)

    assert lines(expected) == told(reviewed(old, edited(old, edits)))


@pytest.mark.parametrize("name", NO_OPENINGS)
def test_no_opening(name: str) -> None:
    edits, expected = NO_OPENINGS[name]
    old = base(GROUPS)

    assert lines(expected) == told(reviewed(old, edited(old, edits)))


def test_fewer_ports_open_nothing() -> None:
    old = edited(base(GROUPS), {f"{RULE}/FromPort": 5000, f"{RULE}/ToPort": 6000})

    assert lines("DbSg False") == told(reviewed(old, base(GROUPS)))


def test_ports_in_two_rules_hold_a_range_across_both() -> None:
    halves = [
        rule(FromPort=80, ToPort=100, CidrIp="10.9.0.0/16"),
        rule(FromPort=101, ToPort=200, CidrIp="10.9.0.0/16"),
    ]
    old = edited(base(GROUPS), {INLINE: halves})
    new = edited(old, {INLINE: [rule(FromPort=90, ToPort=150, CidrIp="10.9.0.0/16")]})

    assert lines("DbSg False") == told(reviewed(old, new))


def test_another_vpc_moves_groups_and_rules_but_opens_nothing() -> None:
    old = base(GROUPS)

    review = reviewed(old, old, ({}, {"VpcId": "vpc-2"}))

    expected = "LambdaSg True\nDbSg True\nDbFromLambda True\nOfficeHttps True\nProcessorFn False"
    assert lines(expected) == told(review)


WHOLE_NETWORK = """
    Vpc True
    PrivateSubnetA True
    PrivateSubnetB True
    PublicSubnetA True
    IgwAttachment True
    NatGateway True
    PrivateRouteTable True
    PrivateDefaultRoute True
    PrivateAssocA True
    PrivateAssocB True
    LambdaSg True
    DbSg True
"""


def test_another_range_takes_the_whole_network_along() -> None:
    old = base(NETWORK)

    review = reviewed(old, old, ({}, {"VpcCidr": "10.50.0.0/16"}))

    assert lines(WHOLE_NETWORK) == told(review)
    assert ["parameter:VpcCidr"] == [change.cause for change in review.changes if change.resource == "Vpc"]


EDITS: dict[str, tuple[dict[str, Any], str]] = {
    "dedicated": ({"Vpc/InstanceTenancy": "dedicated"}, WHOLE_NETWORK),
    "host names": ({"Vpc/EnableDnsHostnames": False}, "Vpc False"),
    "public subnet": ({"PrivateSubnetA/MapPublicIpOnLaunch": True}, "PrivateSubnetA False PUBLIC_EXPOSURE"),
    "subnet's range": (
        {"PrivateSubnetA/CidrBlock": "10.40.9.0/24"},
        "PrivateSubnetA True\nPrivateAssocA True",
    ),
    "subnet's zone": (
        {"PrivateSubnetA/AvailabilityZone": "eu-west-1c"},
        "PrivateSubnetA True UPDATE_FAILS\nPrivateAssocA True",
    ),
    "route to the internet": (
        {"PrivateDefaultRoute/NatGatewayId": GONE, "PrivateDefaultRoute/GatewayId": {"Ref": "Igw"}},
        "PrivateDefaultRoute False PUBLIC_EXPOSURE",
    ),
    "gateway elsewhere": (
        {"NatGateway/SubnetId": {"Ref": "PrivateSubnetA"}},
        "NatGateway True\nPrivateDefaultRoute False",
    ),
    "address's domain": ({"NatEip/Domain": GONE}, "NatEip Conditional"),
    "another gateway": ({"IgwAttachment/InternetGatewayId": "igw-1"}, "IgwAttachment False"),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit_of_a_network(name: str) -> None:
    edits, expected = EDITS[name]
    old = base(NETWORK)

    assert lines(expected) == told(reviewed(old, edited(old, edits)))


def test_back_to_shared_tenancy_in_place() -> None:
    old = edited(base(NETWORK), {"Vpc/InstanceTenancy": "dedicated"})
    new = edited(old, {"Vpc/InstanceTenancy": "default"})

    assert lines("Vpc False") == told(reviewed(old, new))


def test_a_tag_by_parameter_names_its_cause() -> None:
    old = base(NETWORK)

    (change,) = reviewed(old, old, ({}, {"EnvName": "dev"})).changes

    assert ("Vpc", ["Tags"], "parameter:EnvName") == (change.id, change.scope(), change.cause)
