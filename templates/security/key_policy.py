"""Key policy: who may use and who may administer a KMS key, by service, condition and account."""

from __future__ import annotations

from awacs import kms
from awacs.aws import (
    Allow,
    ArnLike,
    Bool,
    Condition,
    Deny,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
)
from troposphere import AccountId, Sub

from templates import grants

__all__ = [
    "Statement",
    "document",
    "used_by_events",
    "used_by_log_groups",
    "used_by_notifications",
    "used_by_services",
    "used_through",
]

# Within a key policy, "*" is the key that the policy belongs to.
THIS_KEY = ["*"]

# The account's root stands for the account: what it is allowed here, IAM policies may hand on.
ACCOUNT = Principal("AWS", Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root"))

ADMINISTRATION = [
    kms.CancelKeyDeletion,
    kms.DescribeKey,
    kms.DisableKey,
    kms.DisableKeyRotation,
    kms.EnableKey,
    kms.EnableKeyRotation,
    kms.GetKeyPolicy,
    kms.GetKeyRotationStatus,
    kms.ListAliases,
    kms.ListGrants,
    kms.ListKeyPolicies,
    kms.ListKeyRotations,
    kms.ListResourceTags,
    kms.PutKeyPolicy,
    kms.RevokeGrant,
    kms.RotateKeyOnDemand,
    kms.ScheduleKeyDeletion,
    kms.TagResource,
    kms.UntagResource,
    kms.CreateAlias,
    kms.UpdateAlias,
    kms.DeleteAlias,
    kms.UpdateKeyDescription,
]

USE = [
    kms.Decrypt,
    kms.DescribeKey,
    kms.Encrypt,
    kms.GenerateDataKey,
    kms.GenerateDataKeyWithoutPlaintext,
    kms.ReEncryptFrom,
    kms.ReEncryptTo,
]


def document(*uses: Statement) -> PolicyDocument:
    """The account administers the key and `uses` use it; grants go to AWS services alone."""
    return grants.policy(administered_by_account(), grants_for_services_only(), *uses)


def administered_by_account() -> Statement:
    """Let the account's administrators look after the key, but not encrypt or decrypt with it."""
    return Statement(
        Sid="AdministeredByAccount",
        Effect=Allow,
        Principal=ACCOUNT,
        Action=ADMINISTRATION,
        Resource=THIS_KEY,
    )


def grants_for_services_only() -> Statement:
    """Let nobody hand the key on, but to an AWS service that works for the account."""
    return Statement(
        Sid="GrantsForServicesOnly",
        Effect=Deny,
        Principal=Principal("AWS", "*"),
        Action=[kms.CreateGrant],
        Resource=THIS_KEY,
        Condition=Condition(Bool("kms:GrantIsForAWSResource", "false")),
    )


def used_through(*services: str) -> Statement:
    """Let the account's principals use the key through `services`, as far as IAM allows them to."""
    hosts = [Sub(f"{service}.${{AWS::Region}}.amazonaws.com") for service in services]
    return Statement(
        Sid="UsedThroughServices",
        Effect=Allow,
        Principal=ACCOUNT,
        Action=[*USE, kms.CreateGrant],
        Resource=THIS_KEY,
        Condition=Condition(
            StringEquals({"kms:ViaService": hosts, "kms:CallerAccount": AccountId}),
        ),
    )


def used_by_services(*services: str) -> Statement:
    """Let `services` use the key for what belongs to this account, which they name to KMS."""
    return Statement(
        Sid="UsedByServices",
        Effect=Allow,
        Principal=Principal("Service", [f"{service}.amazonaws.com" for service in services]),
        Action=[kms.Decrypt, kms.GenerateDataKey],
        Resource=THIS_KEY,
        Condition=Condition(StringEquals("aws:SourceAccount", AccountId)),
    )


def used_by_events() -> Statement:
    """Let EventBridge use the key for its dead-letter queue, whose own policy names the rule.

    EventBridge names neither account nor rule to KMS: a condition on them would lose its events silently.
    """
    return Statement(
        Sid="UsedByEvents",
        Effect=Allow,
        Principal=Principal("Service", "events.amazonaws.com"),
        Action=[kms.Decrypt, kms.GenerateDataKey],
        Resource=THIS_KEY,
    )


def used_by_notifications() -> Statement:
    """Let notifications of developer tools use the key through SNS, the one condition of their guide."""
    return Statement(
        Sid="UsedByNotifications",
        Effect=Allow,
        Principal=Principal("Service", "codestar-notifications.amazonaws.com"),
        Action=[kms.Decrypt, kms.GenerateDataKey],
        Resource=THIS_KEY,
        Condition=Condition(StringEquals("kms:ViaService", Sub("sns.${AWS::Region}.amazonaws.com"))),
    )


def used_by_log_groups() -> Statement:
    """Let CloudWatch Logs use the key for the account's own log groups in the region."""
    groups = Sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*")
    return Statement(
        Sid="UsedByLogGroups",
        Effect=Allow,
        Principal=Principal("Service", Sub("logs.${AWS::Region}.amazonaws.com")),
        Action=USE,
        Resource=THIS_KEY,
        Condition=Condition(ArnLike("kms:EncryptionContext:aws:logs:arn", groups)),
    )
