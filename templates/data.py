"""Data: the database, the payments table, the audit bucket and the retry queue, all of which outlive the stack."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Template

from templates.settings import AuditLockDays, AuditLockMode, DatabaseBackupDays, DatabaseClass, DatabaseMaxStorageGib, DatabaseStorageGib, EnvironmentSuffix, LogRetentionDays
from templates.wires import BucketArn, BucketName, DatabaseHost, DatabaseId, DatabasePort, DatabaseResourceId, KeyArn, QueueArn, QueueName, QueueUrl, SecretArn, SecurityGroupId, StreamArn, SubnetIds, TableArn, TableName


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What data needs from the layers before it."""

    environment_suffix: EnvironmentSuffix
    database_class: DatabaseClass
    database_storage_gib: DatabaseStorageGib
    database_max_storage_gib: DatabaseMaxStorageGib
    database_backup_days: DatabaseBackupDays
    audit_lock_days: AuditLockDays
    audit_lock_mode: AuditLockMode
    log_retention_days: LogRetentionDays
    database_subnet_ids: SubnetIds
    database_security_group_id: SecurityGroupId
    database_key_arn: KeyArn
    audit_key_arn: KeyArn
    data_key_arn: KeyArn
    logs_key_arn: KeyArn


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What data offers to the layers after it."""

    payments_table_name: TableName
    payments_table_arn: TableArn
    payments_stream_arn: StreamArn
    audit_bucket_name: BucketName
    audit_bucket_arn: BucketArn
    retry_queue_url: QueueUrl
    retry_queue_arn: QueueArn
    retry_queue_name: QueueName
    dead_letter_queue_url: QueueUrl
    dead_letter_queue_arn: QueueArn
    dead_letter_queue_name: QueueName
    database_id: DatabaseId
    database_host: DatabaseHost
    database_port: DatabasePort
    database_resource_id: DatabaseResourceId
    database_secret_arn: SecretArn
    gateway_secret_arn: SecretArn


def build(template: Template, given: Inputs) -> Outputs:
    """Add data."""
    raise SystemExit("skeleton")
