"""Mixed: several edits of a database, table, bucket or queue at once, some of which do harm, in full."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, base, edited, reviewed
from tests.pipeline.review.test_verdicts_databases import TABLE_READERS, maybe, replaced
from tests.pipeline.review.verdicts import expected, verdicts

DATABASE, TABLE, BUCKET, QUEUE = "004", "024", "040", "048"
EMPTY, KEPT = "STATEFUL_REPLACEMENT", "PROTECTION_LOSS DELETE_FAILS"
CLEAR = f"{EMPTY} ENCRYPTION_LOSS"

RELEASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "database: larger, and no longer protected": (
        DATABASE,
        {
            "PaymentsDb/DBInstanceClass": "db.m6g.xlarge",
            "PaymentsDb/DeletionProtection": False,
            "DbCpuAlarm/Threshold": 70,
        },
        """PaymentsDb False (DBInstanceClass,DeletionProtection) INTERRUPTION PROTECTION_LOSS
           DbCpuAlarm False (Threshold)""",
    ),
    "database: key by its alias, everything else as it was": (
        DATABASE,
        {"PaymentsDb/KmsKeyId": "alias/payments", "PaymentsKey/Description": "x"},
        f"{replaced('KmsKeyId')}\nPaymentsKey False (Description)",
    ),
    "database: protection off and removed": (
        DATABASE,
        {
            "PaymentsDb": GONE,
            "DbSecretAttachment": GONE,
            "DbProxyTargets": GONE,
            "DbCpuAlarm": GONE,
            "Outputs/DbEndpoint": GONE,
        },
        """PaymentsDb Remove Snapshot STATEFUL_DELETION DELETE_FAILS
           DbSecretAttachment Remove Delete
           DbProxyTargets Remove Delete
           DbCpuAlarm Remove Delete""",
    ),
    "database: a replica": (
        DATABASE,
        {
            "Replica": {
                "Type": "AWS::RDS::DBInstance",
                "Properties": {
                    "SourceDBInstanceIdentifier": {"Ref": "PaymentsDb"},
                    "DBInstanceClass": "db.m6g.large",
                },
            }
        },
        "Replica Add",
    ),
    "database: parameters and alarm": (
        DATABASE,
        {"DbParams/Parameters/log_min_duration_statement": "500", "DbCpuAlarm/ActionsEnabled": False},
        "DbParams False (Parameters) INTERRUPTION\nDbCpuAlarm False (ActionsEnabled) MONITORING_LOSS",
    ),
    "database: family of the parameters": (
        DATABASE,
        {
            "DbParams/Family": "postgres17",
            "PaymentsDb/EngineVersion": "17.1",
            "PaymentsDb/AllowMajorVersionUpgrade": True,
        },
        (
            """DbParams True ReplaceAndDelete (Family!)
           PaymentsDb Conditional ReplaceAndSnapshot """
            "(AllowMajorVersionUpgrade,DBParameterGroupName?,EngineVersion) "
            "STATEFUL_REPLACEMENT INTERRUPTION <DbParams"
        ),
    ),
    "database: one zone, no backups": (
        DATABASE,
        {"PaymentsDb/MultiAZ": False, "PaymentsDb/BackupRetentionPeriod": 0},
        maybe("BackupRetentionPeriod?,MultiAZ", "AVAILABILITY_LOSS", "BACKUP_LOSS"),
    ),
    "database: an alarm more and one by another name": (
        DATABASE,
        {
            "DbCpuAlarm/AlarmName": "cpu",
            "DbSpace": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "FreeStorageSpace"}},
        },
        "DbCpuAlarm True ReplaceAndDelete (AlarmName!)\nDbSpace Add",
    ),
    "table: recovery off, deletion allowed, an index dropped": (
        TABLE,
        {
            "TransactionsTable/PointInTimeRecoverySpecification": GONE,
            "TransactionsTable/DeletionProtectionEnabled": False,
            "TransactionsTable/GlobalSecondaryIndexes": GONE,
        },
        (
            "TransactionsTable False "
            "(DeletionProtectionEnabled,GlobalSecondaryIndexes,PointInTimeRecoverySpecification) "
            "BACKUP_LOSS PROTECTION_LOSS"
        ),
    ),
    "table: another key and no encryption": (
        TABLE,
        {
            "TransactionsTable/KeySchema/0/AttributeName": "merchant",
            "TransactionsTable/SSESpecification": GONE,
        },
        f"""TransactionsTable True ReplaceAndRetain (KeySchema!,SSESpecification) {EMPTY} ENCRYPTION_LOSS
            {TABLE_READERS}""",
    ),
    "table: named, and nothing keeps the old one": (
        TABLE,
        {"TransactionsTable/TableName": "tx", "TransactionsTable.UpdateReplacePolicy": "Delete"},
        f"""TransactionsTable True ReplaceAndDelete (TableName!,UpdateReplacePolicy) {EMPTY} {KEPT}
            {TABLE_READERS}""",
    ),
    "table: read by another function, which may write": (
        TABLE,
        {
            "LedgerFn/FunctionName": "ledger",
            "LedgerPolicy/PolicyDocument/Statement/0/Action/+": "dynamodb:DeleteItem",
        },
        """LedgerFn True ReplaceAndDelete (FunctionName!)
           StreamMapping False (FunctionName) <LedgerFn
           LedgerPolicy False (PolicyDocument) IAM_WIDENING""",
    ),
    "bucket: versions off, objects expire, anyone reads": (
        BUCKET,
        {
            "LedgerBucket/VersioningConfiguration/Status": "Suspended",
            "LedgerBucket/LifecycleConfiguration/Rules/0/ExpirationInDays": 30,
            "LedgerBucketPolicy/PolicyDocument/Statement/1/Principal": {"AWS": "*"},
        },
        """LedgerBucket False (LifecycleConfiguration,VersioningConfiguration) PROTECTION_LOSS DATA_EXPIRY
           LedgerBucketPolicy False (PolicyDocument) IAM_WIDENING PUBLIC_EXPOSURE""",
    ),
    "bucket: renamed with all that reads it": (
        BUCKET,
        {"LedgerBucket/BucketName": "acme-payments-ledger-2", "LedgerBucket/BucketEncryption": GONE},
        f"""LedgerBucket True ReplaceAndRetain (BucketEncryption,BucketName!) {EMPTY} ENCRYPTION_LOSS
           LedgerBucketPolicy True ReplaceAndDelete (Bucket!,PolicyDocument) <LedgerBucket
           LedgerPolicy False (PolicyDocument) <LedgerBucket""",
    ),
    "bucket: public access half let in": (
        BUCKET,
        {"LedgerBucket/PublicAccessBlockConfiguration/RestrictPublicBuckets": False},
        "LedgerBucket False (PublicAccessBlockConfiguration) PUBLIC_EXPOSURE",
    ),
    "queue: renamed and in the clear": (
        QUEUE,
        {
            "PaymentQueue/QueueName": "events.fifo",
            "PaymentQueue/KmsMasterKeyId": GONE,
            "PaymentQueue/SqsManagedSseEnabled": False,
        },
        f"""PaymentQueue True ReplaceAndDelete (KmsMasterKeyId,QueueName!,SqsManagedSseEnabled) {CLEAR}
           PaymentQueuePolicy False (PolicyDocument,Queues) <PaymentQueue
           QueueMapping True ReplaceAndDelete (EventSourceArn!) <PaymentQueue
           QueueAgeAlarm False (Dimensions) <PaymentQueue""",
    ),
    "queue: dead letters to another, read by another, for longer": (
        QUEUE,
        {"PaymentDlq/QueueName": "dead.fifo", "QueueMapping/BatchSize": 1, "ProcessorFn/Timeout": 30},
        """PaymentDlq True ReplaceAndDelete (QueueName!) STATEFUL_REPLACEMENT
           PaymentQueue False (RedrivePolicy) <PaymentDlq
           QueueMapping False (BatchSize)
           ProcessorFn False (Timeout)""",
    ),
    "queue: a function by another logical id": (
        QUEUE,
        {
            "ProcessorFn": GONE,
            "Processor": base(QUEUE)["Resources"]["ProcessorFn"],
            "QueueMapping/FunctionName": {"Ref": "Processor"},
        },
        "ProcessorFn Remove Delete\nProcessor Add\nQueueMapping False (FunctionName) <Processor",
    ),
}


@pytest.mark.parametrize("name", RELEASES)
def test_release(name: str) -> None:
    case, edits, wanted = RELEASES[name]
    old = base(case)

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits)))
