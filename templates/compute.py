"""Compute: the functions that take payments, each under a role of its own."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Template

from templates.code import Code
from templates.settings import AcceptedCurrencies, CanaryDeployment, EnvironmentSuffix, FunctionConcurrency, FunctionMemoryMb, LogRetentionDays, PaymentGatewayUrl
from templates.wires import AliasArn, BucketArn, BucketName, DatabaseHost, DatabasePort, DatabaseResourceId, FunctionName, KeyArn, QueueArn, QueueUrl, SecretArn, SecurityGroupId, StreamArn, SubnetIds, TableArn, TableName


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What compute needs from the layers before it."""

    environment_suffix: EnvironmentSuffix
    artifact_bucket: BucketName
    function_memory_mb: FunctionMemoryMb
    function_concurrency: FunctionConcurrency
    canary_deployment: CanaryDeployment
    accepted_currencies: AcceptedCurrencies
    payment_gateway_url: PaymentGatewayUrl
    log_retention_days: LogRetentionDays
    private_subnet_ids: SubnetIds
    function_security_group_id: SecurityGroupId
    gateway_security_group_id: SecurityGroupId
    data_key_arn: KeyArn
    audit_key_arn: KeyArn
    logs_key_arn: KeyArn
    payments_table_name: TableName
    payments_table_arn: TableArn
    payments_stream_arn: StreamArn
    audit_bucket_name: BucketName
    audit_bucket_arn: BucketArn
    retry_queue_url: QueueUrl
    retry_queue_arn: QueueArn
    dead_letter_queue_url: QueueUrl
    dead_letter_queue_arn: QueueArn
    database_host: DatabaseHost
    database_port: DatabasePort
    database_resource_id: DatabaseResourceId
    database_secret_arn: SecretArn
    gateway_secret_arn: SecretArn


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What compute offers to the layers after it."""

    validator_alias_arn: AliasArn
    processor_alias_arn: AliasArn
    audit_logger_alias_arn: AliasArn
    validator_name: FunctionName
    processor_name: FunctionName
    audit_logger_name: FunctionName
    retrier_name: FunctionName
    sweeper_name: FunctionName


def build(template: Template, given: Inputs, code: Code) -> Outputs:
    """Add compute."""
    raise SystemExit("skeleton")
