"""Stores: buckets and queues, and what an edit makes of each resource, in full."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, base, edited, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

BUCKET, QUEUE = "040", "048"
ENCRYPTION = "LedgerBucket/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault"
QUEUE_READERS = """
    PaymentQueuePolicy False (PolicyDocument,Queues) <PaymentQueue
    QueueMapping True ReplaceAndDelete (EventSourceArn!) <PaymentQueue
    QueueAgeAlarm False (Dimensions) <PaymentQueue
"""
RULES = "LedgerBucket/LifecycleConfiguration/Rules"

EDITS: dict[str, tuple[str, dict[str, Any], str]] = {
    "another key": (
        BUCKET,
        {f"{ENCRYPTION}/KMSMasterKeyID": "alias/ledger"},
        "LedgerBucket False (BucketEncryption)",
    ),
    "two keys": (
        BUCKET,
        {f"{ENCRYPTION}/SSEAlgorithm": "aws:kms:dsse"},
        "LedgerBucket False (BucketEncryption)",
    ),
    "the key of AWS": (
        BUCKET,
        {f"{ENCRYPTION}/KMSMasterKeyID": GONE},
        "LedgerBucket False (BucketEncryption) ENCRYPTION_LOSS",
    ),
    "notifications": (
        BUCKET,
        {"LedgerBucket/NotificationConfiguration": {"EventBridgeConfiguration": {}}},
        "LedgerBucket False (NotificationConfiguration)",
    ),
    "a rule off": (BUCKET, {f"{RULES}/0/Status": "Disabled"}, "LedgerBucket False (LifecycleConfiguration)"),
    "old versions expire": (
        BUCKET,
        {f"{RULES}/0/NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
        "LedgerBucket False (LifecycleConfiguration) DATA_EXPIRY",
    ),
    "another rule expires": (
        BUCKET,
        {f"{RULES}/+": {"Id": "x", "Status": "Enabled", "ExpirationInDays": 90}},
        "LedgerBucket False (LifecycleConfiguration) DATA_EXPIRY",
    ),
    "no rules": (
        BUCKET,
        {"LedgerBucket/LifecycleConfiguration": GONE},
        "LedgerBucket False (LifecycleConfiguration)",
    ),
    "a name made up": (
        BUCKET,
        {"LedgerBucket/BucketName": GONE},
        """LedgerBucket True ReplaceAndRetain (BucketName!) STATEFUL_REPLACEMENT
           LedgerBucketPolicy True ReplaceAndDelete (Bucket!,PolicyDocument) <LedgerBucket
           LedgerPolicy False (PolicyDocument) <LedgerBucket""",
    ),
    "ACLs count again": (
        BUCKET,
        {"LedgerBucket/OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
        "LedgerBucket False (OwnershipControls)",
    ),
    "ACLs no longer blocked": (
        BUCKET,
        {"LedgerBucket/PublicAccessBlockConfiguration/IgnorePublicAcls": False},
        "LedgerBucket False (PublicAccessBlockConfiguration) PUBLIC_EXPOSURE",
    ),
    "tagged": (BUCKET, {"LedgerBucket/Tags": [{"Key": "a", "Value": "b"}]}, "LedgerBucket False (Tags)"),
    "not kept": (
        BUCKET,
        {"LedgerBucket.DeletionPolicy": "Delete"},
        "LedgerBucket False (DeletionPolicy) PROTECTION_LOSS",
    ),
    "queue encrypted by SQS": (
        QUEUE,
        {"PaymentQueue/KmsMasterKeyId": GONE, "PaymentQueue/SqsManagedSseEnabled": True},
        "PaymentQueue False (KmsMasterKeyId,SqsManagedSseEnabled) ENCRYPTION_LOSS",
    ),
    "key kept for longer": (
        QUEUE,
        {"PaymentQueue/KmsDataKeyReusePeriodSeconds": 3600},
        "PaymentQueue False (KmsDataKeyReusePeriodSeconds)",
    ),
    "fewer attempts": (
        QUEUE,
        {"PaymentQueue/RedrivePolicy/maxReceiveCount": 1},
        "PaymentQueue False (RedrivePolicy)",
    ),
    "seen sooner": (QUEUE, {"PaymentQueue/VisibilityTimeout": 30}, "PaymentQueue False (VisibilityTimeout)"),
    "duplicates by content no more": (
        QUEUE,
        {"PaymentQueue/ContentBasedDeduplication": False},
        "PaymentQueue False (ContentBasedDeduplication)",
    ),
    "a name made up for the queue": (
        QUEUE,
        {"PaymentQueue/QueueName": GONE},
        "PaymentQueue True ReplaceAndDelete (QueueName!) STATEFUL_REPLACEMENT" + QUEUE_READERS,
    ),
    "a standard queue under a new name": (
        QUEUE,
        {"PaymentQueue/QueueName": "events", "PaymentQueue/FifoQueue": False},
        "PaymentQueue True ReplaceAndDelete (FifoQueue!,QueueName!) STATEFUL_REPLACEMENT" + QUEUE_READERS,
    ),
    "queue removed": (
        QUEUE,
        {"PaymentQueue": GONE, "PaymentQueuePolicy": GONE, "QueueMapping": GONE, "QueueAgeAlarm": GONE},
        """PaymentQueue Remove Delete STATEFUL_DELETION
           PaymentQueuePolicy Remove Delete
           QueueMapping Remove Delete
           QueueAgeAlarm Remove Delete""",
    ),
    "nothing read": (
        QUEUE,
        {"QueueMapping/Enabled": False},
        "QueueMapping False (Enabled) AVAILABILITY_LOSS",
    ),
    "read by another": (QUEUE, {"QueueMapping/FunctionName": "other"}, "QueueMapping False (FunctionName)"),
    "dead letters replaced": (
        QUEUE,
        {"PaymentDlq/QueueName": "dead.fifo"},
        """PaymentDlq True ReplaceAndDelete (QueueName!) STATEFUL_REPLACEMENT
           PaymentQueue False (RedrivePolicy) <PaymentDlq""",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    case, edits, wanted = EDITS[name]
    old = base(case)

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits)))
