"""Schemas: the table of replacement is that of the installed cfn-lint, and is corrected where it is wrong."""

from __future__ import annotations

import json

import pytest

from pipeline.evaluation.values import ABSENT, NoValue, Value
from pipeline.review.prediction import schemas
from pipeline.review.prediction.compare import Difference
from pipeline.review.prediction.replacement import required, touches
from pipeline.review.prediction.schema_overrides import RULINGS


def test_the_table_is_that_of_the_installed_cfn_lint() -> None:
    """Run `python -m pipeline.review.prediction.schemas` after an upgrade, and read what it changes."""
    assert json.loads(schemas.rendered(schemas.collected())) == schemas.table()


def test_an_unknown_type_is_told_apart_from_one_without_entries() -> None:
    assert schemas.schema("AWS::Nothing::AtAll") is None
    assert schemas.schema("AWS::SQS::QueuePolicy") == schemas.Schema()


RULED = [
    ("AWS::RDS::DBInstance", "Port", 1, 2, "Conditionally"),
    ("AWS::RDS::DBInstance", "StorageType", "gp2", "gp3", "Never"),
    ("AWS::RDS::DBInstance", "BackupRetentionPeriod", 14, 35, "Conditionally"),
    ("AWS::RDS::DBInstance", "DBName", "a", "b", "Always"),
    ("AWS::RDS::DBCluster", "AvailabilityZones", ["a"], ["b"], "Conditionally"),
    ("AWS::DynamoDB::Table", "KeySchema", [], ["x"], "Always"),
    ("AWS::DynamoDB::Table", "LocalSecondaryIndexes", [], ["x"], "Never"),
    ("AWS::DynamoDB::Table", "TableName", "a", ABSENT, "Always"),
    ("AWS::S3::Bucket", "ObjectLockEnabled", ABSENT, True, "Conditionally"),
    ("AWS::EC2::EIP", "Domain", "vpc", "standard", "Conditionally"),
    ("AWS::EC2::VPC", "InstanceTenancy", "default", "dedicated", "Always"),
    ("AWS::EC2::VPC", "InstanceTenancy", "dedicated", "default", "Never"),
    ("AWS::KMS::Key", "KeyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY", "Never"),
    ("AWS::Lambda::Function", "PackageType", "Zip", "Image", "Always"),
    ("AWS::Lambda::Function", "DurableConfig", ABSENT, {}, "Conditionally"),
    ("AWS::Lambda::EventSourceMapping", "SelfManagedKafkaEventSourceConfig", {}, {"a": "b"}, "Conditionally"),
    ("AWS::Lambda::EventSourceMapping", "StartingPosition", "LATEST", "TRIM_HORIZON", "Always"),
    ("AWS::SNS::Subscription", "Region", "a", "b", "Conditionally"),
    ("AWS::Events::Rule", "EventBusName", "a", "b", "Conditionally"),
    ("Custom::Anything", "Anything", "a", "b", "Conditionally"),
    ("Company::Own::Type", "Anything", "a", "b", "Conditionally"),
]


@pytest.mark.parametrize(("kind", "name", "before", "after", "expected"), RULED)
def test_ruling(kind: str, name: str, before: Value | NoValue, after: Value | NoValue, expected: str) -> None:
    assert expected == required(kind, before, after, [Difference(name, before, after)])


def test_every_ruling_names_its_source() -> None:
    assert all(ruling.source for ruling in RULINGS.values())


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("A/B", 1, 2, True),
        ("A/B/C", 1, 2, True),
        ("A/C", 1, 2, False),
        ("A", {"B": 1}, ABSENT, True),
        ("A", {"C": 1}, ABSENT, False),
        ("A", ABSENT, {"B": 1, "C": 1}, True),
        ("D", 1, 2, False),
    ],
)
def test_a_difference_touches_what_is_at_or_below_it(
    path: str, before: Value | NoValue, after: Value | NoValue, expected: bool
) -> None:
    assert expected is touches(Difference(path, before, after), "A/B")


def test_any_item_of_a_list_may_be_meant() -> None:
    assert touches(Difference("A/3/B", 1, 2), "A/*/B")
    assert touches(Difference("A/3", ABSENT, {"B": 1}), "A/*/B")
    assert not touches(Difference("A/3/C", 1, 2), "A/*/B")
