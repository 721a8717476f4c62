"""The endpoints: which services are inside the network, and what passes through them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.templates.layers import rendered

Resource = dict[str, Any]

LAYER = "Network"

ZONES = ["A", "B", "C"]
GATEWAYS = {"S3Endpoint": "s3", "DynamodbEndpoint": "dynamodb"}
INTERFACES = {
    "SqsEndpoint": "sqs",
    "SecretsManagerEndpoint": "secretsmanager",
    "KmsEndpoint": "kms",
    "LogsEndpoint": "logs",
    "XrayEndpoint": "xray",
}
SERVICES = GATEWAYS | INTERFACES
# Lambda's own poller reads the stream, from outside the network.
BY_THE_POLLER = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}
ACCOUNT = {"Ref": "AWS::AccountId"}


@pytest.fixture(scope="module")
def endpoints(resources: dict[str, Resource]) -> dict[str, Resource]:
    return {name: each for name, each in resources.items() if each["Type"] == "AWS::EC2::VPCEndpoint"}


def statements(endpoint: Resource) -> dict[str, Resource]:
    return {each["Sid"]: each for each in endpoint["Properties"]["PolicyDocument"]["Statement"]}


def test_the_services_that_functions_use_are_inside(endpoints: dict[str, Resource]) -> None:
    """F028: the original has no endpoints; all of its traffic to AWS went through NAT."""
    expected = {
        name: {"Fn::Sub": f"com.amazonaws.${{AWS::Region}}.{service}"} for name, service in SERVICES.items()
    }

    assert expected == {name: each["Properties"]["ServiceName"] for name, each in endpoints.items()}


@pytest.mark.parametrize("name", GATEWAYS)
def test_gateway_endpoints_are_always_on_every_private_route(
    endpoints: dict[str, Resource], name: str
) -> None:
    endpoint = endpoints[name]

    assert "Condition" not in endpoint
    assert "Gateway" == endpoint["Properties"]["VpcEndpointType"]
    assert [{"Ref": f"PrivateRouteTable{zone}"} for zone in ZONES] == endpoint["Properties"]["RouteTableIds"]


@pytest.mark.parametrize("name", INTERFACES)
def test_interface_endpoints_answer_to_public_names_in_every_zone(
    endpoints: dict[str, Resource], name: str
) -> None:
    properties = endpoints[name]["Properties"]

    assert "Interface" == properties["VpcEndpointType"]
    assert properties["PrivateDnsEnabled"] is True
    assert [{"Ref": f"PrivateSubnet{zone}"} for zone in ZONES] == properties["SubnetIds"]
    assert [{"Ref": "EndpointSecurityGroup"}] == properties["SecurityGroupIds"]


def test_one_switch_turns_interface_endpoints_off_and_leaves_nothing_of_them(
    resources: dict[str, Resource],
) -> None:
    groups = {"EndpointSecurityGroup", "FunctionEndpointEgress"}

    # Without them, functions reach AWS's services through NAT.
    assert dict.fromkeys({*INTERFACES, *groups}, "InterfaceEndpointsPresent") | {
        "FunctionServicesEgress": "InterfaceEndpointsAbsent"
    } == {name: each["Condition"] for name, each in resources.items() if "Condition" in each}


@pytest.mark.parametrize("name", SERVICES)
def test_endpoints_serve_this_account_with_what_it_owns(endpoints: dict[str, Resource], name: str) -> None:
    """Neither another account's credentials nor another account's bucket work from inside."""
    assert {
        "StringEquals": {"aws:PrincipalAccount": ACCOUNT},
        "StringEqualsIfExists": {"aws:ResourceAccount": ACCOUNT},
    } == statements(endpoints[name])["ByThisAccount"]["Condition"]


@pytest.mark.parametrize("name", SERVICES)
def test_endpoints_pass_named_actions_of_their_service(endpoints: dict[str, Resource], name: str) -> None:
    service = SERVICES[name]
    for statement in statements(endpoints[name]).values():
        assert not [
            action for action in statement["Action"] if "*" in action or not action.startswith(f"{service}:")
        ]


def test_whatever_functions_may_do_passes(endpoints: dict[str, Resource]) -> None:
    """No emulator evaluates these policies: an action that is missing here fails in AWS only."""
    granted = {
        action
        for resource in rendered("Compute")["Resources"].values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
        for action in statement["Action"]
        if action.split(":")[0] in SERVICES.values()
    }
    passing = {
        action
        for endpoint in endpoints.values()
        for statement in statements(endpoint).values()
        for action in statement["Action"]
    }

    assert set() == granted - passing - BY_THE_POLLER


def test_custom_resources_can_answer_cloudformation(endpoints: dict[str, Resource]) -> None:
    """Or a stack waits an hour for them. Only AWS's own bucket will do, not one that is named like it."""
    answers = statements(endpoints["S3Endpoint"])["AnswersToCloudFormation"]

    region_without_dashes = {"Fn::Join": ["", {"Fn::Split": ["-", {"Ref": "AWS::Region"}]}]}
    bucket = "arn:${AWS::Partition}:s3:::cloudformation-custom-resource-response-${Place}/*"
    assert ["s3:PutObject"] == answers["Action"]
    assert [{"Fn::Sub": [bucket, {"Place": region_without_dashes}]}] == answers["Resource"]


def test_nothing_else_passes(endpoints: dict[str, Resource]) -> None:
    for name, each in endpoints.items():
        allowed = {"ByThisAccount", "AnswersToCloudFormation"} if name == "S3Endpoint" else {"ByThisAccount"}
        assert allowed == set(statements(each))
