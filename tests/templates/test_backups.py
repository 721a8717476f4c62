"""Daily copies of the payments table and of the database."""

from __future__ import annotations

import re

from tests.templates.data_layer import arn, named, properties, ref

(RULE,) = properties("BackupPlan")["BackupPlan"]["BackupPlanRule"]


def minutes(time: str) -> int:
    """Minutes of the day at `time`: `03:00`."""
    hours, minutes_ = time.split(":")
    return int(hours) * 60 + int(minutes_)


def test_table_and_database_are_copied_and_each_is_named() -> None:
    selection = properties("BackupSelection")["BackupSelection"]

    assert [arn("PaymentsTable"), {"Fn::GetAtt": ["Database", "DBInstanceArn"]}] == selection["Resources"]
    assert arn("BackupRole") == selection["IamRoleArn"]
    assert ref("BackupPlan") == properties("BackupSelection")["BackupPlanId"]


def test_copies_are_made_each_day_and_kept_for_five_weeks() -> None:
    assert re.fullmatch(r"cron\(\d+ \d+ \* \* \? \*\)", RULE["ScheduleExpression"])
    assert {"DeleteAfterDays": 35} == RULE["Lifecycle"]
    assert ref("BackupVault") == RULE["TargetBackupVault"]


def test_copies_wait_for_no_window_of_the_database() -> None:
    """AWS Backup starts nothing within an hour before a backup or maintenance window, nor during it."""
    found = re.match(r"cron\((\d+) (\d+) ", RULE["ScheduleExpression"])
    assert found
    begins = minutes(f"{found[2]}:{found[1]}")
    ends = begins + RULE["StartWindowMinutes"]
    database = properties("Database")
    backup = database["PreferredBackupWindow"].split("-")
    maintenance = [part[4:] for part in database["PreferredMaintenanceWindow"].split("-")]

    for opens, closes in (backup, maintenance):
        assert ends <= minutes(opens) - 60 or minutes(closes) <= begins


def test_the_vault_is_encrypted_under_a_customer_key() -> None:
    assert named("payment-backups") == properties("BackupVault")["BackupVaultName"]
    assert ref("DataKeyArn") == properties("BackupVault")["EncryptionKeyArn"]


def test_a_copy_cannot_go_before_its_time() -> None:
    """The lock is one that administrators can lift: ChangeableForDays would make it final."""
    assert {"MinRetentionDays": RULE["Lifecycle"]["DeleteAfterDays"]} == properties("BackupVault")[
        "LockConfiguration"
    ]


def test_the_role_of_backups_makes_copies_and_restores_none() -> None:
    assert [
        {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"}
    ] == properties("BackupRole")["ManagedPolicyArns"]
