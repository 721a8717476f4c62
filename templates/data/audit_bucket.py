"""Audit bucket: where every transition of a payment is kept for good, and who has looked at it."""

from __future__ import annotations

from troposphere import If, NoValue, Ref, Template, s3

from templates import names
from templates.data import audit_replication, buckets
from templates.settings import (
    AuditLockDays,
    AuditLockMode,
    AuditReplicaBucketArn,
    AuditReplicaKeyArn,
    LogRetentionDays,
)
from templates.wires import KeyArn

BUCKET = "payment-audit-logs"

GLACIER_AFTER_DAYS = 90


def add(
    template: Template,
    *,
    key: KeyArn,
    lock_mode: AuditLockMode,
    lock_days: AuditLockDays,
    log_days: LogRetentionDays,
    replica: AuditReplicaBucketArn,
    replica_key: AuditReplicaKeyArn,
) -> s3.Bucket:
    """Add the bucket, and first the one for its access logs and the role that replicates it."""
    audit_replication.add_condition(template, replica)
    logs = template.add_resource(access_log_bucket(log_days))
    role = template.add_resource(audit_replication.replication_role())
    replication = audit_replication.replication(role, replica, replica_key)
    bucket = template.add_resource(audit_bucket(key, lock_mode, lock_days, logs, replication))
    template.add_resource(buckets.bucket_policy(logs, buckets.access_logs_of(bucket, logs)))
    template.add_resource(buckets.bucket_policy(bucket, *buckets.under_key_only(bucket, key)))
    template.add_resource(audit_replication.replication_policy(role, bucket, key, replica, replica_key))
    return bucket


def access_log_bucket(days: LogRetentionDays) -> s3.Bucket:
    """Who asked for what in the audit bucket, kept for `days`."""
    # No lock and no customer key: S3 delivers access logs into no bucket that has either.
    unlogged = {"id": "CKV_AWS_18", "comment": "Logging its own access would log the delivery of its logs"}
    return buckets.private_bucket(
        "AccessLogBucket",
        s3.ServerSideEncryptionByDefault(SSEAlgorithm="AES256"),
        LifecycleConfiguration=s3.LifecycleConfiguration(
            Rules=[
                s3.LifecycleRule(
                    Id="ExpireLogs",
                    Status="Enabled",
                    ExpirationInDays=days,
                    NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(NoncurrentDays=days),
                ),
                buckets.abandoned_uploads(),
            ]
        ),
        Metadata={"checkov": {"skip": [unlogged]}},
    )


def audit_bucket(
    key: KeyArn,
    lock_mode: AuditLockMode,
    lock_days: AuditLockDays,
    logs: s3.Bucket,
    replication: s3.ReplicationConfiguration,
) -> s3.Bucket:
    """The audit objects: encrypted under `key`, and locked for `lock_days` as they come in."""
    return buckets.private_bucket(
        "AuditBucket",
        s3.ServerSideEncryptionByDefault(SSEAlgorithm="aws:kms", KMSMasterKeyID=key),
        BucketName=names.named_worldwide(BUCKET),
        ObjectLockEnabled=True,
        ObjectLockConfiguration=s3.ObjectLockConfiguration(
            ObjectLockEnabled="Enabled",
            Rule=s3.ObjectLockRule(DefaultRetention=s3.DefaultRetention(Mode=lock_mode, Days=lock_days)),
        ),
        LoggingConfiguration=s3.LoggingConfiguration(
            DestinationBucketName=Ref(logs), LogFilePrefix="audit-bucket/"
        ),
        LifecycleConfiguration=lifecycle(lock_days),
        ReplicationConfiguration=If(audit_replication.CONDITION, replication, NoValue),
    )


def lifecycle(lock_days: AuditLockDays) -> s3.LifecycleConfiguration:
    """Objects stay, the large ones in Glacier; a version that was replaced stays for another `lock_days`."""
    return s3.LifecycleConfiguration(
        # In Glacier, a small object costs more than where it is.
        TransitionDefaultMinimumObjectSize="all_storage_classes_128K",
        Rules=[
            s3.LifecycleRule(
                Id="TransitionToGlacier",
                Status="Enabled",
                Transitions=[
                    s3.LifecycleRuleTransition(StorageClass="GLACIER", TransitionInDays=GLACIER_AFTER_DAYS)
                ],
            ),
            s3.LifecycleRule(
                Id="ExpireReplacedVersions",
                Status="Enabled",
                NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(NoncurrentDays=lock_days),
            ),
            buckets.abandoned_uploads(),
        ],
    )
