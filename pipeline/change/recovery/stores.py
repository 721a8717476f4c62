"""Stores: the resources that outlive a stack: find one by name, see whether it holds data, delete it.

Every check for data reads the service itself, for what it reports of sizes is hours old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from botocore.exceptions import ClientError

from pipeline.change.sessions import RETRIES

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

ABSENT_CODES = (
    "404",
    "AWS.SimpleQueueService.NonExistentQueue",
    "DBInstanceNotFound",
    "DBInstanceNotFoundFault",
    "NoSuchBucket",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
)


@dataclass(frozen=True)
class Found:
    """A resource that exists."""

    physical_id: str
    """As CloudFormation lists it."""
    contents: str = ""
    """The data in it, in words; empty where it holds none."""
    protected: bool = False
    """Whether deletion protection is on."""
    note: str = ""


class Store(Protocol):
    """Resources of one type."""

    @property
    def name_property(self) -> str:
        """The property of the type that is the name."""

    def find(self, name: str) -> Found | None:
        """Return the resource, or None where there is none."""

    def unprotect(self, name: str) -> None:
        """Turn deletion protection off."""

    def delete(self, name: str) -> None:
        """Begin to delete the resource."""


Stores = Mapping[str, Store]
"""By type."""


class Unprotected:
    """A type without deletion protection."""

    def unprotect(self, name: str) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Tables:
    """DynamoDB tables."""

    name_property: ClassVar[str] = "TableName"
    client: DynamoDBClient

    def find(self, name: str) -> Found | None:
        """Return a table; it holds data where a consistent scan finds an item."""
        try:
            table = self.client.describe_table(TableName=name)["Table"]
        except ClientError as error:
            check_absent(error)
            return None
        items = self.client.scan(TableName=name, Select="COUNT", Limit=1, ConsistentRead=True)["Count"]
        protected = table.get("DeletionProtectionEnabled", False)
        return Found(name, "items" if items else "", protected=protected)

    def unprotect(self, name: str) -> None:
        """Turn deletion protection off."""
        self.client.update_table(TableName=name, DeletionProtectionEnabled=False)

    def delete(self, name: str) -> None:
        """Delete a table."""
        self.client.delete_table(TableName=name)


@dataclass(frozen=True)
class Buckets(Unprotected):
    """S3 buckets."""

    name_property: ClassVar[str] = "BucketName"
    client: S3Client

    def find(self, name: str) -> Found | None:
        """Return a bucket; it holds data where it has a version of an object, or a deletion marker."""
        try:
            self.client.head_bucket(Bucket=name)
        except ClientError as error:
            check_absent(error)
            return None
        page = self.client.list_object_versions(Bucket=name, MaxKeys=1)
        return Found(name, "objects" if page.get("Versions") or page.get("DeleteMarkers") else "")

    def delete(self, name: str) -> None:
        """Delete a bucket, which S3 refuses unless it is empty."""
        self.client.delete_bucket(Bucket=name)


@dataclass(frozen=True)
class Queues(Unprotected):
    """SQS queues."""

    name_property: ClassVar[str] = "QueueName"
    client: SQSClient

    def find(self, name: str) -> Found | None:
        """Return a queue; it holds data where it has a message in any state."""
        try:
            url = self.client.get_queue_url(QueueName=name)["QueueUrl"]
            counts = self.client.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )["Attributes"]
        except ClientError as error:
            check_absent(error)
            return None
        return Found(url, "messages" if any(int(count) for count in counts.values()) else "")

    def delete(self, name: str) -> None:
        """Delete a queue."""
        self.client.delete_queue(QueueUrl=self.client.get_queue_url(QueueName=name)["QueueUrl"])


@dataclass(frozen=True)
class Secrets(Unprotected):
    """Secrets of Secrets Manager."""

    name_property: ClassVar[str] = "Name"
    client: SecretsManagerClient

    def find(self, name: str) -> Found | None:
        """Return a secret, also one that is scheduled for deletion; it holds data where it has a version."""
        try:
            secret = self.client.describe_secret(SecretId=name)
        except ClientError as error:
            check_absent(error)
            return None
        pending = "DeletedDate" in secret
        note = f"scheduled for deletion on {secret['DeletedDate']:%Y-%m-%d}" if pending else ""
        return Found(secret["ARN"], "a value" if secret.get("VersionIdsToStages") else "", note=note)

    def delete(self, name: str) -> None:
        """Delete a secret without a recovery window, in which its name would stay taken."""
        if "DeletedDate" in self.client.describe_secret(SecretId=name):
            self.client.restore_secret(SecretId=name)
        self.client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@dataclass(frozen=True)
class LogGroups(Unprotected):
    """Log groups; the logs of a creation that failed are no data."""

    name_property: ClassVar[str] = "LogGroupName"
    client: Any  # the service has no stubs here, as those below

    def find(self, name: str) -> Found | None:
        """Return a log group."""
        groups = self.client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return Found(name) if any(group["logGroupName"] == name for group in groups) else None

    def delete(self, name: str) -> None:
        """Delete a log group."""
        self.client.delete_log_group(logGroupName=name)


@dataclass(frozen=True)
class BackupVaults(Unprotected):
    """Vaults of AWS Backup."""

    name_property: ClassVar[str] = "BackupVaultName"
    client: Any

    def find(self, name: str) -> Found | None:
        """Return a vault; it holds data where it has a recovery point."""
        try:
            self.client.describe_backup_vault(BackupVaultName=name)
        except ClientError as error:
            # AWS Backup answers so for a vault that does not exist, too.
            if error.response["Error"]["Code"] != "AccessDeniedException":
                check_absent(error)
            return None
        points = self.client.list_recovery_points_by_backup_vault(BackupVaultName=name, MaxResults=1)
        return Found(name, "recovery points" if points["RecoveryPoints"] else "")

    def delete(self, name: str) -> None:
        """Delete a vault, which AWS Backup refuses unless it is empty."""
        self.client.delete_backup_vault(BackupVaultName=name)


@dataclass(frozen=True)
class Databases:
    """RDS instances, whose data nobody sees from outside: each is deleted with a final snapshot."""

    name_property: ClassVar[str] = "DBInstanceIdentifier"
    client: Any

    def find(self, name: str) -> Found | None:
        """Return a database."""
        try:
            (instance,) = self.client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        except ClientError as error:
            check_absent(error)
            return None
        protected = instance.get("DeletionProtection", False)
        return Found(name, protected=protected, note="what nobody sees; a snapshot of it would stay")

    def unprotect(self, name: str) -> None:
        """Turn deletion protection off."""
        self.client.modify_db_instance(
            DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True
        )

    def delete(self, name: str) -> None:
        """Delete a database; its automated backups stay for their retention period."""
        (instance,) = self.client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        if instance["DBInstanceStatus"] == "deleting":
            return
        created = instance["InstanceCreateTime"]
        self.client.delete_db_instance(
            DBInstanceIdentifier=name,
            SkipFinalSnapshot=False,
            FinalDBSnapshotIdentifier=f"{name}-{created:%Y%m%d%H%M%S}",
            DeleteAutomatedBackups=False,
        )


def stores(session: boto3.Session) -> Stores:
    """Return the stores of the session's account and region."""
    untyped: Any = session
    return {
        "AWS::DynamoDB::Table": Tables(session.client("dynamodb", config=RETRIES)),
        "AWS::S3::Bucket": Buckets(session.client("s3", config=RETRIES)),
        "AWS::SQS::Queue": Queues(session.client("sqs", config=RETRIES)),
        "AWS::SecretsManager::Secret": Secrets(session.client("secretsmanager", config=RETRIES)),
        "AWS::Logs::LogGroup": LogGroups(untyped.client("logs", config=RETRIES)),
        "AWS::Backup::BackupVault": BackupVaults(untyped.client("backup", config=RETRIES)),
        "AWS::RDS::DBInstance": Databases(untyped.client("rds", config=RETRIES)),
    }


def check_absent(error: ClientError) -> None:
    """Raise an error unless it says that there is no such resource."""
    if error.response["Error"]["Code"] not in ABSENT_CODES:
        raise error
