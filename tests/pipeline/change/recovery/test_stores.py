"""Resources that outlive a stack are found by name, with the data in them, and deleted."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from pipeline.change.recovery.stores import BackupVaults, Stores, stores

NAME = "payment-example-dev"
# No stand-in for AWS Backup lists recovery points.
VAULT = "AWS::Backup::BackupVault"
Fill = Callable[[boto3.Session], object]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An account in this process."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody")
    with mock_aws():
        yield boto3.Session(region_name="us-east-1")


def create(session: boto3.Session) -> None:
    """Create an empty resource of each type, under the same name."""
    untyped: Any = session
    session.client("dynamodb").create_table(
        TableName=NAME,
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    session.client("s3").create_bucket(Bucket=NAME)
    session.client("sqs").create_queue(QueueName=NAME)
    session.client("secretsmanager").create_secret(Name=NAME)
    untyped.client("logs").create_log_group(logGroupName=NAME)
    untyped.client("backup").create_backup_vault(BackupVaultName=NAME)
    untyped.client("rds").create_db_instance(
        DBInstanceIdentifier=NAME,
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        AllocatedStorage=100,
        MasterUsername="master",
        MasterUserPassword="not-a-secret",
        DeletionProtection=True,
    )


def fill_queue(session: boto3.Session) -> object:
    client = session.client("sqs")
    return client.send_message(QueueUrl=client.get_queue_url(QueueName=NAME)["QueueUrl"], MessageBody="{}")


FILL: dict[str, Fill] = {
    "AWS::DynamoDB::Table": lambda session: session.client("dynamodb").put_item(
        TableName=NAME, Item={"Id": {"S": "1"}}
    ),
    "AWS::S3::Bucket": lambda session: session.client("s3").put_object(
        Bucket=NAME, Key="a", Body=io.BytesIO(b"a")
    ),
    "AWS::SQS::Queue": fill_queue,
    "AWS::SecretsManager::Secret": lambda session: session.client("secretsmanager").put_secret_value(
        SecretId=NAME, SecretString="sk_test"
    ),
}
TYPES = sorted(stores(boto3.Session("nobody", "nobody", region_name="us-east-1")))


@pytest.fixture
def found(session: boto3.Session) -> Stores:
    """The stores of an account that has a resource of each type."""
    create(session)
    return stores(session)


@pytest.mark.parametrize("kind", TYPES)
def test_what_does_not_exist_is_not_found(session: boto3.Session, kind: str) -> None:
    assert stores(session)[kind].find(NAME) is None


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != VAULT])
def test_an_empty_resource_is_deleted_and_its_name_is_free(
    session: boto3.Session, found: Stores, kind: str
) -> None:
    existing = found[kind].find(NAME)
    assert existing is not None
    assert existing.contents == ""

    found[kind].unprotect(NAME)
    found[kind].delete(NAME)

    assert stores(session)[kind].find(NAME) is None


@pytest.mark.parametrize("kind", FILL)
def test_data_is_seen(session: boto3.Session, found: Stores, kind: str) -> None:
    FILL[kind](session)

    existing = found[kind].find(NAME)

    assert existing is not None
    assert existing.contents != ""


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::RDS::DBInstance"])
def test_protection_is_seen_and_turned_off(found: Stores, kind: str) -> None:
    def is_protected() -> bool:
        existing = found[kind].find(NAME)
        assert existing is not None
        return existing.protected

    assert is_protected()
    found[kind].unprotect(NAME)
    assert not is_protected()


def test_a_database_is_deleted_with_a_final_snapshot(session: boto3.Session, found: Stores) -> None:
    untyped: Any = session
    store = found["AWS::RDS::DBInstance"]

    store.unprotect(NAME)
    store.delete(NAME)

    snapshots = untyped.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert NAME in [snapshot["DBInstanceIdentifier"] for snapshot in snapshots]


def test_a_secret_that_is_scheduled_for_deletion_still_has_its_name(
    session: boto3.Session, found: Stores
) -> None:
    store = found["AWS::SecretsManager::Secret"]
    session.client("secretsmanager").delete_secret(SecretId=NAME, RecoveryWindowInDays=30)

    existing = store.find(NAME)
    assert existing is not None
    assert existing.note.startswith("scheduled for deletion on ")
    store.delete(NAME)

    assert store.find(NAME) is None


def test_another_log_group_whose_name_begins_alike_is_not_found(session: boto3.Session) -> None:
    untyped: Any = session
    untyped.client("logs").create_log_group(logGroupName=f"{NAME}-2")

    assert stores(session)["AWS::Logs::LogGroup"].find(NAME) is None


class Vaults:
    """A vault with recovery points, or an error."""

    def __init__(self, code: str = "", points: tuple[str, ...] = ()) -> None:
        self.code = code
        self.points = points
        self.deleted: list[str] = []

    def describe_backup_vault(self, **_parameters: str) -> None:
        """Return nothing, or raise the error."""
        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": ""}}, "DescribeBackupVault")

    def list_recovery_points_by_backup_vault(self, **_parameters: object) -> dict[str, list[str]]:
        """Return the recovery points."""
        return {"RecoveryPoints": list(self.points)}

    def delete_backup_vault(self, BackupVaultName: str) -> None:  # noqa: N803 # the API's own name
        """Note the deletion."""
        self.deleted.append(BackupVaultName)


def test_an_empty_vault_is_deleted() -> None:
    client = Vaults()
    store = BackupVaults(client)

    existing = store.find(NAME)
    store.delete(NAME)

    assert existing is not None
    assert existing.contents == ""
    assert client.deleted == [NAME]


def test_a_recovery_point_is_data() -> None:
    existing = BackupVaults(Vaults(points=("one",))).find(NAME)

    assert existing is not None
    assert existing.contents == "recovery points"


def test_a_vault_that_does_not_exist_is_answered_as_a_refusal() -> None:
    assert BackupVaults(Vaults("AccessDeniedException")).find(NAME) is None


def test_another_error_is_no_absence() -> None:
    with pytest.raises(ClientError):
        BackupVaults(Vaults("ThrottlingException")).find(NAME)
