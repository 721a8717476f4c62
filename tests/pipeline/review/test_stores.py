"""Stores: tables, buckets and queues, and what reads from them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, base, edited, lines, reviewed, told

TABLE, BUCKET, QUEUE = "024", "040", "048"
TABLE_REPLACED = """
    TransactionsTable True STATEFUL_REPLACEMENT
    LedgerFn False
    LedgerPolicy False
    StreamMapping True
"""
QUEUE_REPLACED = """
    PaymentQueue True STATEFUL_REPLACEMENT
    PaymentQueuePolicy False
    QueueMapping True
    QueueAgeAlarm False
"""
AUDITOR = "LedgerBucketPolicy/PolicyDocument/Statement/1"
FROM_TOPIC = "PaymentQueuePolicy/PolicyDocument/Statement/0"

EDITS: dict[str, tuple[str, dict[str, Any], str]] = {
    "table named": (TABLE, {"TransactionsTable/TableName": "x"}, TABLE_REPLACED),
    "billing": (TABLE, {"TransactionsTable/BillingMode": "PROVISIONED"}, "TransactionsTable False"),
    "class": (TABLE, {"TransactionsTable/TableClass": "STANDARD"}, "TransactionsTable False"),
    "index added": (
        TABLE,
        {"TransactionsTable/GlobalSecondaryIndexes/+": {"IndexName": "b", "KeySchema": []}},
        "TransactionsTable False",
    ),
    "index dropped": (TABLE, {"TransactionsTable/GlobalSecondaryIndexes": GONE}, "TransactionsTable False"),
    "index renamed": (
        TABLE,
        {"TransactionsTable/GlobalSecondaryIndexes/0/IndexName": "x"},
        "TransactionsTable False UPDATE_FAILS",
    ),
    "index with another key": (
        TABLE,
        {"TransactionsTable/GlobalSecondaryIndexes/0/KeySchema/0/AttributeName": "x"},
        "TransactionsTable False UPDATE_FAILS",
    ),
    "index with another projection": (
        TABLE,
        {"TransactionsTable/GlobalSecondaryIndexes/0/Projection/ProjectionType": "KEYS_ONLY"},
        "TransactionsTable False UPDATE_FAILS",
    ),
    "local index": (
        TABLE,
        {"TransactionsTable/LocalSecondaryIndexes": [{"IndexName": "x"}]},
        "TransactionsTable False UPDATE_FAILS",
    ),
    "attribute of another type": (
        TABLE,
        {"TransactionsTable/AttributeDefinitions/1/AttributeType": "N"},
        "TransactionsTable Conditional STATEFUL_REPLACEMENT",
    ),
    "attribute more": (
        TABLE,
        {"TransactionsTable/AttributeDefinitions/+": {"AttributeName": "z", "AttributeType": "S"}},
        "TransactionsTable False",
    ),
    "stream dropped": (TABLE, {"TransactionsTable/StreamSpecification": GONE}, "TransactionsTable False"),
    "protection off": (
        TABLE,
        {"TransactionsTable/DeletionProtectionEnabled": False},
        "TransactionsTable False PROTECTION_LOSS",
    ),
    "protection left out": (
        TABLE,
        {"TransactionsTable/DeletionProtectionEnabled": GONE},
        "TransactionsTable False PROTECTION_LOSS",
    ),
    "encryption left out": (
        TABLE,
        {"TransactionsTable/SSESpecification": GONE},
        "TransactionsTable False ENCRYPTION_LOSS",
    ),
    "key left out": (
        TABLE,
        {"TransactionsTable/SSESpecification/KMSMasterKeyId": GONE},
        "TransactionsTable False ENCRYPTION_LOSS",
    ),
    "another key": (
        TABLE,
        {"TransactionsTable/SSESpecification/KMSMasterKeyId": "alias/other"},
        "TransactionsTable False",
    ),
    "recovery left out": (
        TABLE,
        {"TransactionsTable/PointInTimeRecoverySpecification": GONE},
        "TransactionsTable False BACKUP_LOSS",
    ),
    "items expire": (
        TABLE,
        {"TransactionsTable/TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True}},
        "TransactionsTable False DATA_EXPIRY",
    ),
    "table removed": (
        TABLE,
        {
            "TransactionsTable": GONE,
            "StreamMapping": GONE,
            "LedgerPolicy": GONE,
            "LedgerFn/Environment": GONE,
        },
        "TransactionsTable Remove ORPHAN\nStreamMapping Remove\nLedgerPolicy Remove\nLedgerFn False",
    ),
    "bucket renamed": (
        BUCKET,
        {"LedgerBucket/BucketName": "x"},
        "LedgerBucket True STATEFUL_REPLACEMENT\nLedgerBucketPolicy True\nLedgerPolicy False",
    ),
    "versions suspended": (
        BUCKET,
        {"LedgerBucket/VersioningConfiguration/Status": "Suspended"},
        "LedgerBucket False PROTECTION_LOSS",
    ),
    "versions left out": (
        BUCKET,
        {"LedgerBucket/VersioningConfiguration": GONE},
        "LedgerBucket False PROTECTION_LOSS",
    ),
    "public access let in": (
        BUCKET,
        {"LedgerBucket/PublicAccessBlockConfiguration/BlockPublicPolicy": False},
        "LedgerBucket False PUBLIC_EXPOSURE",
    ),
    "public access block left out": (
        BUCKET,
        {"LedgerBucket/PublicAccessBlockConfiguration": GONE},
        "LedgerBucket False PUBLIC_EXPOSURE",
    ),
    "public by ACL": (
        BUCKET,
        {"LedgerBucket/AccessControl": "PublicRead"},
        "LedgerBucket False PUBLIC_EXPOSURE",
    ),
    "bucket encryption left out": (
        BUCKET,
        {"LedgerBucket/BucketEncryption": GONE},
        "LedgerBucket False ENCRYPTION_LOSS",
    ),
    "bucket key": (
        BUCKET,
        {"LedgerBucket/BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled": True},
        "LedgerBucket False",
    ),
    "objects expire": (
        BUCKET,
        {"LedgerBucket/LifecycleConfiguration/Rules/0/ExpirationInDays": 30},
        "LedgerBucket False DATA_EXPIRY",
    ),
    "object lock": (
        BUCKET,
        {"LedgerBucket/ObjectLockEnabled": True},
        "LedgerBucket Conditional STATEFUL_REPLACEMENT",
    ),
    "plain HTTP no longer denied": (
        BUCKET,
        {"LedgerBucketPolicy/PolicyDocument/Statement/0": GONE},
        "LedgerBucketPolicy False ENCRYPTION_LOSS IAM_WIDENING",
    ),
    "plain HTTP denied for less": (
        BUCKET,
        {"LedgerBucketPolicy/PolicyDocument/Statement/0/Action": "s3:PutObject"},
        "LedgerBucketPolicy False ENCRYPTION_LOSS IAM_WIDENING",
    ),
    "auditor gone": (BUCKET, {AUDITOR: GONE}, "LedgerBucketPolicy False"),
    "auditor writes": (
        BUCKET,
        {f"{AUDITOR}/Action": ["s3:GetObject", "s3:PutObject"]},
        "LedgerBucketPolicy False IAM_WIDENING",
    ),
    "auditor's account": (
        BUCKET,
        {f"{AUDITOR}/Principal/AWS": "arn:aws:iam::444455556666:root"},
        "LedgerBucketPolicy False IAM_WIDENING",
    ),
    "policy removed": (
        BUCKET,
        {"LedgerBucketPolicy": GONE},
        "LedgerBucketPolicy Remove ENCRYPTION_LOSS IAM_WIDENING",
    ),
    "bucket and policy removed": (
        BUCKET,
        {"LedgerBucketPolicy": GONE, "LedgerBucket": GONE, "LedgerPolicy": GONE},
        "LedgerBucketPolicy Remove\nLedgerBucket Remove ORPHAN\nLedgerPolicy Remove",
    ),
    "queue no longer FIFO": (
        QUEUE,
        {"PaymentQueue/FifoQueue": GONE, "PaymentQueue/QueueName": "x"},
        QUEUE_REPLACED,
    ),
    "nowhere for failures": (
        QUEUE,
        {"PaymentQueue/RedrivePolicy": GONE},
        "PaymentQueue False AVAILABILITY_LOSS",
    ),
    "count as a string": (QUEUE, {"PaymentQueue/RedrivePolicy/maxReceiveCount": "5"}, ""),
    "other queue for failures": (
        QUEUE,
        {"PaymentDlq/QueueName": "y.fifo"},
        "PaymentDlq True STATEFUL_REPLACEMENT\nPaymentQueue False",
    ),
    "failures dropped earlier": (
        QUEUE,
        {"PaymentDlq/MessageRetentionPeriod": 86400},
        "PaymentDlq False DATA_EXPIRY",
    ),
    "queue under the key of AWS": (
        QUEUE,
        {"PaymentQueue/KmsMasterKeyId": "alias/aws/sqs"},
        "PaymentQueue False ENCRYPTION_LOSS",
    ),
    "queue without key": (QUEUE, {"PaymentQueue/KmsMasterKeyId": GONE}, "PaymentQueue False ENCRYPTION_LOSS"),
    "queue under another key": (QUEUE, {"PaymentQueue/KmsMasterKeyId": "alias/other"}, "PaymentQueue False"),
    "any topic may send": (
        QUEUE,
        {f"{FROM_TOPIC}/Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:*"}}},
        "PaymentQueuePolicy False IAM_WIDENING",
    ),
    "anyone may send": (
        QUEUE,
        {f"{FROM_TOPIC}/Condition": GONE, f"{FROM_TOPIC}/Principal": "*"},
        "PaymentQueuePolicy False IAM_WIDENING PUBLIC_EXPOSURE",
    ),
    "anyone may send by way of the topic": (
        QUEUE,
        {f"{FROM_TOPIC}/Principal": "*"},
        "PaymentQueuePolicy False IAM_WIDENING",
    ),
    "timeout as a string": (QUEUE, {"PaymentQueue/VisibilityTimeout": "300"}, ""),
    "batch": (QUEUE, {"QueueMapping/BatchSize": 5}, "QueueMapping False"),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit_of_a_store(name: str) -> None:
    case, edits, expected = EDITS[name]
    old = base(case)

    assert lines(expected) == told(reviewed(old, edited(old, edits)))


def test_queue_that_trades_its_own_encryption_for_a_key_loses_nothing() -> None:
    old = edited(
        base(QUEUE), {"PaymentQueue/KmsMasterKeyId": GONE, "PaymentQueue/SqsManagedSseEnabled": True}
    )

    assert lines("PaymentQueue False") == told(reviewed(old, base(QUEUE)))


def test_queue_encrypted_by_default_can_refuse_to_be() -> None:
    old = edited(base(QUEUE), {"PaymentQueue/KmsMasterKeyId": GONE})
    new = edited(old, {"PaymentQueue/SqsManagedSseEnabled": False})

    assert lines("PaymentQueue False ENCRYPTION_LOSS") == told(reviewed(old, new))
