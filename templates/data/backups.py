"""Backups: daily copies of the payments table and of the database, in a vault that keeps them."""

from __future__ import annotations

from troposphere import AWSHelperFn, Ref, Sub, Template, backup, iam

from templates import grants, names
from templates.wires import KeyArn

VAULT = "payment-backups"

RETENTION_DAYS = 35

# Away from the database's own windows: AWS Backup starts nothing in the hour before them, or in them.
SCHEDULE = "cron(0 0 * * ? *)"
START_WITHIN_MINUTES = 60
COMPLETE_WITHIN_MINUTES = 720


def add(template: Template, key: KeyArn, *arns: AWSHelperFn) -> None:
    """Copy each day what `arns` name, into a vault under `key`."""
    vault = template.add_resource(backup_vault(key))
    plan = template.add_resource(backup_plan(vault))
    role = template.add_resource(backup_role())
    template.add_resource(backup_selection(plan, role, *arns))


def backup_vault(key: KeyArn) -> backup.BackupVault:
    """The copies, none of which can be deleted, or made to expire before its time, while the lock is on."""
    return backup.BackupVault(
        "BackupVault",
        BackupVaultName=names.named(VAULT),
        EncryptionKeyArn=key,
        # Without ChangeableForDays, which would make the lock final for the account's root and for AWS
        # itself: that is for an operator to decide in production, not for a template that dev shares.
        LockConfiguration=backup.LockConfigurationType(MinRetentionDays=RETENTION_DAYS),
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def backup_plan(vault: backup.BackupVault) -> backup.BackupPlan:
    """One copy a day, kept for 35 days; points in time between are for table and database themselves."""
    return backup.BackupPlan(
        "BackupPlan",
        BackupPlan=backup.BackupPlanResourceType(
            BackupPlanName=names.named(VAULT),
            BackupPlanRule=[
                backup.BackupRuleResourceType(
                    RuleName="daily",
                    TargetBackupVault=Ref(vault),
                    ScheduleExpression=SCHEDULE,
                    StartWindowMinutes=START_WITHIN_MINUTES,
                    CompletionWindowMinutes=COMPLETE_WITHIN_MINUTES,
                    Lifecycle=backup.LifecycleResourceType(DeleteAfterDays=RETENTION_DAYS),
                )
            ],
        ),
    )


def backup_role() -> iam.Role:
    """What AWS Backup reads table and database under."""
    return iam.Role(
        "BackupRole",
        # AWS Backup documents no source that a condition could name here.
        AssumeRolePolicyDocument=grants.trust("backup"),
        # AWS keeps this policy in step with what AWS Backup calls; one of our own that fell behind would
        # fail at night, on a backup. It can make copies, and restore none.
        ManagedPolicyArns=[
            Sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup")
        ],
    )


def backup_selection(plan: backup.BackupPlan, role: iam.Role, *arns: AWSHelperFn) -> backup.BackupSelection:
    """What is copied: `arns`, each by name."""
    return backup.BackupSelection(
        "BackupSelection",
        BackupPlanId=Ref(plan),
        BackupSelection=backup.BackupSelectionResourceType(
            SelectionName="payments",
            IamRoleArn=role.get_att("Arn"),
            Resources=list(arns),
        ),
    )
