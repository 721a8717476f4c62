"""Stack boundary: the most that a role of the payment stack could ever be given, whoever writes its template.

The grants of the layers, on all that an environment's names allow; a test holds each of the stack's policies
against it. It grants nothing itself.
"""

from __future__ import annotations

from awacs import backup, dynamodb, kms, rds, tag
from awacs.aws import Bool, Condition, Statement, StringEquals, StringLike
from troposphere import Region, Sub, iam

from handlers.payments.adapters import database_users
from pipeline.delivery import access, execution, names
from templates import grants
from templates import names as stack_names
from templates.data import audit_bucket, audit_replication, postgres

# What the functions are called whose traffic CodeDeploy moves.
ROLLED_OUT = ("payment-*", stack_names.AUDIT_LOGGER)


def of(service: str, resource: str) -> Sub:
    """Return an ARN of `service` in this account and region; an account is in one partition only."""
    return Sub(f"arn:*:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")


TABLE = of("dynamodb", f"table/payment-transactions-{access.SUFFIX}")
AUDIT_BUCKET = Sub(f"arn:*:s3:::{audit_bucket.BUCKET}-{access.SUFFIX}-*")
KEYS = of("kms", "key/*")


def of_stack() -> iam.ManagedPolicy:
    """Return the boundary of every role that CloudFormation creates for an environment."""
    return iam.ManagedPolicy(
        "StackBoundary",
        ManagedPolicyName=access.suffixed(f"payments-{names.STACK_BOUNDARY}"),
        Description="The most that a role of the payment stack could ever be given",
        PolicyDocument=grants.policy(
            record_and_close_network(),
            run_functions(),
            process_payments(),
            describe_unscoped(),
            *replicate_audit_objects(),
            *create_backups(),
            use_keys(),
            grants.pass_role("ssm", execution.roles_of_environment().arn("role")),
        ),
    )


def record_and_close_network() -> Statement:
    """Write flow logs, and remove the rules of the default security group."""
    return grants.together(
        "RecordAndCloseNetwork",
        grants.deliver_flow_logs(of("logs", f"log-group:payments-{access.SUFFIX}-*")),
        grants.empty_security_group("*"),
        grants.run_aws_runbook(stack_names.DEFAULT_GROUP_RUNBOOK),
        grants.read_runbook_runs(),
    )


def run_functions() -> Statement:
    """Run functions in the network, and shift their traffic from version to version."""
    functions = [of("lambda", f"function:{each}-{access.SUFFIX}") for each in ROLLED_OUT]
    return grants.together(
        "RunFunctions",
        grants.attach_to_network(),
        grants.write_logs(of("logs", f"log-group:/aws/lambda/*-{access.SUFFIX}:*")),
        grants.shift_traffic(*functions),
        grants.watch_alarms(),
    )


def process_payments() -> Statement:
    """Record, charge, post and retry payments, and write the audit trail."""
    queues = of("sqs", f"payment-*-{access.SUFFIX}")
    return grants.together(
        "ProcessPayments",
        grants.create_items(TABLE),
        grants.read_items(TABLE),
        grants.update_items(TABLE),
        grants.query_index(TABLE, "*"),
        grants.read_stream(grants.within(TABLE, "/stream/*")),
        grants.list_streams(TABLE),
        grants.send_messages(queues),
        grants.consume_messages(queues),
        grants.put_objects(AUDIT_BUCKET),
        grants.reach_bucket(AUDIT_BUCKET),
        audit_replication.find_versions(AUDIT_BUCKET),
        audit_replication.read_versions(AUDIT_BUCKET),
        grants.read_secret(
            of("secretsmanager", f"secret:payment-gateway-key-{access.SUFFIX}-*"),
            of("secretsmanager", "secret:rds!*"),
        ),
        grants.connect_to_database("*", "payments_*", database_users.OWNER),
        grants.write_measurements(*postgres.measurements()),
    )


def describe_unscoped() -> Statement:
    """Describe what IAM has no resource for, in the stack's region."""
    asked = grants.together(
        "DescribeUnscoped",
        grants.describe_security_groups(),
        grants.describe_network(),
        grants.send_traces(),
        # AWS Backup finds by tags what it is to copy.
        grants.allow("FindTagged", [tag.GetResources], "*"),
    )
    asked.Condition = Condition(StringEquals("aws:RequestedRegion", Region))
    return asked


def replicate_audit_objects() -> list[Statement]:
    """Replicate them with their locks, to any bucket: the target account does not know which."""
    encrypting = grants.allow("EncryptReplicas", [kms.Encrypt], "arn:*:kms:*:*:key/*")
    encrypting.Condition = Condition(StringLike("kms:ViaService", "s3.*.amazonaws.com"))
    return [
        audit_replication.write_replicas("arn:*:s3:::*"),
        encrypting,
    ]


def create_backups() -> list[Statement]:
    """Have AWS Backup back up table and database: as much of AWS's own policy as that takes."""
    granting = grants.allow("CreateKeyGrants", [kms.CreateGrant], KEYS)
    granting.Condition = Condition(Bool("kms:GrantIsForAWSResource", "true"))
    return [
        grants.allow(
            "CreateBackups",
            [
                backup.DescribeBackupVault,
                backup.TagResource,
                dynamodb.CreateBackup,
                dynamodb.DeleteBackup,
                dynamodb.DescribeBackup,
                dynamodb.DescribeTable,
                dynamodb.ListTagsOfResource,
                dynamodb.StartAwsBackupJob,
                kms.DescribeKey,
                rds.AddTagsToResource,
                rds.CopyDBSnapshot,
                rds.CreateDBSnapshot,
                rds.DescribeDBInstances,
                rds.DescribeDBSnapshots,
                rds.ListTagsForResource,
            ],
            TABLE,
            grants.within(TABLE, "/backup/*"),
            KEYS,
            *[of("rds", resource) for resource in ("db:*", "og:*", "snapshot:*")],
            *[of("backup", resource) for resource in ("backup-vault:*", "recovery-point:*")],
        ),
        grants.allow("DeleteBackups", [rds.DeleteDBSnapshot], of("rds", "snapshot:awsbackup:*")),
        granting,
    ]


def use_keys() -> Statement:
    """Have services decrypt and encrypt; nobody calls KMS."""
    uses = grants.allow("UseKeys", [kms.Decrypt, kms.GenerateDataKey], KEYS)
    return grants.through(["dynamodb", "s3", "secretsmanager", "sqs"], uses)
