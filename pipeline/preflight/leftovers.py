"""Leftovers: resources that have a name of the stack's, and belong to no stack: a creation would fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from pipeline.preflight.account import Account
from pipeline.preflight.finding import Finding, judged
from pipeline.preflight.needs import Named, Needs

LEFTOVERS = "Names"
ABSENT = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "DBInstanceNotFound",
        "NoSuchBucket",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
# Reads that fail where there is nothing of the name.
Read = Callable[[Account, str], Any]


def log_group(account: Account, name: str) -> bool:
    """Return whether a log group exists."""
    groups = account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)


READS: Mapping[str, Read] = {
    "AWS::Backup::BackupVault": lambda account, name: account.client("backup").describe_backup_vault(
        BackupVaultName=name
    ),
    "AWS::DynamoDB::Table": lambda account, name: account.client("dynamodb").describe_table(TableName=name),
    "AWS::Logs::LogGroup": log_group,
    "AWS::RDS::DBInstance": lambda account, name: account.client("rds").describe_db_instances(
        DBInstanceIdentifier=name
    ),
    "AWS::S3::Bucket": lambda account, name: account.client("s3").head_bucket(Bucket=name),
    "AWS::SQS::Queue": lambda account, name: account.client("sqs").get_queue_url(QueueName=name),
    # Its name stays taken while it is scheduled for deletion; nothing here reads its value.
    "AWS::SecretsManager::Secret": lambda account, name: account.client("secretsmanager").describe_secret(
        SecretId=name
    ),
}


def leftovers(account: Account, needs: Needs) -> Finding:
    """Find resources of the stack's names that are not the stack's."""
    own = set(account.resources(needs.stack)) if account.stack_exists(needs.stack) else set()
    candidates = [named for named in needs.named if named.path not in own]
    taken = [f"{named.type} {named.name}" for named in candidates if exists(account, named)]
    return judged(
        LEFTOVERS,
        ", ".join(taken) or "none taken",
        f"{len(needs.named)} names free or the stack's own",
        "delete what holds no data, or import it into the stack",
        ok=not taken,
    )


def exists(account: Account, named: Named) -> bool:
    """Return whether there is a resource of a type and name."""
    try:
        return bool(READS[named.type](account, named.name))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # AWS Backup denies access to a vault that does not exist.
        if code in ABSENT or (code == "AccessDeniedException" and named.type == "AWS::Backup::BackupVault"):
            return False
        raise
