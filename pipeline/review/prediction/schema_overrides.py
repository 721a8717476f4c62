"""Overrides where the registry schemas are wrong about replacement, each with its source.

Sources: "guide" is the CloudFormation template reference ("Update requires"), "cdk" is
@aws-cdk/aws-service-spec 0.1.216, "specification" the resource specification 186.0.0 of 2024, "recorded" a
change set that AWS itself made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.evaluation.values import ABSENT, NoValue, Value, at, listed, plain

Requires: TypeAlias = Literal["Always", "Conditionally", "Never"]
Decide: TypeAlias = "Callable[[Value | NoValue, Value | NoValue], Requires]"


@dataclass(frozen=True)
class Ruling:
    """What a property's change requires, whatever the schema says; `fails` tells why AWS refuses it."""

    decide: Decide
    source: str
    fails: str = ""


def always(_before: Value | NoValue, _after: Value | NoValue) -> Requires:
    """Replace, whatever the values."""
    return "Always"


def conditionally(_before: Value | NoValue, _after: Value | NoValue) -> Requires:
    """Replace or not: only the service knows."""
    return "Conditionally"


def never(_before: Value | NoValue, _after: Value | NoValue) -> Requires:
    """Change in place, or not at all."""
    return "Never"


def unless_only_added(before: Value | NoValue, after: Value | NoValue) -> Requires:
    """Attributes may be declared or dropped in place; one that changes its type may take the table along."""
    old, new = attribute_types(before), attribute_types(after)
    retyped = any(name in new and kind != new[name] for name, kind in old.items())
    return "Conditionally" if retyped else "Never"


def attribute_types(definitions: Value | NoValue) -> dict[str | None, str | None]:
    """The types of a table's attributes, by name."""
    return {
        plain(at(each, "AttributeName")): plain(at(each, "AttributeType")) for each in listed(definitions)
    }


def unless_back_to_default(_before: Value | NoValue, after: Value | NoValue) -> Requires:
    """A VPC can leave dedicated tenancy in place, but not enter it."""
    return "Never" if after is ABSENT or plain(after) == "default" else "Always"


GUIDE_KEY = "guide: the value is fixed when the key is created, and an update to it fails"
KAFKA = "cdk, specification and guide: replacement where the consumer group changes; schema: in place"
NEWER = "schema since 2026: conditional; cdk does not know it yet"
NOT_SUPPORTED = 'guide of September 2023: "Updates are not supported."; schema: in place'
# What the guide says that of and the schema does not call create-only, by type and property.
FIXED: dict[str, dict[str, str]] = {
    "AWS::EC2::Volume": {
        "AvailabilityZone": "zone of a volume; make another from a snapshot of it",
        "Encrypted": "encryption of a volume; make another from a snapshot of it",
        "KmsKeyId": "key of a volume; make another from a snapshot of it",
        "SnapshotId": "snapshot that a volume was made from; make another volume",
    },
    "AWS::Organizations::Account": {
        "AccountName": "name of an account",
        "Email": "address of an account's root user",
        "RoleName": "role of an account for its administrators",
    },
    "AWS::CodeStar::GitHubRepository": dict.fromkeys(
        (
            "Code",
            "EnableIssues",
            "IsPrivate",
            "RepositoryAccessToken",
            "RepositoryDescription",
            "RepositoryName",
            "RepositoryOwner",
        ),
        "repository; change it at GitHub",
    ),
}

RULINGS: dict[tuple[str, str], Ruling] = {
    **{
        (resource_type, name): Ruling(never, NOT_SUPPORTED, f"AWS does not update the {what}")
        for resource_type, properties in FIXED.items()
        for name, what in properties.items()
    },
    ("AWS::DynamoDB::Table", "KeySchema"): Ruling(
        always, "cdk, specification, guide and a recorded change set; schema: conditional"
    ),
    ("AWS::DynamoDB::Table", "AttributeDefinitions"): Ruling(
        unless_only_added, "guide and a recorded change set; schema: in place"
    ),
    ("AWS::EC2::EIP", "Domain"): Ruling(conditionally, "cdk, specification and guide: replacement"),
    ("AWS::EC2::VPC", "InstanceTenancy"): Ruling(unless_back_to_default, "guide"),
    ("AWS::Events::Rule", "EventBusName"): Ruling(conditionally, NEWER),
    ("AWS::KMS::Key", "KeySpec"): Ruling(never, GUIDE_KEY, "the specification of a key cannot be changed"),
    ("AWS::KMS::Key", "KeyUsage"): Ruling(never, GUIDE_KEY, "the usage of a key cannot be changed"),
    ("AWS::KMS::Key", "MultiRegion"): Ruling(
        never, GUIDE_KEY, "a key cannot become multi-Region, or cease to be"
    ),
    ("AWS::KMS::Key", "Origin"): Ruling(never, GUIDE_KEY, "the origin of a key cannot be changed"),
    ("AWS::Lambda::EventSourceMapping", "AmazonManagedKafkaEventSourceConfig"): Ruling(conditionally, KAFKA),
    ("AWS::Lambda::EventSourceMapping", "SelfManagedKafkaEventSourceConfig"): Ruling(conditionally, KAFKA),
    ("AWS::Lambda::Function", "DurableConfig"): Ruling(conditionally, NEWER),
    ("AWS::RDS::DBInstance", "Port"): Ruling(
        conditionally, "cdk, specification and guide: replacement; schema: in place"
    ),
    ("AWS::RDS::DBInstance", "StorageType"): Ruling(never, "schema and guide; cdk: conditional"),
    ("AWS::Route53::RecordSet", "Name"): Ruling(
        always, "guide, specification and cdk: replacement; schema of 2026: in place, part of the identifier"
    ),
    ("AWS::S3::Bucket", "ObjectLockEnabled"): Ruling(
        conditionally, "cdk and guide: replacement; schema and specification: in place"
    ),
    ("AWS::SNS::Subscription", "Region"): Ruling(conditionally, NEWER),
}
