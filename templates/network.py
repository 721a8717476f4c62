"""Network: the VPC, three zones of public, private and database subnets, and what may pass between them."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Template

from templates.settings import DynamodbPrefixListId, EnvironmentSuffix, InterfaceEndpoints, LogRetentionDays, S3PrefixListId
from templates.wires import KeyArn, SecurityGroupId, SubnetIds, VpcId


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What network needs from the layers before it."""

    environment_suffix: EnvironmentSuffix
    interface_endpoints: InterfaceEndpoints
    s3_prefix_list_id: S3PrefixListId
    dynamodb_prefix_list_id: DynamodbPrefixListId
    log_retention_days: LogRetentionDays
    logs_key_arn: KeyArn


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What network offers to the layers after it."""

    vpc_id: VpcId
    private_subnet_ids: SubnetIds
    database_subnet_ids: SubnetIds
    function_security_group_id: SecurityGroupId
    gateway_security_group_id: SecurityGroupId
    database_security_group_id: SecurityGroupId


def build(template: Template, given: Inputs) -> Outputs:
    """Add network."""
    raise SystemExit("skeleton")
