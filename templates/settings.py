"""Settings: what differs between environments, each a Parameter of the root stack.

Environments differ in numbers, never in shape; `parameters/<env>.json` gives every value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from templates.wires import PARTITION, BucketName, Several, Wire, number, one_of, text


class EnvironmentSuffix(Wire):
    """Environment that the stack serves; the last part of every physical name."""

    admits = text(r"^[a-z][a-z0-9]{0,11}$", "1 to 12 lower-case letters and digits, a letter first")


class PermissionsBoundaryArn(Wire):
    """ARN of the policy that bounds every role of the stack; empty for none."""

    admits = text(rf"^({PARTITION}:iam::([0-9]{{12}}|aws):policy/.+)?$", "the ARN of a policy, or nothing")


class AlertEmail(Wire):
    """E-mail address that alarms are sent to."""

    admits = text(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "an e-mail address")


class Switch(Wire):
    """Whether something is there."""

    admits = one_of("true", "false")


class InterfaceEndpoints(Switch):
    """Whether AWS services are reached by interface endpoints; otherwise through the NAT gateways."""


class AvailabilityZones(Several):
    """Three Availability Zones of the stack's region, by name; they also say which region that is."""

    # Not Fn::GetAZs: it leaves out zones without a default subnet, promises no order, and may change its
    # answer later, which would replace every subnet.
    admits = text(
        r"^([a-z]{2}(-[a-z]+){1,2}-[0-9])([a-z]),\1(?!\3)([a-z]),\1(?!\3|\4)[a-z]$",
        "three zones of one region, joined by commas: us-east-1a,us-east-1b,us-east-1c",
    )


class NatGateways(Wire):
    """NAT gateways: 3, one in each zone, or 1 that every zone shares and that goes down with its zone."""

    # Each takes an Elastic IP, of which an account has five in a region unless it asks for more.
    admits = one_of("1", "3")


class S3PrefixListId(Wire):
    """AWS-managed prefix list of S3 in the stack's region (aws ec2 describe-managed-prefix-lists)."""

    admits: ClassVar[Mapping[str, object]] = text(r"^pl-[0-9a-f]+$", "a prefix list id: pl-...")


class DynamodbPrefixListId(Wire):
    """AWS-managed prefix list of DynamoDB in the stack's region."""

    admits = text(r"^pl-[0-9a-f]+$", "a prefix list id: pl-...")


class DatabaseClass(Wire):
    """Instance class of the database."""

    admits = text(r"^db\.[a-z0-9]+\.[a-z0-9]+$", "an instance class: db.t3.medium")


class DatabaseStorageGib(Wire):
    """Storage that the database starts with, in GiB."""

    admits = number(20, 65536)


class DatabaseMaxStorageGib(Wire):
    """Storage that the database may grow to by itself, in GiB."""

    admits = number(22, 65536)


class DatabaseBackupDays(Wire):
    """Days that automated backups of the database are kept."""

    admits = number(1, 35)


class AuditLockDays(Wire):
    """Days that an audit object can be neither overwritten nor deleted."""

    admits = number(1, 36500)


class AuditLockMode(Wire):
    """Object Lock mode of the audit bucket: COMPLIANCE binds the root user too."""

    admits = one_of("GOVERNANCE", "COMPLIANCE")


class AuditReplicaBucketArn(Wire):
    """ARN of a locked bucket elsewhere that audit objects are copied to; empty for no copies."""

    admits = text(rf"^({PARTITION}:s3:::[a-z0-9.-]{{3,63}})?$", "the ARN of a bucket, or nothing")


class AuditReplicaKeyArn(Wire):
    """ARN of the KMS key that copies of audit objects are encrypted under; empty for no copies."""

    admits = text(rf"^({PARTITION}:kms:[a-z0-9-]+:[0-9]+:key/.+)?$", "the ARN of a KMS key, or nothing")


class LogRetentionDays(Wire):
    """Days that logs are kept."""

    # The values that CloudWatch Logs takes.
    admits: ClassVar[Mapping[str, object]] = {
        "Type": "Number",
        "AllowedValues": [
            30,
            60,
            90,
            120,
            150,
            180,
            365,
            400,
            545,
            731,
            1096,
            1827,
            2192,
            2557,
            2922,
            3288,
            3653,
        ],
    }


class FunctionMemoryMb(Wire):
    """Memory of each function, in MB; CPU comes with it."""

    admits = number(128, 10240)


class FunctionConcurrency(Wire):
    """Concurrent executions reserved for each function that takes payments."""

    admits = number(1, 1000)


class CanaryDeployment(Wire):
    """How traffic moves to a new version of a function."""

    admits = one_of(
        "CodeDeployDefault.LambdaAllAtOnce",
        "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "CodeDeployDefault.LambdaCanary10Percent10Minutes",
        "CodeDeployDefault.LambdaCanary10Percent15Minutes",
        "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
    )


class AcceptedCurrencies(Wire):
    """ISO 4217 codes of the currencies that are taken, joined by commas."""

    # As many as the description of a function's version has room for.
    admits = text(r"^[A-Z]{3}(,[A-Z]{3}){0,49}$", "1 to 50 ISO 4217 codes joined by commas: USD,EUR,GBP")


class PaymentGatewayUrl(Wire):
    """Base URL of the payment gateway's API (Stripe's, or a compatible one)."""

    # As long as the description of a function's version has room for.
    admits = text(
        r"^https?://[^\s/]{1,60}(/[^\s]{0,30})?$",
        "an http(s) URL of at most 60 characters of host and 30 of path",
    )


class ApiAuthorization(Wire):
    """Who may call the API besides holding an API key: NONE, or AWS_IAM for signed requests."""

    admits = one_of("NONE", "AWS_IAM")


class ApiRateLimit(Wire):
    """Requests a second that the API takes, for the stage and for the usage plan."""

    admits = number(1, 10000)


class ApiBurstLimit(Wire):
    """Requests that the API takes at once, for the stage and for the usage plan."""

    admits = number(1, 5000)


class ApiMonthlyQuota(Wire):
    """Requests that one API key may make in a month."""

    admits = number(1, 1000000000)


class WafRateLimit(Wire):
    """Requests in five minutes after which one address is blocked for a while."""

    admits = number(100, 2000000000)


class ClientErrorsThreshold(Wire):
    """4XX answers in five minutes that raise the alarm, when exceeded twice in a row."""

    admits = number(1, 1000000)


class ServerErrorsThreshold(Wire):
    """5XX answers in five minutes that raise the alarm, when exceeded."""

    admits = number(0, 1000000)


class BlockedRequestsThreshold(Wire):
    """Requests blocked by the firewall in five minutes that raise the alarm, when exceeded."""

    admits = number(1, 100000000)


class RetryBacklogThreshold(Wire):
    """Messages in the retry queue that raise the alarm, when exceeded for a quarter of an hour."""

    admits = number(1, 1000000)


class FunctionErrorsThreshold(Wire):
    """Errors, or handled failures, of a function in five minutes that raise the alarm, if exceeded twice."""

    admits = number(0, 1000000)


class DatabaseCpuThreshold(Wire):
    """CPU of the database, in percent, that raises the alarm, when exceeded three times in a row."""

    admits = number(1, 99)


class DatabaseConnectionsThreshold(Wire):
    """Open connections of the database that raise the alarm: more than functions may run at once."""

    admits = number(1, 5000)


class LatencyThresholdMs(Wire):
    """99th percentile of the API's latency that raises the alarm, in milliseconds."""

    admits = number(1, 29000)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every Parameter of the root stack."""

    environment_suffix: EnvironmentSuffix
    artifact_bucket: BucketName
    permissions_boundary_arn: PermissionsBoundaryArn
    alert_email: AlertEmail
    availability_zones: AvailabilityZones
    nat_gateways: NatGateways
    interface_endpoints: InterfaceEndpoints
    s3_prefix_list_id: S3PrefixListId
    dynamodb_prefix_list_id: DynamodbPrefixListId
    database_class: DatabaseClass
    database_storage_gib: DatabaseStorageGib
    database_max_storage_gib: DatabaseMaxStorageGib
    database_backup_days: DatabaseBackupDays
    audit_lock_days: AuditLockDays
    audit_lock_mode: AuditLockMode
    audit_replica_bucket_arn: AuditReplicaBucketArn
    audit_replica_key_arn: AuditReplicaKeyArn
    log_retention_days: LogRetentionDays
    function_memory_mb: FunctionMemoryMb
    function_concurrency: FunctionConcurrency
    canary_deployment: CanaryDeployment
    accepted_currencies: AcceptedCurrencies
    payment_gateway_url: PaymentGatewayUrl
    api_authorization: ApiAuthorization
    api_rate_limit: ApiRateLimit
    api_burst_limit: ApiBurstLimit
    api_monthly_quota: ApiMonthlyQuota
    waf_rate_limit: WafRateLimit
    client_errors_threshold: ClientErrorsThreshold
    server_errors_threshold: ServerErrorsThreshold
    blocked_requests_threshold: BlockedRequestsThreshold
    retry_backlog_threshold: RetryBacklogThreshold
    function_errors_threshold: FunctionErrorsThreshold
    database_cpu_threshold: DatabaseCpuThreshold
    database_connections_threshold: DatabaseConnectionsThreshold
    latency_threshold_ms: LatencyThresholdMs
