"""Networks: groups, subnets, routes and gateways, and what an edit makes of each resource, in full."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, Template, base, edited, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

GROUPS, NETWORK = "076", "088"
INLINE = "DbSg/SecurityGroupIngress"
RULE, EGRESS = f"{INLINE}/0", "LambdaSg/SecurityGroupEgress"
LAMBDA_SG = {"Fn::GetAtt": ["LambdaSg", "GroupId"]}
ADMITS = "DbSg False (SecurityGroupIngress)"
OPENS = f"{ADMITS} SG_OPENING"


def rule(**given: object) -> dict[str, object]:
    """A rule for the database's port."""
    return {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **given}


def separate(kind: str = "Ingress", **given: object) -> dict[str, object]:
    """A rule as a resource."""
    return {"Type": f"AWS::EC2::SecurityGroup{kind}", "Properties": rule(**given)}


EDITS: dict[str, tuple[str, dict[str, Any], str]] = {
    # Groups
    "named": (
        GROUPS,
        {"DbSg/GroupName": "db"},
        """DbSg True ReplaceAndDelete (GroupName!)
           DbFromLambda True ReplaceAndDelete (GroupId!) <DbSg""",
    ),
    "described": (
        GROUPS,
        {"LambdaSg/GroupDescription": "x"},
        """LambdaSg True ReplaceAndDelete (GroupDescription!)
           DbFromLambda True ReplaceAndDelete (SourceSecurityGroupId!) <LambdaSg
           OfficeHttps True ReplaceAndDelete (GroupId!) <LambdaSg
           ProcessorFn False (VpcConfig) <LambdaSg""",
    ),
    "tagged": (GROUPS, {"DbSg/Tags": [{"Key": "a", "Value": "b"}]}, "DbSg False (Tags)"),
    "the VPC by its name": (GROUPS, {"DbSg/VpcId": "vpc-0123456789abcdef0"}, ""),
    "rule described": (GROUPS, {f"{RULE}/Description": "x"}, ADMITS),
    "the port as a string": (GROUPS, {f"{RULE}/FromPort": "5432"}, ""),
    "one port more": (GROUPS, {f"{RULE}/ToPort": 5433}, OPENS),
    "twice the range": (GROUPS, {f"{RULE}/CidrIp": "10.40.0.0/15"}, OPENS),
    "ICMP": (
        GROUPS,
        {f"{INLINE}/+": {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIp": "10.40.0.0/16"}},
        OPENS,
    ),
    "every protocol, as a number": (GROUPS, {RULE: {"IpProtocol": -1, "CidrIp": "10.40.0.0/16"}}, OPENS),
    "another group": (GROUPS, {f"{INLINE}/+": rule(SourceSecurityGroupId="sg-1")}, OPENS),
    "itself": (GROUPS, {f"{INLINE}/+": rule(SourceSecurityGroupId={"Ref": "LambdaSg"})}, ADMITS),
    "the same rule twice": (
        GROUPS,
        {f"{INLINE}/+": rule(CidrIp="10.40.0.0/16", Description="again")},
        ADMITS,
    ),
    "a range with a gap closed": (
        GROUPS,
        {INLINE: [rule(CidrIp="10.40.0.0/16"), rule(CidrIp="10.41.0.0/16")]},
        OPENS,
    ),
    "no default egress, then some": (
        GROUPS,
        {"DbSg/SecurityGroupEgress": [rule(CidrIp="10.40.0.0/16")]},
        "DbSg False (SecurityGroupEgress)",
    ),
    "egress to every port": (
        GROUPS,
        {f"{EGRESS}/0/FromPort": 0, f"{EGRESS}/0/ToPort": 65535},
        "LambdaSg False (SecurityGroupEgress) SG_OPENING",
    ),
    "egress to a prefix list": (
        GROUPS,
        {
            f"{EGRESS}/+": {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "DestinationPrefixListId": "pl-1",
            }
        },
        "LambdaSg False (SecurityGroupEgress) SG_OPENING",
    ),
    "egress as a resource": (
        GROUPS,
        {"Out": separate("Egress", GroupId=LAMBDA_SG, CidrIp="0.0.0.0/0")},
        "Out Add SG_OPENING",
    ),
    "egress as a resource where all may leave": (
        GROUPS,
        {"Out": separate("Egress", GroupId={"Ref": "DbSg"}, CidrIp="0.0.0.0/0")},
        "Out Add",
    ),
    "a rule of a group elsewhere": (
        GROUPS,
        {"In": separate(GroupId="sg-0db0db0db0db0db0d", CidrIp="10.0.0.0/8")},
        "In Add SG_OPENING",
    ),
    "office by UDP": (
        GROUPS,
        {"OfficeHttps/IpProtocol": "udp"},
        "OfficeHttps True ReplaceAndDelete (IpProtocol!) SG_OPENING",
    ),
    "office at another port": (
        GROUPS,
        {"OfficeHttps/FromPort": 8443, "OfficeHttps/ToPort": 8443},
        "OfficeHttps True ReplaceAndDelete (FromPort!,ToPort!) SG_OPENING",
    ),
    "office by IPv6": (
        GROUPS,
        {"OfficeHttps/CidrIp": GONE, "OfficeHttps/CidrIpv6": "2001:db8::/32"},
        "OfficeHttps True ReplaceAndDelete (CidrIp!,CidrIpv6!) SG_OPENING",
    ),
    "office to the database": (
        GROUPS,
        {"OfficeHttps/GroupId": {"Ref": "DbSg"}},
        "OfficeHttps True ReplaceAndDelete (GroupId!) SG_OPENING",
    ),
    "the function shut out": (GROUPS, {"DbFromLambda": GONE}, "DbFromLambda Remove Delete"),
    "the function described": (GROUPS, {"DbFromLambda/Description": "x"}, "DbFromLambda False (Description)"),
    "a rule by another logical id": (
        GROUPS,
        {
            "DbFromLambda": GONE,
            "FromLambda": separate(GroupId={"Ref": "DbSg"}, SourceSecurityGroupId=LAMBDA_SG),
        },
        "DbFromLambda Remove Delete\nFromLambda Add UPDATE_FAILS",
    ),
    "a rule moved into the group": (
        GROUPS,
        {
            "OfficeHttps": GONE,
            "LambdaSg/SecurityGroupIngress": [rule(FromPort=443, ToPort=443, CidrIp="203.0.113.0/24")],
        },
        "OfficeHttps Remove Delete\nLambdaSg False (SecurityGroupIngress)",
    ),
    # The network
    "network tagged": (NETWORK, {"PrivateSubnetA/Tags/0/Value": "x"}, "PrivateSubnetA False (Tags)"),
    "no host names": (NETWORK, {"Vpc/EnableDnsSupport": False}, "Vpc False (EnableDnsSupport)"),
    "no public addresses": (
        NETWORK,
        {"PublicSubnetA/MapPublicIpOnLaunch": False},
        "PublicSubnetA False (MapPublicIpOnLaunch)",
    ),
    "the gateway's subnet": (
        NETWORK,
        {"NatGateway/SubnetId": "subnet-1"},
        """NatGateway True ReplaceAndDelete (SubnetId!)
           PrivateDefaultRoute False (NatGatewayId) <NatGateway""",
    ),
    "the gateway is private": (
        NETWORK,
        {"NatGateway/ConnectivityType": "private"},
        """NatGateway True ReplaceAndDelete (ConnectivityType!)
           PrivateDefaultRoute False (NatGatewayId) <NatGateway""",
    ),
    "the address by another logical id": (
        NETWORK,
        {
            "NatEip": GONE,
            "NatAddress": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
            "NatGateway/AllocationId": {"Fn::GetAtt": ["NatAddress", "AllocationId"]},
        },
        """NatEip Remove Delete
           NatAddress Add
           NatGateway True ReplaceAndDelete (AllocationId!) <NatAddress
           PrivateDefaultRoute False (NatGatewayId) <NatGateway""",
    ),
    "the address of a pool": (NETWORK, {"NatEip/PublicIpv4Pool": "p"}, "NatEip False (PublicIpv4Pool)"),
    "another table": (
        NETWORK,
        {"PrivateAssocA/RouteTableId": "rtb-1"},
        "PrivateAssocA True ReplaceAndDelete (RouteTableId!)",
    ),
    "the table by another logical id": (
        NETWORK,
        {
            "PrivateRouteTable": GONE,
            "Isolated": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            "PrivateAssocA/RouteTableId": {"Ref": "Isolated"},
            "PrivateAssocB/RouteTableId": {"Ref": "Isolated"},
            "PrivateDefaultRoute/RouteTableId": {"Ref": "Isolated"},
        },
        """PrivateRouteTable Remove Delete
           Isolated Add
           PrivateAssocA True ReplaceAndDelete (RouteTableId!) <Isolated
           PrivateAssocB True ReplaceAndDelete (RouteTableId!) <Isolated
           PrivateDefaultRoute True ReplaceAndDelete (RouteTableId!) <Isolated""",
    ),
    "another gateway to the internet": (
        NETWORK,
        {
            "Igw": GONE,
            "Gateway": {"Type": "AWS::EC2::InternetGateway"},
            "IgwAttachment/InternetGatewayId": {"Ref": "Gateway"},
        },
        "Igw Remove Delete\nGateway Add\nIgwAttachment False (InternetGatewayId) <Gateway",
    ),
    "a public group": (
        NETWORK,
        {"DbSg/SecurityGroupIngress/0": rule(CidrIp="0.0.0.0/0")},
        "DbSg False (SecurityGroupIngress) SG_OPENING",
    ),
    "a subnet by another logical id": (
        NETWORK,
        {
            "PrivateSubnetB": GONE,
            "IsolatedB": base(NETWORK)["Resources"]["PrivateSubnetB"],
            "PrivateAssocB/SubnetId": {"Ref": "IsolatedB"},
            "Outputs/PrivateSubnetIds": GONE,
        },
        """PrivateSubnetB Remove Delete
           IsolatedB Add UPDATE_FAILS
           PrivateAssocB True ReplaceAndDelete (SubnetId!) <IsolatedB""",
    ),
    "the whole VPC by another logical id": (
        NETWORK,
        {"IgwAttachment/VpcId": "vpc-2"},
        "IgwAttachment True ReplaceAndDelete (VpcId!)",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    case, edits, wanted = EDITS[name]
    old = base(case)

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits)))


def with_office(office: object, **sections: Any) -> Template:
    """The groups, where the office has its range from elsewhere."""
    template = edited(base(GROUPS), {"OfficeHttps/CidrIp": office})
    return {
        **template,
        **sections,
        "Parameters": {**template["Parameters"], **sections.get("Parameters", {})},
    }


def test_range_by_parameter_opens_and_names_it() -> None:
    def given(block: str) -> Template:
        return with_office({"Ref": "Office"}, Parameters={"Office": {"Type": "String", "Default": block}})

    wanted = "OfficeHttps True ReplaceAndDelete (CidrIp!) SG_OPENING <parameter:Office"
    assert expected(wanted) == verdicts(reviewed(given("203.0.113.0/24"), given("0.0.0.0/0")))


def test_range_by_mapping_opens_and_names_it() -> None:
    def given(block: str) -> Template:
        return with_office(
            {"Fn::FindInMap": ["Ranges", "office", "Cidr"]}, Mappings={"Ranges": {"office": {"Cidr": block}}}
        )

    wanted = "OfficeHttps True ReplaceAndDelete (CidrIp!) SG_OPENING <mapping:Ranges"
    assert expected(wanted) == verdicts(reviewed(given("203.0.113.0/24"), given("0.0.0.0/0")))


def test_rule_that_a_condition_adds_opens_and_names_the_parameter() -> None:
    def given(stage: str) -> Template:
        template = base(GROUPS)
        template["Parameters"]["Stage"] = {"Type": "String", "Default": stage}
        template["Conditions"] = {"Open": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}}
        template["Resources"]["Anywhere"] = {
            **separate(GroupId={"Ref": "DbSg"}, CidrIp="0.0.0.0/0"),
            "Condition": "Open",
        }
        return template

    assert expected("Anywhere Add SG_OPENING <parameter:Stage") == verdicts(
        reviewed(given("prod"), given("dev"))
    )


def one(kind: str, properties: dict[str, Any]) -> Template:
    """A template with one resource R."""
    return {"Resources": {"R": {"Type": kind, "Properties": properties}}}


SINGLE: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "endpoint's groups": (
        "AWS::EC2::VPCEndpoint",
        {"VpcId": "v", "ServiceName": "s", "SecurityGroupIds": ["sg-1"]},
        {"VpcId": "v", "ServiceName": "s", "SecurityGroupIds": ["sg-2"]},
        "R False (SecurityGroupIds)",
    ),
    "endpoint's service": (
        "AWS::EC2::VPCEndpoint",
        {"VpcId": "v", "ServiceName": "s", "PolicyDocument": {}},
        {"VpcId": "v", "ServiceName": "t", "PolicyDocument": {}},
        "R True ReplaceAndDelete (ServiceName!)",
    ),
    "endpoint's private names": (
        "AWS::EC2::VPCEndpoint",
        {"VpcId": "v", "ServiceName": "s", "PrivateDnsEnabled": True},
        {"VpcId": "v", "ServiceName": "s", "PrivateDnsEnabled": False},
        "R False (PrivateDnsEnabled)",
    ),
    "flow log of refused traffic only": (
        "AWS::EC2::FlowLog",
        {"ResourceId": "v", "ResourceType": "VPC", "TrafficType": "ALL"},
        {"ResourceId": "v", "ResourceType": "VPC", "TrafficType": "REJECT"},
        "R True ReplaceAndDelete (TrafficType!) MONITORING_LOSS",
    ),
    "access list's port": (
        "AWS::EC2::NetworkAclEntry",
        {
            "NetworkAclId": "a",
            "RuleNumber": 1,
            "Protocol": 6,
            "CidrBlock": "10.0.0.0/8",
            "RuleAction": "allow",
        },
        {
            "NetworkAclId": "a",
            "RuleNumber": 2,
            "Protocol": 6,
            "CidrBlock": "10.0.0.0/8",
            "RuleAction": "allow",
        },
        "R True ReplaceAndDelete (RuleNumber!)",
    ),
    "peering with another": (
        "AWS::EC2::VPCPeeringConnection",
        {"VpcId": "v", "PeerVpcId": "w"},
        {"VpcId": "v", "PeerVpcId": "x"},
        "R True ReplaceAndDelete (PeerVpcId!)",
    ),
    "a second range": (
        "AWS::EC2::VPCCidrBlock",
        {"VpcId": "v", "CidrBlock": "10.1.0.0/16"},
        {"VpcId": "v", "CidrBlock": "10.2.0.0/16"},
        "R True ReplaceAndDelete (CidrBlock!)",
    ),
}


@pytest.mark.parametrize("name", SINGLE)
def test_edit_of_one(name: str) -> None:
    kind, before, after, wanted = SINGLE[name]

    assert expected(wanted) == verdicts(reviewed(one(kind, before), one(kind, after)))
