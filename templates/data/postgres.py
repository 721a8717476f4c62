"""PostgreSQL: how the database is set up, and what it logs and reports of itself."""

from __future__ import annotations

from troposphere import Join, Ref, Sub, iam, logs, rds

from templates import grants, names
from templates.settings import LogRetentionDays
from templates.wires import KeyArn

NAME = "payment-database"
"""Role of the instance in its name. Its log groups are called after it, and must be there before it is:
RDS makes those it does not find, without a key and for ever."""

# The newest 17 that RDS offered when this was written; RDS moves on to later ones by itself.
# CloudFormation sends a version only when it changes here, and RDS refuses to go back: only raise it.
VERSION = "17.11"
FAMILY = "postgres17"

PORT = 5432

EXPORTS = ["postgresql", "upgrade"]
"""The logs that RDS hands to CloudWatch."""


def parameters() -> rds.DBParameterGroup:
    """TLS is forced, and what customers told us stays out of the log."""
    return rds.DBParameterGroup(
        "DatabaseParameters",
        Description="TLS only; nothing of a statement or of a row in the log",
        Family=FAMILY,
        Parameters={
            "rds.force_ssl": "1",
            "log_connections": "1",
            "log_disconnections": "1",
            # A statement may hold an amount, a customer or a new password: none is logged for its kind,
            # for its duration, or for the error that it meets.
            "log_statement": "none",
            "log_min_duration_statement": "-1",
            "log_min_error_statement": "panic",
            # The detail of an error quotes the row: Key (customer_id)=(...) already exists.
            "log_error_verbosity": "terse",
        },
    )


def log_group(export: str, days: LogRetentionDays, key: KeyArn) -> logs.LogGroup:
    """Where RDS puts the log `export`, kept for `days` under `key`."""
    return logs.LogGroup(
        f"Database{export.capitalize()}LogGroup",
        LogGroupName=Join("/", ["/aws/rds/instance", names.named(NAME), export]),
        RetentionInDays=days,
        KmsKeyId=key,
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def monitoring_policy() -> iam.ManagedPolicy:
    """Write the measurements of enhanced monitoring, and nothing else."""
    return iam.ManagedPolicy(
        "DatabaseMonitoringPolicy",
        PolicyDocument=grants.policy(grants.write_measurements(*measurements())),
    )


def measurements() -> list[Sub]:
    """ARNs of where RDS writes them: one log group for all databases of the account and region."""
    group = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:RDSOSMetrics"
    return [Sub(group), Sub(f"{group}:*")]


def monitoring_role(policy: iam.ManagedPolicy) -> iam.Role:
    """What enhanced monitoring writes under; a restored copy of the database may use it too."""
    databases = Sub("arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:db:*")
    return iam.Role(
        "DatabaseMonitoringRole",
        AssumeRolePolicyDocument=grants.trust("monitoring.rds", grants.on_behalf_of(databases)),
        ManagedPolicyArns=[Ref(policy)],
    )
