"""Copies of audit objects in another region, where a bucket for them is given."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.templates.data_layer import RESOURCES, TEMPLATE, arn, properties, ref, statements
from tests.templates.rendered import TEMPLATES

(CONDITION, REPLICATION, OTHERWISE) = properties("AuditBucket")["ReplicationConfiguration"]["Fn::If"]
(RULE,) = REPLICATION["Rules"]

BUCKET = "arn:aws:s3:::payment-audit-replica"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000"


def evaluated(rule: Any, parameters: dict[str, str]) -> Any:
    """What CloudFormation makes of `rule` with `parameters`."""
    if isinstance(rule, str):
        return rule
    ((function, given),) = rule.items()
    if function == "Ref":
        return parameters[given]
    values = [evaluated(each, parameters) for each in given]
    if function == "Fn::Equals":
        return values[0] == values[1]
    if function == "Fn::Not":
        return not values[0]
    return {"Fn::And": all, "Fn::Or": any}[function](values)


def test_nothing_is_copied_unless_a_bucket_is_given() -> None:
    assert {"Ref": "AWS::NoValue"} == OTHERWISE
    assert {"Fn::Not": [{"Fn::Equals": [ref("AuditReplicaBucketArn"), ""]}]} == TEMPLATE["Conditions"][
        CONDITION
    ]


@pytest.mark.parametrize("name", ["AuditReplicationRole", "AuditReplicationPolicy"])
def test_there_is_no_role_for_copies_that_are_not_made(name: str) -> None:
    assert CONDITION == RESOURCES[name]["Condition"]


def test_everything_is_copied_but_deletions() -> None:
    assert ("Enabled", {"Prefix": ""}) == (RULE["Status"], RULE["Filter"])
    assert {"Status": "Disabled"} == RULE["DeleteMarkerReplication"]


def test_copies_are_encrypted_under_the_key_that_is_given() -> None:
    """Without the selection, S3 leaves out whatever is under a KMS key."""
    assert {"SseKmsEncryptedObjects": {"Status": "Enabled"}} == RULE["SourceSelectionCriteria"]
    assert ref("AuditReplicaBucketArn") == RULE["Destination"]["Bucket"]
    assert {"ReplicaKmsKeyID": ref("AuditReplicaKeyArn")} == RULE["Destination"]["EncryptionConfiguration"]


def test_a_copy_that_fails_is_seen() -> None:
    assert {"Status": "Enabled"} == RULE["Destination"]["Metrics"]


def test_the_role_reads_the_audit_bucket_and_writes_the_other_and_no_more() -> None:
    granted = statements("AuditReplicationPolicy")
    source, replica = [
        [{"Fn::Sub": ["${Arn}/*", {"Arn": of}]}] for of in (arn("AuditBucket"), ref("AuditReplicaBucketArn"))
    ]

    assert [arn("AuditBucket")] == granted["FindVersions"]["Resource"]
    assert source == granted["ReadVersions"]["Resource"]
    assert replica == granted["WriteReplicas"]["Resource"]
    assert ["s3:ReplicateObject", "s3:ReplicateTags"] == granted["WriteReplicas"]["Action"]
    assert {"FindVersions", "ReadVersions", "WriteReplicas", "Decrypt", "EncryptReplicas"} == set(granted)


def test_locks_are_copied_too() -> None:
    read = statements("AuditReplicationPolicy")["ReadVersions"]["Action"]

    assert {"s3:GetObjectRetention", "s3:GetObjectLegalHold"} <= set(read)


def test_the_role_uses_keys_through_s3_alone() -> None:
    granted = statements("AuditReplicationPolicy")
    region = {"Fn::Select": [3, {"Fn::Split": [":", ref("AuditReplicaKeyArn")]}]}

    decrypt, encrypt = granted["Decrypt"], granted["EncryptReplicas"]
    assert (["kms:Decrypt"], [ref("AuditKeyArn")]) == (decrypt["Action"], decrypt["Resource"])
    assert (["kms:Encrypt"], [ref("AuditReplicaKeyArn")]) == (encrypt["Action"], encrypt["Resource"])
    assert {"kms:ViaService": [{"Fn::Sub": "s3.${AWS::Region}.amazonaws.com"}]} == decrypt["Condition"][
        "StringEquals"
    ]
    assert {"kms:ViaService": {"Fn::Sub": ["s3.${Region}.amazonaws.com", {"Region": region}]}} == encrypt[
        "Condition"
    ]["StringEquals"]


@pytest.mark.parametrize(
    ("bucket", "key", "accepted"),
    [("", "", True), (BUCKET, KEY, True), (BUCKET, "", False), ("", KEY, False)],
)
def test_a_bucket_without_a_key_is_refused_before_anything_is_made(
    bucket: str, key: str, accepted: bool
) -> None:
    template = TEMPLATES["Root"]
    (assertion,) = template["Rules"]["AuditReplicaIsWhole"]["Assertions"]
    given = {"AuditReplicaBucketArn": bucket, "AuditReplicaKeyArn": key}

    for name, value in given.items():
        assert re.fullmatch(template["Parameters"][name]["AllowedPattern"], value)
    assert accepted is evaluated(assertion["Assert"], given)
