"""The VPC: three zones of three kinds of subnets, and how each of them reaches the internet, or does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.templates.layers import of_type

Resource = dict[str, Any]

LAYER = "Network"

ZONES = ["A", "B", "C"]


def tags(properties: Resource) -> dict[str, Any]:
    return {each["Key"]: each["Value"] for each in properties["Tags"]}


def named(role: str) -> dict[str, str]:
    return {"Fn::Sub": f"{role}-${{EnvironmentSuffix}}"}


def default_routes(resources: dict[str, Resource], table: str) -> list[Resource]:
    return [
        route
        for route in of_type(resources, "AWS::EC2::Route").values()
        if route["RouteTableId"] == {"Ref": table} and route["DestinationCidrBlock"] == "0.0.0.0/0"
    ]


def table_of(resources: dict[str, Resource], subnet: str) -> str:
    (found,) = [
        each["RouteTableId"]["Ref"]
        for each in of_type(resources, "AWS::EC2::SubnetRouteTableAssociation").values()
        if each["SubnetId"] == {"Ref": subnet}
    ]
    return str(found)


def test_there_is_one_vpc_with_dns(resources: dict[str, Resource]) -> None:
    """F017, F018, F019, F020, F021."""
    (vpc,) = of_type(resources, "AWS::EC2::VPC").values()

    assert "10.0.0.0/16" == vpc["CidrBlock"]
    assert vpc["EnableDnsHostnames"] is True
    assert vpc["EnableDnsSupport"] is True
    assert "default" == vpc["InstanceTenancy"]


def test_vpc_and_internet_gateway_are_named(resources: dict[str, Resource]) -> None:
    """F022, F025."""
    assert named("payment-vpc") == tags(resources["Vpc"]["Properties"])["Name"]
    assert named("payment-vpc") == tags(resources["InternetGateway"]["Properties"])["Name"]


def test_one_internet_gateway_is_attached(resources: dict[str, Resource]) -> None:
    """F023, F024."""
    (attachment,) = of_type(resources, "AWS::EC2::VPCGatewayAttachment").values()

    assert ["InternetGateway"] == list(of_type(resources, "AWS::EC2::InternetGateway"))
    assert {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "InternetGateway"}} == attachment


@pytest.mark.parametrize(
    ("tier", "first"), [("Public", 0), ("Private", 3), pytest.param("Database", 6, id="Database-new")]
)
@pytest.mark.parametrize("index", range(3))
def test_each_tier_has_a_subnet_in_each_zone(
    resources: dict[str, Resource], tier: str, first: int, index: int
) -> None:
    """F026, F030, F031, F032, F033, F034, F035: block, zone, group and type; none gives public addresses."""
    subnet = resources[f"{tier}Subnet{ZONES[index]}"]["Properties"]

    assert f"10.0.{first + index}.0/24" == subnet["CidrBlock"]
    assert {"Fn::Select": [index, {"Fn::GetAZs": ""}]} == subnet["AvailabilityZone"]
    assert subnet["MapPublicIpOnLaunch"] is False
    assert (named(tier), tier) == (tags(subnet)["Group"], tags(subnet)["Type"])


def test_there_are_no_other_subnets(resources: dict[str, Resource]) -> None:
    """F029: the original's 6, and 3 for the database."""
    assert 9 == len(of_type(resources, "AWS::EC2::Subnet"))


def test_every_subnet_has_a_route_table_of_ours(resources: dict[str, Resource]) -> None:
    """F036: the main table, which the VPC comes with, serves nobody."""
    tables = {table_of(resources, subnet) for subnet in of_type(resources, "AWS::EC2::Subnet")}

    assert tables == set(of_type(resources, "AWS::EC2::RouteTable"))
    assert (7, 9, 6) == (
        len(tables),
        len(of_type(resources, "AWS::EC2::SubnetRouteTableAssociation")),
        len(of_type(resources, "AWS::EC2::Route")),
    )


@pytest.mark.parametrize("zone", ZONES)
def test_public_subnets_reach_the_internet(resources: dict[str, Resource], zone: str) -> None:
    """F037."""
    (route,) = default_routes(resources, table_of(resources, f"PublicSubnet{zone}"))

    assert {"Ref": "InternetGateway"} == route["GatewayId"]


@pytest.mark.parametrize("zone", ZONES)
def test_private_subnets_go_out_through_their_own_zone(resources: dict[str, Resource], zone: str) -> None:
    """F038, F039: losing a zone cuts no other one off."""
    (route,) = default_routes(resources, table_of(resources, f"PrivateSubnet{zone}"))
    gateway = resources[route["NatGatewayId"]["Ref"]]["Properties"]

    assert {"Ref": f"PublicSubnet{zone}"} == gateway["SubnetId"]


@pytest.mark.parametrize("zone", ZONES)
def test_database_subnets_have_no_way_out(resources: dict[str, Resource], zone: str) -> None:
    table = table_of(resources, f"DatabaseSubnet{zone}")

    assert [] == default_routes(resources, table)


def test_each_nat_gateway_has_an_address_of_its_own(resources: dict[str, Resource]) -> None:
    """F039, F040."""
    addresses = of_type(resources, "AWS::EC2::EIP")
    gateways = of_type(resources, "AWS::EC2::NatGateway").values()

    assert [{"Fn::GetAtt": [name, "AllocationId"]} for name in addresses] == [
        each["AllocationId"] for each in gateways
    ]
    assert ["vpc"] * 3 == [each["Domain"] for each in addresses.values()]


@pytest.mark.parametrize(
    "title", [f"{kind}{zone}" for kind in ("InternetRoute", "NatAddress") for zone in ZONES]
)
def test_what_needs_the_attached_gateway_waits_for_it(resources: dict[str, Resource], title: str) -> None:
    """Nothing that they refer to says so, on creation or on deletion."""
    assert "InternetAttachment" == resources[title]["DependsOn"]


@pytest.mark.parametrize("tier", ["Private", "Database"])
def test_subnets_are_offered_in_the_order_of_zones(layer: Resource, tier: str) -> None:
    expected = [{"Ref": f"{tier}Subnet{zone}"} for zone in ZONES]

    assert {"Fn::Join": [",", expected]} == layer["Outputs"][f"{tier}SubnetIds"]["Value"]


def test_security_groups_are_offered_by_what_they_are_put_on(layer: Resource) -> None:
    for owner in ("Function", "Gateway", "Database"):
        assert {"Ref": f"{owner}SecurityGroup"} == layer["Outputs"][f"{owner}SecurityGroupId"]["Value"]
