"""Store: the artifact bucket and its key, which releases, reviews and CodePipeline's own artifacts share.

A stack of its own in the tooling account, made before the pipeline, whose template it has to hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awacs import kms as key_actions
from awacs import s3 as actions
from awacs.aws import Allow, ArnLike, Condition, Principal, Statement, StringEquals
from troposphere import AWSHelperFn, Ref, Sub, Template, kms, s3

from pipeline.delivery import names
from pipeline.delivery.settings import DevAccount, ProdAccount, ReviewDays
from templates import grants
from templates.data import audit_bucket, buckets
from templates.security import key_policy
from templates.settings import LogRetentionDays
from templates.wires import BucketName, KeyArn

# CodePipeline hands artifacts from action to action; a rollback takes those of an earlier run again.
ARTIFACT_DAYS = 90
# Roles of a target account that read releases.
READERS = (names.PLAN, names.EXECUTE, names.EXECUTION)


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What the store is told: whose accounts read releases, and for how long things stay."""

    dev_account: DevAccount
    prod_account: ProdAccount
    review_days: ReviewDays
    log_retention_days: LogRetentionDays


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What the store offers to the pipeline, and to the accounts that it deploys into."""

    artifact_bucket: BucketName
    artifact_key_arn: KeyArn


@dataclass(frozen=True)
class Store:
    """The store, as the pipeline knows it."""

    bucket: BucketName
    key: KeyArn

    @property
    def bucket_arn(self) -> Sub:
        """ARN of the bucket."""
        return Sub("arn:${AWS::Partition}:s3:::${Bucket}", Bucket=self.bucket)


def build(template: Template, given: Inputs) -> Outputs:
    """Add key and bucket, and let the roles of each environment's account read releases."""
    accounts = {"dev": given.dev_account, "prod": given.prod_account}
    readers = {name: reader_roles(name, account) for name, account in accounts.items()}
    key = template.add_resource(artifact_key(accounts, readers))
    template.add_resource(
        kms.Alias("ArtifactKeyAlias", AliasName=f"alias/{names.PIPELINE_STACK}", TargetKeyId=Ref(key))
    )
    arn = KeyArn(key.get_att("Arn"))
    logs = template.add_resource(audit_bucket.access_log_bucket(given.log_retention_days))
    bucket = template.add_resource(artifact_bucket(arn, logs, given.review_days))
    template.add_resource(buckets.bucket_policy(logs, buckets.access_logs_of(bucket, logs)))
    shared = [read_by(name, bucket, accounts[name], readers[name]) for name in accounts]
    template.add_resource(buckets.bucket_policy(bucket, *buckets.under_key_only(bucket, arn), *shared))
    return Outputs(artifact_bucket=BucketName(Ref(bucket)), artifact_key_arn=arn)


def reader_roles(environment: str, account: AWSHelperFn) -> list[Sub]:
    """ARNs of the roles that read releases for an environment."""
    return [names.role_arn(account, names.target_role(task, environment)) for task in READERS]


def root_of(account: AWSHelperFn) -> Principal:
    """An account, which then says which of its roles; a role that is not there yet cannot be named."""
    return Principal("AWS", Sub("arn:${AWS::Partition}:iam::${Account}:root", Account=account))


def artifact_key(accounts: Mapping[str, AWSHelperFn], readers: Mapping[str, list[Sub]]) -> kms.Key:
    """The key of bucket, logs and topic."""
    reading = [
        Statement(
            Sid=f"ReadBy{name.capitalize()}",
            Effect=Allow,
            Principal=root_of(accounts[name]),
            Action=[key_actions.Decrypt, key_actions.DescribeKey],
            Resource=key_policy.THIS_KEY,
            Condition=Condition(
                [
                    ArnLike("aws:PrincipalArn", readers[name]),
                    StringEquals("kms:ViaService", Sub("s3.${AWS::Region}.amazonaws.com")),
                ]
            ),
        )
        for name in accounts
    ]
    return kms.Key(
        "ArtifactKey",
        Description="Releases, reviews and artifacts of the pipeline, its logs and its notices",
        EnableKeyRotation=True,
        KeyPolicy=key_policy.document(
            key_policy.used_through("s3", "sns", "codebuild"),
            key_policy.used_by_notifications(),
            key_policy.used_by_log_groups(),
            *reading,
        ),
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def artifact_bucket(key: KeyArn, logs: s3.Bucket, review_days: ReviewDays) -> s3.Bucket:
    """Releases stay, for a stack may go back to any; reviews outlive every approval; artifacts go."""
    return buckets.private_bucket(
        "ArtifactBucket",
        s3.ServerSideEncryptionByDefault(SSEAlgorithm="aws:kms", KMSMasterKeyID=key),
        LoggingConfiguration=s3.LoggingConfiguration(
            DestinationBucketName=Ref(logs), LogFilePrefix="artifact-bucket/"
        ),
        LifecycleConfiguration=s3.LifecycleConfiguration(
            Rules=[
                expiry("ExpireReviews", f"{names.REVIEWS}/", review_days),
                expiry("ExpireArtifacts", f"{names.PIPELINE}/", ARTIFACT_DAYS),
                s3.LifecycleRule(
                    Id="ExpireReplacedVersions",
                    Status="Enabled",
                    NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(NoncurrentDays=ARTIFACT_DAYS),
                ),
                buckets.abandoned_uploads(),
            ]
        ),
    )


def expiry(title: str, prefix: str, days: AWSHelperFn | int) -> s3.LifecycleRule:
    """Objects under `prefix` go after `days`."""
    return s3.LifecycleRule(Id=title, Status="Enabled", Prefix=prefix, ExpirationInDays=days)


def read_by(environment: str, bucket: s3.Bucket, account: AWSHelperFn, readers: list[Sub]) -> Statement:
    """Let the roles of an environment's account read releases, and nothing else in the bucket."""
    return Statement(
        Sid=f"ReadBy{environment.capitalize()}",
        Effect=Allow,
        Principal=root_of(account),
        Action=[actions.GetObject, actions.GetObjectVersion],
        Resource=[grants.within(bucket.get_att("Arn"), f"/{prefix}/*") for prefix in names.RELEASES],
        Condition=Condition(ArnLike("aws:PrincipalArn", readers)),
    )
