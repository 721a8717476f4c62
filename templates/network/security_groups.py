"""Security groups: who may talk to whom in the network, port by port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import Ref, Template, ec2

from templates import names
from templates.network import endpoints
from templates.settings import DynamodbPrefixListId, S3PrefixListId

HTTPS = 443
POSTGRESQL = 5432

ANYWHERE = "0.0.0.0/0"

# A group without egress rules gets one that allows everything; one to itself allows nothing.
NOWHERE = "127.0.0.1/32"


@dataclass(frozen=True)
class Groups:
    """The network's security groups, each named after what it is put on."""

    function: ec2.SecurityGroup
    gateway: ec2.SecurityGroup
    database: ec2.SecurityGroup
    endpoint: ec2.SecurityGroup


def add(
    template: Template,
    network: ec2.VPC,
    s3: S3PrefixListId,
    dynamodb: DynamodbPrefixListId,
) -> Groups:
    """Add the groups, and the rules that join them.

    The VPC's resolver needs no rule: security groups do not see what goes to it.
    """
    function = template.add_resource(function_group(network, s3, dynamodb))
    groups = Groups(
        function=function,
        gateway=template.add_resource(gateway_group(network)),
        database=template.add_resource(database_group(network, function)),
        endpoint=template.add_resource(endpoint_group(network, function)),
    )
    template.add_resource(database_egress(groups))
    template.add_resource(endpoint_egress(groups))
    template.add_resource(internet_egress(groups))
    return groups


def function_group(network: ec2.VPC, s3: S3PrefixListId, dynamodb: DynamodbPrefixListId) -> ec2.SecurityGroup:
    """What every function has: nobody calls it over the network, and it calls what it needs."""
    return ec2.SecurityGroup(
        "FunctionSecurityGroup",
        VpcId=Ref(network),
        GroupName=names.named("lambda-sg"),
        GroupDescription="Functions of the payment stack",
        SecurityGroupEgress=[
            https("S3, through its gateway endpoint", DestinationPrefixListId=s3),
            https("DynamoDB, through its gateway endpoint", DestinationPrefixListId=dynamodb),
        ],
    )


def gateway_group(network: ec2.VPC) -> ec2.SecurityGroup:
    """What functions that charge have besides: the one rule that lets anything out to the internet."""
    return ec2.SecurityGroup(
        "GatewaySecurityGroup",
        VpcId=Ref(network),
        GroupName=names.named("gateway-sg"),
        GroupDescription="Functions that call the payment gateway",
        # The gateway's addresses change; it publishes names.
        SecurityGroupEgress=[https("Payment gateway, through the NAT gateways", CidrIp=ANYWHERE)],
    )


def database_group(network: ec2.VPC, function: ec2.SecurityGroup) -> ec2.SecurityGroup:
    """What the database has: functions reach its port, and it reaches nothing."""
    return ec2.SecurityGroup(
        "DatabaseSecurityGroup",
        VpcId=Ref(network),
        GroupName=names.named("rds-sg"),
        GroupDescription="Database of the payment stack",
        SecurityGroupIngress=[
            tcp(POSTGRESQL, "PostgreSQL, from functions", SourceSecurityGroupId=Ref(function))
        ],
        SecurityGroupEgress=[tcp(POSTGRESQL, "Nowhere", CidrIp=NOWHERE)],
    )


def endpoint_group(network: ec2.VPC, function: ec2.SecurityGroup) -> ec2.SecurityGroup:
    """What interface endpoints have: functions reach them by HTTPS, and they reach nothing."""
    return ec2.SecurityGroup(
        "EndpointSecurityGroup",
        Condition=endpoints.PRESENT,
        VpcId=Ref(network),
        GroupName=names.named("endpoint-sg"),
        GroupDescription="Interface endpoints of AWS services",
        SecurityGroupIngress=[https("Functions", SourceSecurityGroupId=Ref(function))],
        SecurityGroupEgress=[https("Nowhere", CidrIp=NOWHERE)],
    )


def database_egress(groups: Groups) -> ec2.SecurityGroupEgress:
    """Let functions reach the database; a rule of its own, for the groups name each other."""
    return ec2.SecurityGroupEgress(
        "FunctionDatabaseEgress",
        GroupId=Ref(groups.function),
        Description="PostgreSQL, to the database",
        IpProtocol="tcp",
        FromPort=POSTGRESQL,
        ToPort=POSTGRESQL,
        DestinationSecurityGroupId=Ref(groups.database),
    )


def endpoint_egress(groups: Groups) -> ec2.SecurityGroupEgress:
    """Let functions reach AWS services by interface endpoints; apart, for the groups name each other."""
    return ec2.SecurityGroupEgress(
        "FunctionEndpointEgress",
        Condition=endpoints.PRESENT,
        GroupId=Ref(groups.function),
        Description="AWS services, through interface endpoints",
        IpProtocol="tcp",
        FromPort=HTTPS,
        ToPort=HTTPS,
        DestinationSecurityGroupId=Ref(groups.endpoint),
    )


def internet_egress(groups: Groups) -> ec2.SecurityGroupEgress:
    """Let functions reach AWS services where there are no interface endpoints."""
    return ec2.SecurityGroupEgress(
        "FunctionServicesEgress",
        Condition=endpoints.ABSENT,
        GroupId=Ref(groups.function),
        Description="AWS services, through the NAT gateways",
        IpProtocol="tcp",
        FromPort=HTTPS,
        ToPort=HTTPS,
        CidrIp=ANYWHERE,
    )


def https(whom: str, **peer: Any) -> ec2.SecurityGroupRule:
    """A rule for HTTPS, to or from `peer`."""
    return tcp(HTTPS, f"HTTPS: {whom}", **peer)


def tcp(port: int, description: str, **peer: Any) -> ec2.SecurityGroupRule:
    """A rule for one TCP port, to or from `peer`."""
    return ec2.SecurityGroupRule(
        Description=description, IpProtocol="tcp", FromPort=port, ToPort=port, **peer
    )
