"""Buckets: what they have in common, and how, by whom and under which key objects come in."""

from __future__ import annotations

from typing import Any

from awacs import s3 as actions
from awacs.aws import Allow, Condition, Null, Principal, Statement, StringEquals, StringNotEquals
from troposphere import Join, Ref, s3

from templates import grants
from templates.wires import KeyArn

# Condition keys: the headers of a request that puts an object.
ENCRYPTION = "s3:x-amz-server-side-encryption"
ENCRYPTION_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"

# An upload in parts that nobody has finished by then will not be.
ABANDONED_AFTER_DAYS = 7

# The reason that cfn-lint is given where a Fn::Sub would be shorter.
JOINED = "Control Tower's rule for TLS knows the objects of a bucket by Fn::Join alone"


def private_bucket(title: str, encryption: s3.ServerSideEncryptionByDefault, **more: Any) -> s3.Bucket:
    """A bucket that keeps versions, tells of events, knows no public and no ACLs, and outlives the stack."""
    return s3.Bucket(
        title,
        BucketEncryption=s3.BucketEncryption(
            ServerSideEncryptionConfiguration=[
                s3.ServerSideEncryptionRule(
                    ServerSideEncryptionByDefault=encryption,
                    # Spares a call to KMS for each object; without KMS it means nothing.
                    BucketKeyEnabled=encryption.SSEAlgorithm == "aws:kms",
                    # No object under a key that only its sender holds.
                    BlockedEncryptionTypes=s3.BlockedEncryptionTypes(EncryptionType=["SSE-C"]),
                )
            ]
        ),
        VersioningConfiguration=s3.VersioningConfiguration(Status="Enabled"),
        PublicAccessBlockConfiguration=s3.PublicAccessBlockConfiguration(
            BlockPublicAcls=True, BlockPublicPolicy=True, IgnorePublicAcls=True, RestrictPublicBuckets=True
        ),
        OwnershipControls=s3.OwnershipControls(
            Rules=[s3.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]
        ),
        NotificationConfiguration=s3.NotificationConfiguration(
            EventBridgeConfiguration=s3.EventBridgeConfiguration(EventBridgeEnabled=True)
        ),
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
        **more,
    )


def abandoned_uploads() -> s3.LifecycleRule:
    """Parts of uploads that nobody finished go."""
    return s3.LifecycleRule(
        Id="AbortAbandonedUploads",
        Status="Enabled",
        AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(
            DaysAfterInitiation=ABANDONED_AFTER_DAYS
        ),
    )


def bucket_policy(bucket: s3.Bucket, *statements: Statement) -> s3.BucketPolicy:
    """TLS for everyone, and `statements`; who else may do what is for their roles to say."""
    return s3.BucketPolicy(
        f"{bucket.title}Policy",
        Bucket=Ref(bucket),
        PolicyDocument=grants.policy(
            grants.encrypted_transport_only("s3", bucket.get_att("Arn"), objects_of(bucket)), *statements
        ),
        Metadata={"cfn-lint": {"config": {"ignore_checks": ["I1022"]}, "comment": JOINED}},
    )


def under_key_only(bucket: s3.Bucket, key: KeyArn) -> list[Statement]:
    """Refuse objects that ask for other encryption than `key`; what asks for none gets the bucket's own.

    S3 takes the account's own key where KMS is asked for and no key is named, whatever the bucket's
    default. So a header may be wrong, a key may be wrong, and a key may be missing.
    """
    wrong_encryption = [StringNotEquals(ENCRYPTION, "aws:kms"), Null(ENCRYPTION, "false")]
    wrong_key = [StringNotEquals(ENCRYPTION_KEY, key), Null(ENCRYPTION_KEY, "false")]
    missing_key = [StringEquals(ENCRYPTION, "aws:kms"), Null(ENCRYPTION_KEY, "true")]
    refused = {"NoOtherEncryption": wrong_encryption, "NoOtherKey": wrong_key, "NoMissingKey": missing_key}
    return [
        grants.refuse(sid, [actions.PutObject], objects_of(bucket), where=Condition(where))
        for sid, where in refused.items()
    ]


def access_logs_of(source: s3.Bucket, bucket: s3.Bucket) -> Statement:
    """Let S3 put the access logs of `source` into `bucket`."""
    return Statement(
        Sid="AccessLogs",
        Effect=Allow,
        Principal=Principal("Service", "logging.s3.amazonaws.com"),
        Action=[actions.PutObject],
        Resource=[objects_of(bucket)],
        Condition=grants.on_behalf_of(source.get_att("Arn")),
    )


def objects_of(bucket: s3.Bucket) -> Join:
    """ARN of every object of `bucket`."""
    return Join("", [bucket.get_att("Arn"), "/*"])
