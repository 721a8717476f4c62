"""Monitoring: what is watched, who is told, and what the dashboard shows."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Template

from templates.settings import AlertEmail, ClientErrorsThreshold, DatabaseCpuThreshold, EnvironmentSuffix, FunctionErrorsThreshold, LatencyThresholdMs
from templates.wires import AlarmArn, ApiName, DatabaseId, FunctionName, KeyArn, QueueName, TableName, TopicArn, WebAclName


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What monitoring needs from the layers before it."""

    environment_suffix: EnvironmentSuffix
    alert_email: AlertEmail
    client_errors_threshold: ClientErrorsThreshold
    function_errors_threshold: FunctionErrorsThreshold
    database_cpu_threshold: DatabaseCpuThreshold
    latency_threshold_ms: LatencyThresholdMs
    data_key_arn: KeyArn
    api_name: ApiName
    web_acl_name: WebAclName
    validator_name: FunctionName
    processor_name: FunctionName
    audit_logger_name: FunctionName
    retrier_name: FunctionName
    sweeper_name: FunctionName
    payments_table_name: TableName
    retry_queue_name: QueueName
    dead_letter_queue_name: QueueName
    database_id: DatabaseId


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What monitoring offers to the layers after it."""

    alerts_topic_arn: TopicArn
    rollback_alarm_arn: AlarmArn


def build(template: Template, given: Inputs) -> Outputs:
    """Add monitoring."""
    raise SystemExit("skeleton")
