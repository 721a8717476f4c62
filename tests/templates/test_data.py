"""The payments table, the gateway's key and the database itself."""

from __future__ import annotations

import json

import pytest

from tests.paths import CHECKOUT
from tests.templates.data_layer import RESOURCES, TEMPLATE, named, properties, ref
from tests.templates.layers import Rendered

TABLE = properties("PaymentsTable")
DATABASE = properties("Database")

PARAMETERS = CHECKOUT / "parameters"

# What can be made again from the templates alone.
WITHOUT_DATA = {
    "AWS::Backup::BackupPlan",
    "AWS::Backup::BackupSelection",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::RDS::DBParameterGroup",
    "AWS::RDS::DBSubnetGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
}
HOLD_DATA = [name for name, each in RESOURCES.items() if each["Type"] not in WITHOUT_DATA]


def prod(parameter: str) -> str:
    settings: dict[str, str] = json.loads((PARAMETERS / "prod.json").read_text())["Parameters"]
    return settings[parameter]


def keys(schema: list[Rendered]) -> list[tuple[str, str]]:
    types = {each["AttributeName"]: each["AttributeType"] for each in TABLE["AttributeDefinitions"]}
    return [(f"{each['AttributeName']} {types[each['AttributeName']]}", each["KeyType"]) for each in schema]


@pytest.mark.parametrize("name", HOLD_DATA)
def test_data_outlives_the_stack(name: str) -> None:
    """F101: the audit bucket, and all else that holds data, is kept when its stack goes or replaces it."""
    expected = "Snapshot" if name == "Database" else "Retain"

    assert expected == RESOURCES[name]["DeletionPolicy"] == RESOURCES[name]["UpdateReplacePolicy"]


# Table


def test_payments_are_found_by_id_and_time() -> None:
    """F085, F086, F087: name and keys of the original's table."""
    assert named("payment-transactions") == TABLE["TableName"]
    assert [("transaction_id S", "HASH"), ("timestamp N", "RANGE")] == keys(TABLE["KeySchema"])


def test_the_table_is_paid_for_by_request_and_restorable() -> None:
    """F088, F089."""
    assert "PAY_PER_REQUEST" == TABLE["BillingMode"]
    assert TABLE["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


def test_the_table_is_encrypted_under_a_customer_key() -> None:
    """F090: changed from the key that AWS manages."""
    assert {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": ref("DataKeyArn")} == TABLE[
        "SSESpecification"
    ]


def test_due_payments_are_found_without_a_scan() -> None:
    """F091: an index that only holds what has `due_shard` and `due_at`, and of that the keys."""
    (index,) = TABLE["GlobalSecondaryIndexes"]

    assert "due" == index["IndexName"]
    assert [("due_shard N", "HASH"), ("due_at N", "RANGE")] == keys(index["KeySchema"])
    assert {"ProjectionType": "KEYS_ONLY"} == index["Projection"]


def test_the_table_tells_what_changed_and_from_what() -> None:
    """F091: a stream, for the audit trail."""
    assert {"StreamViewType": "NEW_AND_OLD_IMAGES"} == TABLE["StreamSpecification"]


def test_the_table_cannot_be_deleted_by_mistake() -> None:
    """F091: deletion protection; nothing in it expires."""
    assert TABLE["DeletionProtectionEnabled"] is True
    assert "TimeToLiveSpecification" not in TABLE


# Gateway key


def test_the_gateways_key_is_a_stand_in_until_somebody_replaces_it() -> None:
    """No key is in the template, and none is empty: a random one opens nothing at the gateway."""
    secret = properties("GatewayKey")

    assert named("payment-gateway-key") == secret["Name"]
    assert "SecretString" not in secret
    assert {"ExcludePunctuation": True, "PasswordLength": 32} == secret["GenerateSecretString"]


def test_the_gateways_key_is_encrypted_under_a_customer_key() -> None:
    assert ref("DataKeyArn") == properties("GatewayKey")["KmsKeyId"]


# Database


def test_the_database_is_a_postgres_that_aws_still_offers() -> None:
    """F058, F059: 15.4 cannot be created any more."""
    assert "postgres" == DATABASE["Engine"]
    assert "17.11" == DATABASE["EngineVersion"]
    assert DATABASE["AutoMinorVersionUpgrade"] is True


def test_an_old_version_is_not_paid_for_unasked() -> None:
    assert "open-source-rds-extended-support-disabled" == DATABASE["EngineLifecycleSupport"]


def test_the_database_has_the_size_of_the_original() -> None:
    """F060, F061: sizes are settings, and those of the original in production."""
    assert ref("DatabaseClass") == DATABASE["DBInstanceClass"]
    assert ref("DatabaseStorageGib") == DATABASE["AllocatedStorage"]
    assert ("db.t3.medium", "100") == (prod("DatabaseClass"), prod("DatabaseStorageGib"))


def test_the_database_grows_by_itself() -> None:
    """F062: gp3, with room above what it starts with."""
    assert "gp3" == DATABASE["StorageType"]
    assert ref("DatabaseMaxStorageGib") == DATABASE["MaxAllocatedStorage"]
    # RDS wants a tenth more at least.
    assert int(prod("DatabaseMaxStorageGib")) >= 1.1 * int(prod("DatabaseStorageGib"))


def test_the_database_is_encrypted_under_its_own_key() -> None:
    """F063, F070."""
    assert DATABASE["StorageEncrypted"] is True
    assert ref("DatabaseKeyArn") == DATABASE["KmsKeyId"]


def test_the_database_survives_the_loss_of_a_zone() -> None:
    """F064."""
    assert DATABASE["MultiAZ"] is True


def test_only_the_functions_reach_the_database() -> None:
    """F065, F071, F077: not public, in one security group, and now in subnets without a route out."""
    assert DATABASE["PubliclyAccessible"] is False
    assert [ref("DatabaseSecurityGroupId")] == DATABASE["VPCSecurityGroups"]
    assert ref("DatabaseSubnets") == DATABASE["DBSubnetGroupName"]
    assert ref("DatabaseSubnetIds") == properties("DatabaseSubnets")["SubnetIds"]
    assert 5432 == DATABASE["Port"]


def test_the_database_keeps_a_month_of_backups() -> None:
    """F066: 30 days in production, even after the instance is gone."""
    assert ref("DatabaseBackupDays") == DATABASE["BackupRetentionPeriod"]
    assert "30" == prod("DatabaseBackupDays")
    assert DATABASE["DeleteAutomatedBackups"] is False


def test_the_database_keeps_its_names() -> None:
    """F067, F074: `paymentdb`, in an instance that is named so that its logs can be prepared."""
    assert "paymentdb" == DATABASE["DBName"]
    assert named("payment-database") == DATABASE["DBInstanceIdentifier"]


def test_snapshots_carry_the_databases_tags() -> None:
    """F069."""
    assert DATABASE["CopyTagsToSnapshot"] is True


def test_the_database_cannot_be_deleted_by_mistake() -> None:
    assert DATABASE["DeletionProtection"] is True


def test_rds_makes_and_rotates_the_master_password() -> None:
    """F075, F078, F079, F080, F081, F082, F084: no secret, attachment or password of ours."""
    assert "postgres" == DATABASE["MasterUsername"]
    assert DATABASE["ManageMasterUserPassword"] is True
    assert {"KmsKeyId": ref("DataKeyArn")} == DATABASE["MasterUserSecret"]
    assert "MasterUserPassword" not in DATABASE
    assert not [name for name, each in RESOURCES.items() if "SecretTargetAttachment" in each["Type"]]


def test_functions_sign_in_to_the_database_by_iam() -> None:
    """F074."""
    assert DATABASE["EnableIAMDatabaseAuthentication"] is True


def test_the_database_shows_a_certificate_that_is_good_for_decades() -> None:
    assert "rds-ca-rsa2048-g1" == DATABASE["CACertificateIdentifier"]


def test_performance_is_recorded_under_the_databases_key() -> None:
    """F074: Performance Insights for a week, enhanced monitoring every minute."""
    assert DATABASE["EnablePerformanceInsights"] is True
    assert ref("DatabaseKeyArn") == DATABASE["PerformanceInsightsKMSKeyId"]
    assert 7 == DATABASE["PerformanceInsightsRetentionPeriod"]
    assert 60 == DATABASE["MonitoringInterval"]
    assert {"Fn::GetAtt": ["DatabaseMonitoringRole", "Arn"]} == DATABASE["MonitoringRoleArn"]


def test_the_layer_offers_what_rds_made() -> None:
    found = {name: each["Value"] for name, each in TEMPLATE["Outputs"].items() if name.startswith("Database")}

    assert {
        "DatabaseId": ref("Database"),
        "DatabaseHost": {"Fn::GetAtt": ["Database", "Endpoint.Address"]},
        "DatabasePort": {"Fn::GetAtt": ["Database", "Endpoint.Port"]},
        "DatabaseResourceId": {"Fn::GetAtt": ["Database", "DbiResourceId"]},
        "DatabaseSecretArn": {"Fn::GetAtt": ["Database", "MasterUserSecret.SecretArn"]},
    } == found
