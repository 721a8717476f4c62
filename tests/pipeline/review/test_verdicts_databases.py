"""Databases, tables and keys: what an edit makes of each resource, in full."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, Template, base, edited, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

DATABASE, TABLE = "004", "024"
READERS = """
    DbSecretAttachment False (TargetId) <PaymentsDb
    DbProxyTargets False (DBInstanceIdentifiers) <PaymentsDb
    DbCpuAlarm False (Dimensions) <PaymentsDb
"""
TABLE_READERS = """
    LedgerFn False (Environment) <TransactionsTable
    LedgerPolicy False (PolicyDocument) <TransactionsTable
    StreamMapping True ReplaceAndDelete (EventSourceArn!) <TransactionsTable
"""


def replaced(what: str, *risks: str) -> str:
    """The database replaced under the name that it has, with its readers."""
    kinds = " ".join(("STATEFUL_REPLACEMENT", "NAME_COLLISION", "DELETE_FAILS", *risks))
    return f"PaymentsDb True ReplaceAndSnapshot ({what}!) {kinds}\n{READERS}"


def maybe(what: str, *risks: str) -> str:
    """The database perhaps replaced."""
    return f"PaymentsDb Conditional ReplaceAndSnapshot ({what}?) {' '.join(('STATEFUL_REPLACEMENT', *risks))}"


def statement(**given: object) -> dict[str, Any]:
    """A resource policy of one statement."""
    return {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "dynamodb:GetItem", **given}]}}


GRANTED = statement(Principal={"AWS": "arn:aws:iam::444455556666:root"}, Resource="*")
NEW_KEY = {
    "Type": "AWS::KMS::Key",
    "Properties": base(DATABASE)["Resources"]["PaymentsKey"]["Properties"],
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
}

EDITS: dict[str, tuple[str, dict[str, Any], str]] = {
    # The instance
    "encrypted, as a string": (DATABASE, {"PaymentsDb/StorageEncrypted": "true"}, ""),
    "key no longer named": (
        DATABASE,
        {"PaymentsDb/KmsKeyId": GONE},
        replaced("KmsKeyId", "ENCRYPTION_LOSS"),
    ),
    "another character set": (
        DATABASE,
        {"PaymentsDb/CharacterSetName": "UTF8"},
        replaced("CharacterSetName"),
    ),
    "from another Region": (DATABASE, {"PaymentsDb/SourceRegion": "eu-west-2"}, replaced("SourceRegion")),
    "from a snapshot": (DATABASE, {"PaymentsDb/DBSnapshotIdentifier": "s"}, maybe("DBSnapshotIdentifier")),
    "to a point in time": (
        DATABASE,
        {"PaymentsDb/UseLatestRestorableTime": True},
        maybe("UseLatestRestorableTime"),
    ),
    "parameter group by name": (
        DATABASE,
        {"PaymentsDb/DBParameterGroupName": "other"},
        maybe("DBParameterGroupName", "INTERRUPTION"),
    ),
    "network type": (DATABASE, {"PaymentsDb/NetworkType": "DUAL"}, "PaymentsDb False (NetworkType)"),
    "storage grows by itself": (
        DATABASE,
        {"PaymentsDb/MaxAllocatedStorage": 500},
        "PaymentsDb False (MaxAllocatedStorage)",
    ),
    "more operations a second": (DATABASE, {"PaymentsDb/Iops": 6000}, "PaymentsDb False (Iops)"),
    "option group": (DATABASE, {"PaymentsDb/OptionGroupName": "x"}, "PaymentsDb False (OptionGroupName)"),
    "insights": (
        DATABASE,
        {"PaymentsDb/EnablePerformanceInsights": True},
        "PaymentsDb False (EnablePerformanceInsights)",
    ),
    "tags not copied": (
        DATABASE,
        {"PaymentsDb/CopyTagsToSnapshot": False},
        "PaymentsDb False (CopyTagsToSnapshot)",
    ),
    "password managed": (
        DATABASE,
        {"PaymentsDb/MasterUserPassword": GONE, "PaymentsDb/ManageMasterUserPassword": True},
        "PaymentsDb False (ManageMasterUserPassword,MasterUserPassword) CREDENTIAL_CHANGE",
    ),
    "in a cluster": (
        DATABASE,
        {"PaymentsDb/DBClusterIdentifier": "c"},
        replaced("DBClusterIdentifier"),
    ),
    "certificate": (
        DATABASE,
        {"PaymentsDb/CACertificateIdentifier": "rds-ca-rsa4096-g1"},
        "PaymentsDb False (CACertificateIdentifier) INTERRUPTION",
    ),
    "two edits, one of which replaces": (
        DATABASE,
        {"PaymentsDb/DBName": "x", "PaymentsDb/AllocatedStorage": "200"},
        replaced("AllocatedStorage,DBName"),
    ),
    "no name": (
        DATABASE,
        {"PaymentsDb/DBInstanceIdentifier": GONE},
        "PaymentsDb True ReplaceAndSnapshot (DBInstanceIdentifier!) STATEFUL_REPLACEMENT DELETE_FAILS"
        + READERS,
    ),
    "replaced without a policy": (
        DATABASE,
        {"PaymentsDb/DBInstanceIdentifier": "x", "PaymentsDb.UpdateReplacePolicy": GONE},
        "PaymentsDb True ReplaceAndDelete (DBInstanceIdentifier!,UpdateReplacePolicy)"
        " STATEFUL_REPLACEMENT DELETE_FAILS PROTECTION_LOSS" + READERS,
    ),
    "replaced and kept": (
        DATABASE,
        {"PaymentsDb/DBInstanceIdentifier": "x", "PaymentsDb.UpdateReplacePolicy": "Retain"},
        "PaymentsDb True ReplaceAndRetain (DBInstanceIdentifier!,UpdateReplacePolicy) STATEFUL_REPLACEMENT"
        + READERS,
    ),
    # What belongs to it
    "subnets in another order": (
        DATABASE,
        {"DbSubnetGroup/SubnetIds": ["subnet-0b2b2b2b2b2b2b2b2", "subnet-0a1a1a1a1a1a1a1a1"]},
        "DbSubnetGroup False (SubnetIds)",
    ),
    "parameters described": (
        DATABASE,
        {"DbParams/Description": "x"},
        f"DbParams True ReplaceAndDelete (Description!);{maybe('DBParameterGroupName')} <DbParams",
    ),
    "a parameter more": (
        DATABASE,
        {"DbParams/Parameters/log_statement": "ddl"},
        "DbParams False (Parameters) INTERRUPTION",
    ),
    "a parameter as a number": (DATABASE, {"DbParams/Parameters/rds.force_ssl": 1}, ""),
    "proxy renamed": (
        DATABASE,
        {"DbProxy/DBProxyName": "x"},
        """DbProxy True ReplaceAndDelete (DBProxyName!)
           DbProxyTargets True ReplaceAndDelete (DBProxyName!) <DbProxy""",
    ),
    "proxy for another family": (
        DATABASE,
        {"DbProxy/EngineFamily": "MYSQL"},
        """DbProxy True ReplaceAndDelete (EngineFamily!) NAME_COLLISION
           DbProxyTargets True ReplaceAndDelete (DBProxyName!) <DbProxy""",
    ),
    "proxy in other subnets": (
        DATABASE,
        {"DbProxy/VpcSubnetIds/+": "subnet-0c3c3c3c3c3c3c3c3"},
        """DbProxy True ReplaceAndDelete (VpcSubnetIds!) NAME_COLLISION
           DbProxyTargets True ReplaceAndDelete (DBProxyName!) <DbProxy""",
    ),
    "proxy's role": (
        DATABASE,
        {"DbProxy/RoleArn": "arn:aws:iam::111122223333:role/x"},
        "DbProxy False (RoleArn)",
    ),
    "proxy idle for longer": (
        DATABASE,
        {"DbProxy/IdleClientTimeout": 60},
        "DbProxy False (IdleClientTimeout)",
    ),
    "targets renamed": (
        DATABASE,
        {"DbProxyTargets/TargetGroupName": "x"},
        "DbProxyTargets True ReplaceAndDelete (TargetGroupName!)",
    ),
    "another secret attached": (
        DATABASE,
        {"DbSecretAttachment/SecretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf"},
        "DbSecretAttachment True ReplaceAndDelete (SecretId!)",
    ),
    "alarm later": (DATABASE, {"DbCpuAlarm/EvaluationPeriods": 5}, "DbCpuAlarm False (EvaluationPeriods)"),
    "alarm named": (DATABASE, {"DbCpuAlarm/AlarmName": "x"}, "DbCpuAlarm True ReplaceAndDelete (AlarmName!)"),
    # The key
    "key by another logical id": (
        DATABASE,
        {"PaymentsKey": GONE, "DataKey": NEW_KEY, "PaymentsDb/KmsKeyId": {"Fn::GetAtt": ["DataKey", "Arn"]}},
        "PaymentsKey Remove Retain ORPHAN\nDataKey Add\n"
        + replaced("KmsKeyId").replace("DELETE_FAILS", "DELETE_FAILS <DataKey"),
    ),
    "key deleted": (
        DATABASE,
        {"PaymentsKey": GONE, "PaymentsDb/KmsKeyId": "alias/payments"},
        "PaymentsKey Remove Retain ORPHAN\n" + replaced("KmsKeyId"),
    ),
    "key by its Ref": (DATABASE, {"PaymentsDb/KmsKeyId": {"Ref": "PaymentsKey"}}, replaced("KmsKeyId")),
    # Tables
    "another partition key": (
        TABLE,
        {
            "TransactionsTable/KeySchema/0/AttributeName": "id",
            "TransactionsTable/AttributeDefinitions/0/AttributeName": "id",
        },
        "TransactionsTable True ReplaceAndRetain (AttributeDefinitions,KeySchema!) STATEFUL_REPLACEMENT"
        + TABLE_READERS,
    ),
    "named by the prefix": (
        TABLE,
        {"TransactionsTable/TableName": {"Fn::Sub": "${TablePrefix}-transactions"}},
        "TransactionsTable True ReplaceAndRetain (TableName!) STATEFUL_REPLACEMENT" + TABLE_READERS,
    ),
    "imported": (
        TABLE,
        {"TransactionsTable/ImportSourceSpecification": {"InputFormat": "CSV"}},
        "TransactionsTable True ReplaceAndRetain (ImportSourceSpecification!) STATEFUL_REPLACEMENT"
        + TABLE_READERS,
    ),
    "the stream shows more": (
        TABLE,
        {"TransactionsTable/StreamSpecification/StreamViewType": "NEW_AND_OLD_IMAGES"},
        "TransactionsTable False (StreamSpecification)",
    ),
    "capacity": (
        TABLE,
        {
            "TransactionsTable/BillingMode": "PROVISIONED",
            "TransactionsTable/ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        },
        "TransactionsTable False (BillingMode,ProvisionedThroughput)",
    ),
    "two indexes at once": (
        TABLE,
        {
            "TransactionsTable/GlobalSecondaryIndexes/+": {"IndexName": "a"},
            "TransactionsTable/GlobalSecondaryIndexes/0": GONE,
        },
        "TransactionsTable False (GlobalSecondaryIndexes) UPDATE_FAILS",
    ),
    "another account may read": (
        TABLE,
        {"TransactionsTable/ResourcePolicy": GRANTED},
        "TransactionsTable False (ResourcePolicy) IAM_WIDENING",
    ),
    "anyone may read": (
        TABLE,
        {"TransactionsTable/ResourcePolicy": statement(Principal="*", Resource="*")},
        "TransactionsTable False (ResourcePolicy) IAM_WIDENING PUBLIC_EXPOSURE",
    ),
    "key of AWS": (
        TABLE,
        {"TransactionsTable/SSESpecification/KMSMasterKeyId": "alias/aws/dynamodb"},
        "TransactionsTable False (SSESpecification) ENCRYPTION_LOSS",
    ),
    "not kept on replacement": (
        TABLE,
        {"TransactionsTable.UpdateReplacePolicy": GONE},
        "TransactionsTable False (UpdateReplacePolicy) PROTECTION_LOSS",
    ),
    "read from its beginning": (
        TABLE,
        {"StreamMapping/StartingPosition": "TRIM_HORIZON"},
        "StreamMapping True ReplaceAndDelete (StartingPosition!) UPDATE_FAILS",
    ),
    "only some records": (
        TABLE,
        {"StreamMapping/FilterCriteria": {"Filters": [{"Pattern": "{}"}]}},
        "StreamMapping False (FilterCriteria)",
    ),
    "every table": (
        TABLE,
        {"LedgerPolicy/PolicyDocument/Statement/0/Resource": "*"},
        "LedgerPolicy False (PolicyDocument) IAM_WIDENING",
    ),
    "may delete": (
        TABLE,
        {"LedgerPolicy/PolicyDocument/Statement/0/Action/+": "dynamodb:DeleteItem"},
        "LedgerPolicy False (PolicyDocument) IAM_WIDENING",
    ),
    "may only read": (
        TABLE,
        {"LedgerPolicy/PolicyDocument/Statement/0/Action": ["dynamodb:GetItem"]},
        "LedgerPolicy False (PolicyDocument)",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    case, edits, wanted = EDITS[name]
    old = base(case)

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits)))


def test_prefix_given_as_a_parameter_names_the_table_anew() -> None:
    old = edited(base(TABLE), {"TransactionsTable/TableName": {"Fn::Sub": "${TablePrefix}-transactions"}})

    found = verdicts(reviewed(old, old, ({}, {"TablePrefix": "pay"})))

    replacement = "TransactionsTable True ReplaceAndRetain (TableName!) STATEFUL_REPLACEMENT"
    assert expected(f"{replacement} <parameter:TablePrefix", TABLE_READERS) == found


def test_table_that_no_policy_keeps_is_deleted() -> None:
    old = edited(base(TABLE), {"TransactionsTable.DeletionPolicy": GONE})
    new = edited(
        old, {"TransactionsTable": GONE, "StreamMapping": GONE, "LedgerPolicy": GONE, "LedgerFn": GONE}
    )

    wanted = """
        TransactionsTable Remove Delete STATEFUL_DELETION DELETE_FAILS
        StreamMapping Remove Delete
        LedgerPolicy Remove Delete
        LedgerFn Remove Delete
    """
    assert expected(wanted) == verdicts(reviewed(old, new))


def cluster(**given: Any) -> Template:
    """A cluster with an instance in it."""
    properties = {
        "Engine": "aurora-postgresql",
        "EngineVersion": "16.4",
        "MasterUsername": "payadmin",
        "DatabaseName": "payments",
        "StorageEncrypted": True,
        "KmsKeyId": "alias/payments",
        "BackupRetentionPeriod": 14,
    }
    instance = {
        "DBClusterIdentifier": {"Ref": "Cluster"},
        "DBInstanceClass": "db.r6g.large",
        "Engine": "aurora-postgresql",
    }
    return {
        "Resources": {
            "Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": properties | given},
            "Writer": {"Type": "AWS::RDS::DBInstance", "Properties": instance},
        }
    }


CLUSTERS: dict[str, tuple[dict[str, Any], str]] = {
    "database": (
        {"DatabaseName": "x"},
        """Cluster True ReplaceAndDelete (DatabaseName!) STATEFUL_REPLACEMENT
           Writer True ReplaceAndDelete (DBClusterIdentifier!) STATEFUL_REPLACEMENT <Cluster""",
    ),
    "user": (
        {"MasterUsername": "x"},
        "Cluster Conditional ReplaceAndDelete (MasterUsername?) STATEFUL_REPLACEMENT",
    ),
    "zones": (
        {"AvailabilityZones": ["eu-west-1a"]},
        "Cluster Conditional ReplaceAndDelete (AvailabilityZones?) STATEFUL_REPLACEMENT",
    ),
    "not encrypted": (
        {"StorageEncrypted": False},
        """Cluster True ReplaceAndDelete (StorageEncrypted!) STATEFUL_REPLACEMENT ENCRYPTION_LOSS
           Writer True ReplaceAndDelete (DBClusterIdentifier!) STATEFUL_REPLACEMENT <Cluster""",
    ),
    "fewer backups": ({"BackupRetentionPeriod": 7}, "Cluster False (BackupRetentionPeriod) BACKUP_LOSS"),
    "version": ({"EngineVersion": "16.6"}, "Cluster False (EngineVersion) INTERRUPTION"),
    "protected": ({"DeletionProtection": True}, "Cluster False (DeletionProtection)"),
}


@pytest.mark.parametrize("name", CLUSTERS)
def test_edit_of_a_cluster(name: str) -> None:
    given, wanted = CLUSTERS[name]

    assert expected(wanted) == verdicts(reviewed(cluster(), cluster(**given)))
