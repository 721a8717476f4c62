"""Audit replication: a copy of every audit object in a bucket elsewhere, where one is given."""

from __future__ import annotations

from awacs import kms, s3
from awacs.aws import Condition, Statement, StringEquals
from troposphere import (
    AWSHelperFn,
    Equals,
    Not,
    Ref,
    Select,
    Split,
    Sub,
    Template,
    iam,
)
from troposphere import s3 as storage

from templates import grants
from templates.settings import AuditReplicaBucketArn, AuditReplicaKeyArn
from templates.wires import KeyArn

CONDITION = "AuditIsReplicated"


def add_condition(template: Template, replica: AuditReplicaBucketArn) -> None:
    """Declare the Condition that a bucket for replicas is given."""
    template.add_condition(CONDITION, Not(Equals(replica, "")))


def replication_role() -> iam.Role:
    """What S3 replicates under."""
    return iam.Role(
        "AuditReplicationRole",
        Condition=CONDITION,
        AssumeRolePolicyDocument=grants.trust("s3"),
    )


def replication_policy(
    role: iam.Role,
    bucket: storage.Bucket,
    key: KeyArn,
    replica: AuditReplicaBucketArn,
    replica_key: AuditReplicaKeyArn,
) -> iam.ManagedPolicy:
    """Read what is under `key` in `bucket`, write it under `replica_key` into `replica`; no more."""
    # Attached to the role from here: role, bucket and policy would else refer to each other in a circle.
    return iam.ManagedPolicy(
        "AuditReplicationPolicy",
        Condition=CONDITION,
        Roles=[Ref(role)],
        PolicyDocument=grants.policy(
            find_versions(bucket.get_att("Arn")),
            read_versions(bucket.get_att("Arn")),
            grants.decrypt(key, "s3"),
            write_replicas(replica),
            encrypt_replicas(replica_key),
        ),
    )


def replication(
    role: iam.Role, replica: AuditReplicaBucketArn, replica_key: AuditReplicaKeyArn
) -> storage.ReplicationConfiguration:
    """Every object, with its lock; but no deletion, for audit objects are not to go."""
    return storage.ReplicationConfiguration(
        Role=role.get_att("Arn"),
        Rules=[
            storage.ReplicationConfigurationRules(
                Id="ReplicateEverything",
                Status="Enabled",
                Priority=0,
                Filter=storage.ReplicationRuleFilter(Prefix=""),
                DeleteMarkerReplication=storage.DeleteMarkerReplication(Status="Disabled"),
                SourceSelectionCriteria=storage.SourceSelectionCriteria(
                    SseKmsEncryptedObjects=storage.SseKmsEncryptedObjects(Status="Enabled"),
                ),
                Destination=storage.ReplicationConfigurationRulesDestination(
                    Bucket=replica,
                    EncryptionConfiguration=storage.EncryptionConfiguration(ReplicaKmsKeyID=replica_key),
                    # Without metrics, a replication that fails does so in silence.
                    Metrics=storage.Metrics(Status="Enabled"),
                ),
            )
        ],
    )


def find_versions(bucket_arn: AWSHelperFn) -> Statement:
    """Find what there is to replicate in the bucket."""
    return grants.allow("FindVersions", [s3.GetReplicationConfiguration, s3.ListBucket], bucket_arn)


def read_versions(bucket_arn: AWSHelperFn) -> Statement:
    """Read what is replicated from the bucket, and the locks on it."""
    return grants.allow(
        "ReadVersions",
        [
            s3.GetObjectLegalHold,
            s3.GetObjectRetention,
            s3.GetObjectVersionAcl,
            s3.GetObjectVersionForReplication,
            s3.GetObjectVersionTagging,
        ],
        grants.within(bucket_arn, "/*"),
    )


def write_replicas(bucket_arn: grants.Target) -> Statement:
    """Write replicas into the bucket."""
    return grants.allow(
        "WriteReplicas", [s3.ReplicateObject, s3.ReplicateTags], grants.within(bucket_arn, "/*")
    )


def encrypt_replicas(key_arn: AWSHelperFn) -> Statement:
    """Have S3 encrypt replicas under the key, in the region of that key."""
    host = Sub("s3.${Region}.amazonaws.com", Region=Select(3, Split(":", key_arn)))
    use = grants.allow("EncryptReplicas", [kms.Encrypt], key_arn)
    use.Condition = Condition(StringEquals("kms:ViaService", host))
    return use
