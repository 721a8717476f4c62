"""Data: the database, the payments table, the audit bucket and the retry queue, which outlive the stack."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Ref, Template, dynamodb, iam, logs, rds, secretsmanager

from handlers.payments.adapters import database_users
from templates import names, permissions_boundary
from templates.data import audit_bucket, backups, postgres, retry_queues
from templates.settings import (
    AuditLockDays,
    AuditLockMode,
    AuditReplicaBucketArn,
    AuditReplicaKeyArn,
    DatabaseBackupDays,
    DatabaseClass,
    DatabaseMaxStorageGib,
    DatabaseStorageGib,
    EnvironmentSuffix,
    LogRetentionDays,
    PermissionsBoundaryArn,
)
from templates.wires import (
    BucketArn,
    BucketName,
    DatabaseHost,
    DatabaseId,
    DatabasePort,
    DatabaseResourceId,
    KeyArn,
    QueueArn,
    QueueName,
    QueueUrl,
    SecretArn,
    SecurityGroupId,
    StreamArn,
    SubnetIds,
    TableArn,
    TableName,
)

# UTC; an hour apart from each other and from the daily copy of `backups`, or AWS Backup waits for them.
BACKUP_WINDOW = "03:00-04:00"
MAINTENANCE_WINDOW = "sun:05:00-sun:06:00"

# What Performance Insights keeps at no charge.
INSIGHT_DAYS = 7

MONITORING_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What data needs from the layers before it."""

    environment_suffix: EnvironmentSuffix
    permissions_boundary_arn: PermissionsBoundaryArn
    database_class: DatabaseClass
    database_storage_gib: DatabaseStorageGib
    database_max_storage_gib: DatabaseMaxStorageGib
    database_backup_days: DatabaseBackupDays
    audit_lock_days: AuditLockDays
    audit_lock_mode: AuditLockMode
    audit_replica_bucket_arn: AuditReplicaBucketArn
    audit_replica_key_arn: AuditReplicaKeyArn
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
    """Add what holds payments, what they wait in, and copies of it all."""
    table = template.add_resource(payments_table(given))
    dead_letters, retries = retry_queues.add(template, given.data_key_arn)
    gateway_secret = template.add_resource(gateway_key(given))
    bucket = audit_bucket.add(
        template,
        key=given.audit_key_arn,
        lock_mode=given.audit_lock_mode,
        lock_days=given.audit_lock_days,
        log_days=given.log_retention_days,
        replica=given.audit_replica_bucket_arn,
        replica_key=given.audit_replica_key_arn,
    )
    ledger = add_database(template, given)
    backups.add(template, given.data_key_arn, table.get_att("Arn"), ledger.get_att("DBInstanceArn"))
    permissions_boundary.put_on_roles(template, given.permissions_boundary_arn)
    return Outputs(
        payments_table_name=TableName(Ref(table)),
        payments_table_arn=TableArn(table.get_att("Arn")),
        payments_stream_arn=StreamArn(table.get_att("StreamArn")),
        audit_bucket_name=BucketName(Ref(bucket)),
        audit_bucket_arn=BucketArn(bucket.get_att("Arn")),
        retry_queue_url=QueueUrl(Ref(retries)),
        retry_queue_arn=QueueArn(retries.get_att("Arn")),
        retry_queue_name=QueueName(retries.get_att("QueueName")),
        dead_letter_queue_url=QueueUrl(Ref(dead_letters)),
        dead_letter_queue_arn=QueueArn(dead_letters.get_att("Arn")),
        dead_letter_queue_name=QueueName(dead_letters.get_att("QueueName")),
        database_id=DatabaseId(Ref(ledger)),
        database_host=DatabaseHost(ledger.get_att("Endpoint.Address")),
        database_port=DatabasePort(ledger.get_att("Endpoint.Port")),
        database_resource_id=DatabaseResourceId(ledger.get_att("DbiResourceId")),
        database_secret_arn=SecretArn(ledger.get_att("MasterUserSecret.SecretArn")),
        gateway_secret_arn=SecretArn(Ref(gateway_secret)),
    )


def payments_table(given: Inputs) -> dynamodb.Table:
    """Payments by id and time; the index holds only those that a lease or a retry is due for."""
    return dynamodb.Table(
        "PaymentsTable",
        TableName=names.named("payment-transactions"),
        AttributeDefinitions=[
            dynamodb.AttributeDefinition(AttributeName="transaction_id", AttributeType="S"),
            dynamodb.AttributeDefinition(AttributeName="timestamp", AttributeType="N"),
            dynamodb.AttributeDefinition(AttributeName="due_shard", AttributeType="N"),
            dynamodb.AttributeDefinition(AttributeName="due_at", AttributeType="N"),
        ],
        KeySchema=[
            dynamodb.KeySchema(AttributeName="transaction_id", KeyType="HASH"),
            dynamodb.KeySchema(AttributeName="timestamp", KeyType="RANGE"),
        ],
        GlobalSecondaryIndexes=[
            # An item is in the index as long as it has both attributes. Keys are enough to find it by.
            dynamodb.GlobalSecondaryIndex(
                IndexName="due",
                KeySchema=[
                    dynamodb.KeySchema(AttributeName="due_shard", KeyType="HASH"),
                    dynamodb.KeySchema(AttributeName="due_at", KeyType="RANGE"),
                ],
                Projection=dynamodb.Projection(ProjectionType="KEYS_ONLY"),
            )
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification=dynamodb.StreamSpecification(StreamViewType="NEW_AND_OLD_IMAGES"),
        PointInTimeRecoverySpecification=dynamodb.PointInTimeRecoverySpecification(
            PointInTimeRecoveryEnabled=True
        ),
        SSESpecification=dynamodb.SSESpecification(
            SSEEnabled=True, SSEType="KMS", KMSMasterKeyId=given.data_key_arn
        ),
        DeletionProtectionEnabled=True,
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def gateway_key(given: Inputs) -> secretsmanager.Secret:
    """The payment gateway's API key: empty, until an operator puts the key into it."""
    # No policy of its own: without one, and under a key that is for this account only, no other account
    # can read it. No generated value either: Secrets Manager makes a new version whenever what generates one
    # changes, and that would replace the live key.
    return secretsmanager.Secret(
        "GatewayKey",
        Name=names.named("payment-gateway-key"),
        Description="API key of the payment gateway, as plain text; empty until an operator sets it",
        KmsKeyId=given.data_key_arn,
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def add_database(template: Template, given: Inputs) -> rds.DBInstance:
    """Add the database, and first what it stands on and reports to."""
    subnets = template.add_resource(database_subnets(given))
    parameters = template.add_resource(postgres.parameters())
    reports_to = [
        template.add_resource(postgres.log_group(export, given.log_retention_days, given.logs_key_arn))
        for export in postgres.EXPORTS
    ]
    policy = template.add_resource(postgres.monitoring_policy())
    role = template.add_resource(postgres.monitoring_role(policy))
    return template.add_resource(database(given, subnets, parameters, reports_to, role))


def database_subnets(given: Inputs) -> rds.DBSubnetGroup:
    """Where the database is: subnets without a route out."""
    return rds.DBSubnetGroup(
        "DatabaseSubnets",
        DBSubnetGroupDescription="Isolated subnets of the payment database",
        SubnetIds=given.database_subnet_ids,
    )


def database(
    given: Inputs,
    subnets: rds.DBSubnetGroup,
    parameters: rds.DBParameterGroup,
    log_groups: list[logs.LogGroup],
    monitoring: iam.Role,
) -> rds.DBInstance:
    """The ledger's PostgreSQL, in two zones."""
    return rds.DBInstance(
        "Database",
        DBInstanceIdentifier=names.named(postgres.NAME),
        Engine="postgres",
        EngineVersion=postgres.VERSION,
        AutoMinorVersionUpgrade=True,
        # The default is extended support, which begins by itself and is paid for.
        EngineLifecycleSupport="open-source-rds-extended-support-disabled",
        DBInstanceClass=given.database_class,
        MultiAZ=True,
        DBName=names.LEDGER_DATABASE,
        Port=postgres.PORT,
        DBParameterGroupName=Ref(parameters),
        CACertificateIdentifier="rds-ca-rsa2048-g1",
        AllocatedStorage=given.database_storage_gib,
        MaxAllocatedStorage=given.database_max_storage_gib,
        StorageType="gp3",
        StorageEncrypted=True,
        KmsKeyId=given.database_key_arn,
        DBSubnetGroupName=Ref(subnets),
        VPCSecurityGroups=[given.database_security_group_id],
        PubliclyAccessible=False,
        MasterUsername=database_users.OWNER,
        # RDS makes the secret, rotates it, and shows it to nobody.
        ManageMasterUserPassword=True,
        MasterUserSecret=rds.MasterUserSecret(KmsKeyId=given.data_key_arn),
        EnableIAMDatabaseAuthentication=True,
        BackupRetentionPeriod=given.database_backup_days,
        PreferredBackupWindow=BACKUP_WINDOW,
        PreferredMaintenanceWindow=MAINTENANCE_WINDOW,
        CopyTagsToSnapshot=True,
        # Days of points in time to go back to, even if the instance is gone.
        DeleteAutomatedBackups=False,
        EnableCloudwatchLogsExports=postgres.EXPORTS,
        EnablePerformanceInsights=True,
        PerformanceInsightsKMSKeyId=given.database_key_arn,
        PerformanceInsightsRetentionPeriod=INSIGHT_DAYS,
        MonitoringInterval=MONITORING_SECONDS,
        MonitoringRoleArn=monitoring.get_att("Arn"),
        DeletionProtection=True,
        DeletionPolicy="Snapshot",
        UpdateReplacePolicy="Snapshot",
        # Referred to by name only, which RDS takes for itself if it comes first.
        DependsOn=log_groups,
    )
