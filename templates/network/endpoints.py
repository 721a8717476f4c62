"""Endpoints: AWS services inside the network, for what this account does with what it owns."""

from __future__ import annotations

from collections.abc import Sequence

from awacs import dynamodb, s3, secretsmanager, sqs
from awacs.aws import (
    Action,
    Allow,
    Condition,
    Principal,
    Statement,
    StringEquals,
    StringEqualsIfExists,
)
from troposphere import AccountId, Equals, Join, Not, Ref, Region, Split, Sub, Template, ec2
from troposphere import Condition as ConditionRef

from templates import grants
from templates.settings import InterfaceEndpoints

# Whether AWS services are reached by interface endpoints, or through the NAT gateways.
PRESENT = "InterfaceEndpointsPresent"
ABSENT = "InterfaceEndpointsAbsent"

# The services that functions call themselves. Not KMS, which the services call with the caller's rights; nor
# CloudWatch Logs and X-Ray, to which Lambda delivers from outside the VPC.
# What passes. An endpoint's policy allows nobody anything, it only narrows what roles allow:
# whatever a function's role may do with the service belongs here too.
BUCKET_ACTIONS: list[Action] = [s3.ListBucket, s3.PutObject]
TABLE_ACTIONS: list[Action] = [
    dynamodb.DescribeTable,
    dynamodb.GetItem,
    dynamodb.PutItem,
    dynamodb.Query,
    dynamodb.UpdateItem,
]
INTERFACES: dict[str, tuple[str, list[Action]]] = {
    "SqsEndpoint": (
        "sqs",
        [
            sqs.DeleteMessage,
            sqs.GetQueueAttributes,
            sqs.ReceiveMessage,
            sqs.SendMessage,
        ],
    ),
    "SecretsManagerEndpoint": ("secretsmanager", [secretsmanager.GetSecretValue]),
}


def declare(template: Template, wanted: InterfaceEndpoints) -> None:
    """Add the conditions that the switch `wanted` drives."""
    template.add_condition(PRESENT, Equals(wanted, "true"))
    template.add_condition(ABSENT, Not(ConditionRef(PRESENT)))


def add_gateways(template: Template, network: ec2.VPC, tables: Sequence[ec2.RouteTable]) -> None:
    """Add the endpoints that cost nothing: routes to S3 and DynamoDB in `tables`."""
    template.add_resource(
        gateway_endpoint(
            "S3Endpoint", "s3", network, tables, by_this_account(BUCKET_ACTIONS), answers_to_cloudformation()
        )
    )
    template.add_resource(
        gateway_endpoint("DynamodbEndpoint", "dynamodb", network, tables, by_this_account(TABLE_ACTIONS))
    )


def add_interfaces(
    template: Template, network: ec2.VPC, subnets: Sequence[ec2.Subnet], group: ec2.SecurityGroup
) -> None:
    """Add the endpoints that are paid by the hour, where the switch says so."""
    for title, (service, actions) in INTERFACES.items():
        template.add_resource(
            interface_endpoint(title, service, actions, network=network, subnets=subnets, group=group)
        )


def gateway_endpoint(
    title: str,
    service: str,
    network: ec2.VPC,
    tables: Sequence[ec2.RouteTable],
    *allowed: Statement,
) -> ec2.VPCEndpoint:
    """A route to `service` in each of `tables`, for what is `allowed`."""
    return ec2.VPCEndpoint(
        title,
        VpcId=Ref(network),
        VpcEndpointType="Gateway",
        ServiceName=service_name(service),
        RouteTableIds=[Ref(table) for table in tables],
        PolicyDocument=grants.policy(*allowed),
    )


def interface_endpoint(
    title: str,
    service: str,
    actions: list[Action],
    *,
    network: ec2.VPC,
    subnets: Sequence[ec2.Subnet],
    group: ec2.SecurityGroup,
) -> ec2.VPCEndpoint:
    """An address of `service` in each of `subnets`, for `actions`."""
    return ec2.VPCEndpoint(
        title,
        Condition=PRESENT,
        VpcId=Ref(network),
        VpcEndpointType="Interface",
        ServiceName=service_name(service),
        # Code goes on calling the service by its public name.
        PrivateDnsEnabled=True,
        SubnetIds=[Ref(subnet) for subnet in subnets],
        SecurityGroupIds=[Ref(group)],
        PolicyDocument=grants.policy(by_this_account(actions)),
    )


def service_name(service: str) -> Sub:
    """The name of an AWS service's endpoint in the region."""
    return Sub(f"com.amazonaws.${{AWS::Region}}.{service}")


def by_this_account(actions: list[Action]) -> Statement:
    """Let this account's principals do `actions`, with what this account owns.

    Neither stolen credentials of another account nor a bucket of another's work from inside.
    """
    return Statement(
        Sid="ByThisAccount",
        Effect=Allow,
        Principal=Principal("*"),
        Action=actions,
        # All that the account owns, by the condition.
        Resource=["*"],
        Condition=Condition(
            [
                StringEquals("aws:PrincipalAccount", AccountId),
                StringEqualsIfExists("aws:ResourceAccount", AccountId),
            ]
        ),
    )


def answers_to_cloudformation() -> Statement:
    """Let custom resources answer, by the URLs that CloudFormation signed for its own bucket."""
    # The bucket is AWS's, and called after the region without its dashes: useast1.
    answers = Sub(
        "arn:${AWS::Partition}:s3:::cloudformation-custom-resource-response-${Place}/*",
        Place=Join("", Split("-", Region)),
    )
    return Statement(
        Sid="AnswersToCloudFormation",
        Effect=Allow,
        Principal=Principal("*"),
        Action=[s3.PutObject],
        Resource=[answers],
    )
