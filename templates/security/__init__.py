"""Security: the keys that everything at rest is encrypted under."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import GetAtt, Join, Ref, Tags, Template, kms

from templates import names
from templates.security import key_policy
from templates.settings import EnvironmentSuffix
from templates.wires import KeyArn

# Days in which the deletion of a key can be called off: the most that KMS takes.
PENDING_WINDOW_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What security needs from the layers before it."""

    environment_suffix: EnvironmentSuffix


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What security offers to the layers after it."""

    database_key_arn: KeyArn
    audit_key_arn: KeyArn
    data_key_arn: KeyArn
    logs_key_arn: KeyArn


def build(template: Template, given: Inputs) -> Outputs:
    """Add a key for each kind of thing at rest, each with an alias that people know it by."""
    keys = {
        "database": database_key(),
        "audit": audit_key(),
        "data": data_key(),
        "logs": logs_key(),
    }
    for role, key in keys.items():
        template.add_resource(key)
        template.add_resource(alias(given, role, key))
    return Outputs(
        database_key_arn=KeyArn(GetAtt(keys["database"], "Arn")),
        audit_key_arn=KeyArn(GetAtt(keys["audit"], "Arn")),
        data_key_arn=KeyArn(GetAtt(keys["data"], "Arn")),
        logs_key_arn=KeyArn(GetAtt(keys["logs"], "Arn")),
    )


def database_key() -> kms.Key:
    """Key of the database: its storage, snapshots and performance data."""
    return key(
        "DatabaseKey",
        "Storage, snapshots and performance data of the payment database",
        key_policy.used_through("rds"),
    )


def audit_key() -> kms.Key:
    """Key of the audit bucket's objects."""
    return key("AuditKey", "Objects of the audit bucket", key_policy.used_through("s3"))


def data_key() -> kms.Key:
    """Key of application data: the table, queues, topics, secrets, backups and environment variables."""
    return key(
        "DataKey",
        "Payments at rest and on their way: table, queues, topics, secrets, backups, function settings",
        # RDS hands the secret of the database's master user to Secrets Manager under this key.
        key_policy.used_through("backup", "dynamodb", "lambda", "rds", "secretsmanager", "sns", "sqs"),
        # What puts messages into encrypted topics and dead-letter queues on the stack's behalf.
        key_policy.used_by_services("cloudwatch", "sns"),
        key_policy.used_by_events(),
    )


def logs_key() -> kms.Key:
    """Key of every log group."""
    return key("LogsKey", "Log groups of the payment stack", key_policy.used_by_log_groups())


def key(title: str, purpose: str, *uses: key_policy.Statement) -> kms.Key:
    """A key that rotates, outlives the stack, and may be used only as `uses` say."""
    return kms.Key(
        title,
        Description=purpose,
        EnableKeyRotation=True,
        PendingWindowInDays=PENDING_WINDOW_DAYS,
        KeyPolicy=key_policy.document(*uses),
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
        Tags=Tags(Name=names.named(f"payment-{title.removesuffix('Key').lower()}")),
    )


def alias(given: Inputs, role: str, target: kms.Key) -> kms.Alias:
    """The name of `target` for people: `alias/payment-database-prod`."""
    return kms.Alias(
        f"{role.capitalize()}KeyAlias",
        AliasName=Join("-", [f"alias/payment-{role}", given.environment_suffix]),
        TargetKeyId=Ref(target),
    )
