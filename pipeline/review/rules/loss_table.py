"""Loss table: the places whose values protect something, and how each becomes weaker."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.review.rules.weaker import (
    Weaker,
    any_change,
    becomes,
    dropped,
    fewer,
    gone,
    less,
    limited,
    off,
    on,
    refused,
    to_zero,
    was,
    zero,
)


@dataclass(frozen=True)
class Loss:
    """A kind of risk, the types and places that it is about, and when one value is weaker than another."""

    kind: str
    types: str
    path: str
    weaker: Weaker
    reason: str


ANY = r".*"
DATABASE = r"AWS::(RDS|DocDB|Neptune)::.*"
TABLE = r"AWS::DynamoDB::(Global)?Table"
BUCKET = "AWS::S3::Bucket"

LOSSES = (
    # Protection against mistakes and misuse
    Loss(
        "PROTECTION_LOSS",
        ANY,
        r"(DeletionProtection|DeletionProtectionEnabled|EnableTerminationProtection)",
        off,
        "can be deleted from now on",
    ),
    Loss(
        "PROTECTION_LOSS",
        BUCKET,
        r"VersioningConfiguration/Status",
        was("Enabled"),
        "overwritten and deleted objects are no longer kept",
    ),
    Loss(
        "PROTECTION_LOSS",
        BUCKET,
        r"ObjectLockConfiguration(/Rule(/DefaultRetention)?)?",
        gone,
        "new objects are no longer locked",
    ),
    Loss(
        "PROTECTION_LOSS",
        BUCKET,
        r"ObjectLockConfiguration/Rule/DefaultRetention/(Days|Years)",
        less,
        "new objects are locked for a shorter time",
    ),
    Loss(
        "PROTECTION_LOSS",
        BUCKET,
        r"ObjectLockConfiguration/Rule/DefaultRetention/Mode",
        was("COMPLIANCE"),
        "locks can be lifted by those with the permission",
    ),
    Loss("PROTECTION_LOSS", "AWS::KMS::Key", r"EnableKeyRotation", off, "the key is no longer rotated"),
    Loss(
        "PROTECTION_LOSS",
        "AWS::KMS::Key",
        r"PendingWindowInDays",
        less,
        "less time to undo a deletion of the key",
    ),
    Loss(
        "PROTECTION_LOSS",
        "AWS::KMS::Key",
        r"Enabled",
        refused,
        "the key is disabled: nothing under it can be read",
    ),
    Loss(
        "PROTECTION_LOSS",
        DATABASE,
        r"EnableIAMDatabaseAuthentication|IamAuthEnabled",
        off,
        "clients need passwords again",
    ),
    Loss(
        "PROTECTION_LOSS",
        DATABASE,
        r"ManageMasterUserPassword",
        off,
        "the master password is no longer managed",
    ),
    Loss(
        "PROTECTION_LOSS",
        "AWS::SecretsManager::RotationSchedule",
        r"RotationRules|RotationLambdaARN",
        gone,
        "the secret is no longer rotated",
    ),
    Loss(
        "PROTECTION_LOSS",
        "AWS::WAFv2::WebACL",
        r"DefaultAction/Block",
        dropped,
        "requests pass unless a rule stops them",
    ),
    Loss("PROTECTION_LOSS", "AWS::WAFv2::WebACL", r"Rules", fewer, "fewer rules of the firewall"),
    Loss(
        "PROTECTION_LOSS",
        "AWS::WAFv2::WebACL",
        r"Rules/\d+/(Override)?Action/(Block|None)",
        dropped,
        "a rule of the firewall no longer stops requests",
    ),
    Loss(
        "PROTECTION_LOSS",
        "AWS::ApiGateway::Method",
        r"RequestValidatorId",
        gone,
        "requests are no longer validated",
    ),
    Loss(
        "PROTECTION_LOSS",
        "AWS::Lambda::Function",
        r"CodeSigningConfigArn",
        gone,
        "unsigned code may be deployed",
    ),
    Loss(
        "PROTECTION_LOSS",
        "AWS::ECR::Repository",
        r"ImageTagMutability",
        becomes("MUTABLE"),
        "tags can be moved",
    ),
    # Backups
    Loss(
        "BACKUP_LOSS",
        r"AWS::(RDS|DocDB|Neptune)::.*",
        r"BackupRetentionPeriod",
        less,
        "backups are kept for a shorter time",
    ),
    Loss("BACKUP_LOSS", DATABASE, r"BackupRetentionPeriod", to_zero, "automatic backups cease"),
    Loss("BACKUP_LOSS", DATABASE, r"DeleteAutomatedBackups", on, "backups go with the database"),
    Loss(
        "BACKUP_LOSS",
        TABLE,
        r"(Replicas/\d+/)?PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
        off,
        "no recovery to a point in time",
    ),
    Loss(
        "BACKUP_LOSS",
        TABLE,
        r"PointInTimeRecoverySpecification/RecoveryPeriodInDays",
        less,
        "recovery to a point in time reaches less far back",
    ),
    Loss("BACKUP_LOSS", BUCKET, r"ReplicationConfiguration", gone, "objects are no longer replicated"),
    Loss(
        "BACKUP_LOSS",
        "AWS::EFS::FileSystem",
        r"BackupPolicy/Status",
        becomes("DISABLED"),
        "automatic backups cease",
    ),
    Loss(
        "BACKUP_LOSS",
        r"AWS::ElastiCache::.*",
        r"SnapshotRetentionLimit",
        less,
        "snapshots are kept for a shorter time",
    ),
    Loss(
        "BACKUP_LOSS",
        "AWS::Backup::BackupPlan",
        r"BackupPlan/BackupPlanRule/\d+/Lifecycle/DeleteAfterDays",
        limited,
        "backups are kept for a shorter time",
    ),
    Loss(
        "BACKUP_LOSS",
        "AWS::Backup::BackupPlan",
        r"BackupPlan/BackupPlanRule",
        fewer,
        "fewer backups are made",
    ),
    # Data that expires
    Loss("DATA_EXPIRY", "AWS::Logs::LogGroup", r"RetentionInDays", limited, "older log events are deleted"),
    Loss("DATA_EXPIRY", "AWS::SQS::Queue", r"MessageRetentionPeriod", less, "messages are dropped earlier"),
    Loss("DATA_EXPIRY", "AWS::Kinesis::Stream", r"RetentionPeriodHours", less, "records are dropped earlier"),
    Loss("DATA_EXPIRY", TABLE, r"TimeToLiveSpecification(/Enabled)?", on, "items expire"),
    Loss(
        "DATA_EXPIRY",
        BUCKET,
        r"LifecycleConfiguration/Rules/\d+/(Noncurrent)?(Version)?Expiration\w*",
        limited,
        "objects expire, or earlier than they did",
    ),
    Loss(
        "DATA_EXPIRY",
        BUCKET,
        r"LifecycleConfiguration/Rules/\d+/NoncurrentVersionExpiration/NoncurrentDays",
        limited,
        "old versions expire, or earlier than they did",
    ),
    # Sight of what happens
    Loss(
        "MONITORING_LOSS",
        r"AWS::CloudWatch::(Composite)?Alarm",
        r"(AlarmActions)",
        fewer,
        "fewer are told of the alarm",
    ),
    Loss(
        "MONITORING_LOSS",
        r"AWS::CloudWatch::(Composite)?Alarm",
        r"ActionsEnabled",
        refused,
        "nobody is told of the alarm",
    ),
    Loss(
        "MONITORING_LOSS",
        r"AWS::ApiGateway.*::Stage",
        r"AccessLogSettings?(/DestinationArn)?",
        gone,
        "requests are no longer logged",
    ),
    Loss(
        "MONITORING_LOSS",
        r"AWS::ApiGateway.*::Stage",
        r"(MethodSettings/\d+/)?LoggingLevel",
        becomes("OFF"),
        "executions are no longer logged",
    ),
    Loss(
        "MONITORING_LOSS",
        ANY,
        r"(TracingEnabled|MethodSettings/\d+/MetricsEnabled|IsLogging|EnableLogFileValidation"
        r"|EnablePerformanceInsights|CloudWatchMetricsEnabled|VisibilityConfig/CloudWatchMetricsEnabled)",
        off,
        "less is recorded of what happens",
    ),
    Loss(
        "MONITORING_LOSS",
        "AWS::Lambda::Function",
        r"TracingConfig/Mode",
        was("Active"),
        "calls are no longer traced",
    ),
    Loss(
        "MONITORING_LOSS",
        "AWS::EC2::FlowLog",
        r"TrafficType",
        was("ALL"),
        "some of the traffic is no longer recorded",
    ),
    Loss(
        "MONITORING_LOSS",
        DATABASE,
        r"MonitoringInterval",
        to_zero,
        "the database is no longer watched closely",
    ),
    Loss(
        "MONITORING_LOSS",
        DATABASE,
        r"EnableCloudwatchLogsExports",
        fewer,
        "fewer logs of the database are exported",
    ),
    Loss(
        "MONITORING_LOSS", BUCKET, r"LoggingConfiguration", gone, "access to the bucket is no longer logged"
    ),
    # What should stay private
    Loss(
        "DISCLOSURE",
        r"AWS::ApiGateway.*::Stage",
        r"(MethodSettings/\d+|DefaultRouteSettings)/DataTraceEnabled",
        on,
        "whole requests and answers are written to the log",
    ),
    # Staying up
    Loss(
        "AVAILABILITY_LOSS",
        ANY,
        r"(MultiAZ|MultiAZEnabled|AutomaticFailoverEnabled)",
        off,
        "no standby takes over",
    ),
    Loss(
        "AVAILABILITY_LOSS",
        ANY,
        r"(RedrivePolicy|DeadLetterConfig|DeadLetterQueue\w*)",
        gone,
        "what fails is lost instead of set aside",
    ),
    Loss(
        "AVAILABILITY_LOSS",
        "AWS::Lambda::Function",
        r"ReservedConcurrentExecutions",
        zero,
        "the function can no longer run",
    ),
    # Open to the internet
    Loss(
        "PUBLIC_EXPOSURE",
        ANY,
        r"(PubliclyAccessible|MapPublicIpOnLaunch)",
        on,
        "gets an address on the internet",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        ANY,
        r"(PublicAccessBlockConfiguration/)?"
        r"(BlockPublicAcls|BlockPublicPolicy|IgnorePublicAcls|RestrictPublicBuckets)",
        off,
        "public access is no longer blocked",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        BUCKET,
        r"AccessControl",
        becomes("PublicRead", "PublicReadWrite", "AuthenticatedRead"),
        "anyone may read the bucket",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        r"AWS::(Lambda::Url|ApiGateway::Method|ApiGatewayV2::Route)",
        r"(AuthType|AuthorizationType)",
        becomes("NONE"),
        "anyone may call it",
    ),
    Loss("PUBLIC_EXPOSURE", "AWS::ApiGateway::Method", r"ApiKeyRequired", off, "callers need no key"),
    Loss(
        "PUBLIC_EXPOSURE",
        "AWS::ApiGateway::RestApi",
        r"EndpointConfiguration/Types/\d+",
        was("PRIVATE"),
        "the API is on the internet",
    ),
    Loss(
        "PUBLIC_EXPOSURE",
        r"AWS::ElasticLoadBalancing.*",
        r"Scheme",
        becomes("internet-facing"),
        "is on the internet",
    ),
    # What costs callers their access
    Loss("CREDENTIAL_CHANGE", DATABASE, r"MasterUserPassword", any_change, "clients need the new password"),
    Loss(
        "CREDENTIAL_CHANGE",
        "AWS::SecretsManager::Secret",
        r"(SecretString|GenerateSecretString)(/.*)?",
        any_change,
        "the secret gets another value",
    ),
    Loss(
        "CREDENTIAL_CHANGE",
        "AWS::IAM::AccessKey",
        r"(Serial|Status)",
        any_change,
        "its holder needs the new key",
    ),
)
