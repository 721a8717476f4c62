"""The security groups: every rule that there is, and that no rule is there by default."""

from __future__ import annotations

from typing import Any

import pytest

Resource = dict[str, Any]
Rule = tuple[str, int, int, str]

LAYER = "Network"

PRESENT = "InterfaceEndpointsPresent"
ABSENT = "InterfaceEndpointsAbsent"

PEERS = ("CidrIp", "DestinationPrefixListId", "DestinationSecurityGroupId", "SourceSecurityGroupId")


def rule(properties: Resource) -> Rule:
    (peer,) = [properties[each] for each in PEERS if each in properties]
    name = peer if isinstance(peer, str) else peer["Ref"]
    return (properties["IpProtocol"], properties["FromPort"], properties["ToPort"], name)


def egress(resources: dict[str, Resource], group: str, *conditions: str | None) -> set[Rule]:
    """What `group` may send, where `conditions` hold."""
    apart = [
        each["Properties"]
        for each in resources.values()
        if each["Type"] == "AWS::EC2::SecurityGroupEgress"
        and each["Properties"]["GroupId"] == {"Ref": group}
        and each.get("Condition") in (None, *conditions)
    ]
    return {rule(each) for each in [*resources[group]["Properties"]["SecurityGroupEgress"], *apart]}


def ingress(resources: dict[str, Resource], group: str) -> set[Rule]:
    return {rule(each) for each in resources[group]["Properties"].get("SecurityGroupIngress", [])}


def test_the_groups_of_the_original_keep_their_names(resources: dict[str, Resource]) -> None:
    """F041: lambda-sg and rds-sg, and two more."""
    names = {
        title: each["Properties"]["GroupName"]["Fn::Sub"]
        for title, each in resources.items()
        if each["Type"] == "AWS::EC2::SecurityGroup"
    }

    assert {
        "FunctionSecurityGroup": "lambda-sg-${EnvironmentSuffix}",
        "GatewaySecurityGroup": "gateway-sg-${EnvironmentSuffix}",
        "DatabaseSecurityGroup": "rds-sg-${EnvironmentSuffix}",
        "EndpointSecurityGroup": "endpoint-sg-${EnvironmentSuffix}",
    } == names


def test_functions_reach_the_database_the_endpoints_and_nothing_else(resources: dict[str, Resource]) -> None:
    """F043: the original let them reach everything."""
    assert {
        ("tcp", 5432, 5432, "DatabaseSecurityGroup"),
        ("tcp", 443, 443, "EndpointSecurityGroup"),
        ("tcp", 443, 443, "S3PrefixListId"),
        ("tcp", 443, 443, "DynamodbPrefixListId"),
    } == egress(resources, "FunctionSecurityGroup", PRESENT)


def test_functions_reach_services_without_interface_endpoints_too(resources: dict[str, Resource]) -> None:
    assert {
        ("tcp", 5432, 5432, "DatabaseSecurityGroup"),
        ("tcp", 443, 443, "0.0.0.0/0"),
        ("tcp", 443, 443, "S3PrefixListId"),
        ("tcp", 443, 443, "DynamodbPrefixListId"),
    } == egress(resources, "FunctionSecurityGroup", ABSENT)


@pytest.mark.parametrize("group", ["FunctionSecurityGroup", "GatewaySecurityGroup"])
def test_nobody_reaches_functions_over_the_network(resources: dict[str, Resource], group: str) -> None:
    """F044."""
    assert set() == ingress(resources, group)


def test_only_what_charges_reaches_the_internet(resources: dict[str, Resource]) -> None:
    """By HTTPS alone; with interface endpoints it is the only rule to the internet."""
    groups = [title for title, each in resources.items() if each["Type"] == "AWS::EC2::SecurityGroup"]

    open_groups = {
        group: found
        for group in groups
        if (found := {each for each in egress(resources, group, PRESENT) if each[3] == "0.0.0.0/0"})
    }

    assert {"GatewaySecurityGroup": {("tcp", 443, 443, "0.0.0.0/0")}} == open_groups


def test_only_functions_reach_the_database(resources: dict[str, Resource]) -> None:
    """F047."""
    assert {("tcp", 5432, 5432, "FunctionSecurityGroup")} == ingress(resources, "DatabaseSecurityGroup")


def test_the_database_reaches_nothing(resources: dict[str, Resource]) -> None:
    """F046."""
    assert {("tcp", 5432, 5432, "127.0.0.1/32")} == egress(resources, "DatabaseSecurityGroup", PRESENT)


def test_only_functions_reach_the_endpoints(resources: dict[str, Resource]) -> None:
    assert {("tcp", 443, 443, "FunctionSecurityGroup")} == ingress(resources, "EndpointSecurityGroup")
    assert {("tcp", 443, 443, "127.0.0.1/32")} == egress(resources, "EndpointSecurityGroup", PRESENT)


def test_no_group_is_left_with_the_rule_that_allows_everything(resources: dict[str, Resource]) -> None:
    """EC2 adds it to a group whose own template names no egress; rules added apart do not remove it."""
    for each in resources.values():
        if each["Type"] == "AWS::EC2::SecurityGroup":
            assert each["Properties"]["SecurityGroupEgress"]


def test_no_rule_comes_from_anywhere(resources: dict[str, Resource]) -> None:
    assert [] == [each for each in resources.values() if each["Type"] == "AWS::EC2::SecurityGroupIngress"]
    for title, each in resources.items():
        if each["Type"] == "AWS::EC2::SecurityGroup":
            assert not [found for found in ingress(resources, title) if found[3].endswith("/0")]


def test_every_rule_says_what_it_is_for(resources: dict[str, Resource]) -> None:
    rules = [
        found
        for each in resources.values()
        if each["Type"] == "AWS::EC2::SecurityGroup"
        for direction in ("SecurityGroupIngress", "SecurityGroupEgress")
        for found in each["Properties"].get(direction, [])
    ]
    rules += [
        each["Properties"] for each in resources.values() if each["Type"] == "AWS::EC2::SecurityGroupEgress"
    ]

    assert 10 == len(rules)
    assert all(each["Description"] for each in rules)


def test_one_switch_decides_between_endpoints_and_nat(layer: Resource) -> None:
    conditions = layer["Conditions"]

    assert {"Fn::Equals": [{"Ref": "InterfaceEndpoints"}, "true"]} == conditions[PRESENT]
    assert {"Fn::Not": [{"Condition": PRESENT}]} == conditions[ABSENT]
