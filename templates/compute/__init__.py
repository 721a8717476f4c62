"""Compute: the functions that take payments, each under a role of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from awacs.aws import Statement
from troposphere import Ref, Select, Split, Template, sqs

from handlers.payments.adapters import database_users
from templates import dead_letters, grants, names, permissions_boundary
from templates.artifacts import Code
from templates.compute import function, rollout, triggers
from templates.compute.function import Duty, Platform
from templates.settings import (
    AcceptedCurrencies,
    CanaryDeployment,
    EnvironmentSuffix,
    FunctionConcurrency,
    FunctionMemoryMb,
    LogRetentionDays,
    PaymentGatewayUrl,
    PermissionsBoundaryArn,
)
from templates.wires import (
    AliasArn,
    BucketArn,
    BucketName,
    DatabaseHost,
    DatabasePort,
    DatabaseResourceId,
    FunctionName,
    KeyArn,
    QueueArn,
    QueueName,
    QueueUrl,
    SecretArn,
    SecurityGroupId,
    StreamArn,
    SubnetIds,
    TableArn,
    TableName,
)

# Executions that retries are left, so that they never crowd out payments on their first attempt.
RETRIES_AT_ONCE = 5

# A sixth of the retry queue's visibility timeout: no more, says Lambda's guide.
RETRIER_TIMEOUT_SECONDS = 50

# The longest that a function may run.
MIGRATOR_TIMEOUT_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What compute needs from the layers before it."""

    environment_suffix: EnvironmentSuffix
    permissions_boundary_arn: PermissionsBoundaryArn
    artifact_bucket: BucketName
    function_memory_mb: FunctionMemoryMb
    function_concurrency: FunctionConcurrency
    canary_deployment: CanaryDeployment
    accepted_currencies: AcceptedCurrencies
    payment_gateway_url: PaymentGatewayUrl
    log_retention_days: LogRetentionDays
    private_subnet_ids: SubnetIds
    function_security_group_id: SecurityGroupId
    gateway_security_group_id: SecurityGroupId
    data_key_arn: KeyArn
    audit_key_arn: KeyArn
    logs_key_arn: KeyArn
    payments_table_name: TableName
    payments_table_arn: TableArn
    payments_stream_arn: StreamArn
    audit_bucket_name: BucketName
    audit_bucket_arn: BucketArn
    retry_queue_url: QueueUrl
    retry_queue_arn: QueueArn
    dead_letter_queue_url: QueueUrl
    dead_letter_queue_arn: QueueArn
    database_host: DatabaseHost
    database_port: DatabasePort
    database_resource_id: DatabaseResourceId
    database_secret_arn: SecretArn
    gateway_secret_arn: SecretArn


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What compute offers to the layers after it."""

    validator_alias_arn: AliasArn
    processor_alias_arn: AliasArn
    audit_logger_alias_arn: AliasArn
    validator_name: FunctionName
    processor_name: FunctionName
    audit_logger_name: FunctionName
    retrier_name: FunctionName
    sweeper_name: FunctionName
    audit_dead_letter_queue_name: QueueName
    undelivered_events_queue_name: QueueName


def build(template: Template, given: Inputs, code: Code) -> Outputs:
    """Add the functions, then the versions that take their traffic, then what invokes them."""
    audit_dead_letters = template.add_resource(dead_letters.audit_queue(given.data_key_arn))
    template.add_resource(dead_letters.queue_policy(audit_dead_letters))
    undelivered = template.add_resource(dead_letters.events_queue(given.data_key_arn))

    platform = platform_of(template, given, code)
    validator = function.add(template, platform, validating(given))
    processor = function.add(template, platform, processing(given))
    audit_logger = function.add(template, platform, auditing(given, audit_dead_letters))
    retrier = function.add(template, platform, retrying(given))
    sweeper = function.add(template, platform, sweeping(given, undelivered))
    migrator = function.add(template, platform, migrating(given, undelivered))

    template.add_resource(triggers.migration_attempts(migrator))
    schema = template.add_resource(triggers.ledger_schema(migrator, code.schema_version))

    taking_payments = [validator, processor, audit_logger, retrier]
    canary = rollout.canary(template, taking_payments, given.canary_deployment)
    publish = partial(rollout.publish, template, platform)
    validator_alias = publish(validator, canary)
    audit_logger_alias = publish(audit_logger, canary)
    # What posts to the ledger takes over only when the ledger's schema is the one that it knows.
    processor_alias = publish(processor, canary, [schema])
    retrier_alias = publish(retrier, canary, [schema])
    sweeper_alias = publish(sweeper)

    template.add_resource(
        triggers.table_stream(audit_logger_alias, given.payments_stream_arn, audit_dead_letters)
    )
    template.add_resource(triggers.retry_messages(retrier_alias, given.retry_queue_arn, RETRIES_AT_ONCE))
    rule = template.add_resource(triggers.every_minute(sweeper_alias, undelivered))
    template.add_resource(triggers.every_minute_permission(sweeper_alias, rule))
    template.add_resource(triggers.sweep_attempts(sweeper, sweeper_alias))
    template.add_resource(
        dead_letters.queue_policy(undelivered, dead_letters.filled_by_rule(undelivered, rule.get_att("Arn")))
    )
    permissions_boundary.put_on_roles(template, given.permissions_boundary_arn)

    return Outputs(
        validator_alias_arn=AliasArn(Ref(validator_alias)),
        processor_alias_arn=AliasArn(Ref(processor_alias)),
        audit_logger_alias_arn=AliasArn(Ref(audit_logger_alias)),
        validator_name=FunctionName(Ref(validator.resource)),
        processor_name=FunctionName(Ref(processor.resource)),
        audit_logger_name=FunctionName(Ref(audit_logger.resource)),
        retrier_name=FunctionName(Ref(retrier.resource)),
        sweeper_name=FunctionName(Ref(sweeper.resource)),
        audit_dead_letter_queue_name=QueueName(audit_dead_letters.get_att("QueueName")),
        undelivered_events_queue_name=QueueName(undelivered.get_att("QueueName")),
    )


def platform_of(template: Template, given: Inputs, code: Code) -> Platform:
    """Add what the functions share: their libraries, and what Lambda needs to run them."""
    libraries = function.libraries(given.artifact_bucket, code.libraries)
    shared_policy = function.shared_policy(
        names.VALIDATOR,
        names.PROCESSOR,
        names.AUDIT_LOGGER,
        names.RETRIER,
        names.SWEEPER,
        names.MIGRATOR,
    )
    return Platform(
        code=code,
        libraries=template.add_resource(libraries),
        shared_policy=template.add_resource(shared_policy),
        artifact_bucket=given.artifact_bucket,
        environment_suffix=given.environment_suffix,
        memory_mb=given.function_memory_mb,
        log_retention_days=given.log_retention_days,
        subnet_ids=given.private_subnet_ids,
        data_key_arn=given.data_key_arn,
        logs_key_arn=given.logs_key_arn,
    )


def validating(given: Inputs) -> Duty:
    """POST /validate: a payment is written down, once."""
    return Duty(
        title="Validator",
        name=names.VALIDATOR,
        module="payment_validator",
        purpose="Writes down a payment to be taken",
        environment={
            "DYNAMODB_TABLE": given.payments_table_name,
            "ACCEPTED_CURRENCIES": given.accepted_currencies,
        },
        may=[
            grants.create_items(given.payments_table_arn),
            grants.decrypt(given.data_key_arn, "dynamodb"),
        ],
        security_group_ids=[given.function_security_group_id],
        concurrency=given.function_concurrency,
        settings=[given.accepted_currencies],
    )


def processing(given: Inputs) -> Duty:
    """POST /process: a payment is charged and posted, or handed to the retrier."""
    return Duty(
        title="Processor",
        name=names.PROCESSOR,
        module="payment_processor",
        purpose="Charges a payment and posts it to the ledger",
        environment=charging(given),
        may=may_charge(given),
        security_group_ids=[given.function_security_group_id, given.gateway_security_group_id],
        concurrency=given.function_concurrency,
        settings=[given.payment_gateway_url, instance(given.database_host)],
    )


def auditing(given: Inputs, set_aside: sqs.Queue) -> Duty:
    """The table's stream into the audit bucket; POST /audit, GET /status, GET /transactions/{id}."""
    return Duty(
        title="AuditLogger",
        name=names.AUDIT_LOGGER,
        module="audit_logger",
        purpose="Keeps the audit trail, and answers what state the system and its payments are in",
        environment={
            "DYNAMODB_TABLE": given.payments_table_name,
            "AUDIT_BUCKET": given.audit_bucket_name,
            "AUDIT_KEY_ARN": given.audit_key_arn,
            "RETRY_QUEUE_URL": given.retry_queue_url,
            "DEAD_LETTER_QUEUE_URL": given.dead_letter_queue_url,
            **ledger(given, database_users.PROBE),
        },
        may=[
            grants.read_items(given.payments_table_arn),
            # Payments that the stream shows under way, and in nobody's sight, go into the index of the due.
            grants.update_items(given.payments_table_arn),
            grants.read_stream(given.payments_stream_arn),
            grants.list_streams(given.payments_table_arn),
            grants.put_objects(given.audit_bucket_arn),
            grants.reach_bucket(given.audit_bucket_arn),
            grants.measure_queues(given.retry_queue_arn, given.dead_letter_queue_arn),
            grants.send_messages(set_aside.get_att("Arn")),
            grants.connect_to_database(given.database_resource_id, database_users.PROBE),
            grants.decrypt(given.data_key_arn, "dynamodb"),
            grants.encrypt_messages(given.data_key_arn),
            grants.encrypt_objects(given.audit_key_arn),
        ],
        security_group_ids=[given.function_security_group_id],
        concurrency=given.function_concurrency,
        settings=[instance(given.database_host)],
    )


def retrying(given: Inputs) -> Duty:
    """The retry queue: payments are charged again, until they are settled or given up."""
    return Duty(
        title="Retrier",
        name=names.RETRIER,
        module="payment_retrier",
        purpose="Tries payments again that failed for the moment",
        environment=charging(given),
        may=[*may_charge(given), grants.consume_messages(given.retry_queue_arn)],
        security_group_ids=[given.function_security_group_id, given.gateway_security_group_id],
        concurrency=RETRIES_AT_ONCE,
        timeout_seconds=RETRIER_TIMEOUT_SECONDS,
        invokes_itself=True,
        settings=[given.payment_gateway_url, instance(given.database_host)],
    )


def sweeping(given: Inputs, undelivered: sqs.Queue) -> Duty:
    """Each minute: payments whose lease or whose retry got lost go back to the retry queue."""
    return Duty(
        title="Sweeper",
        name=names.SWEEPER,
        module="payment_sweeper",
        purpose="Finds payments that got lost on their way",
        environment={
            "DYNAMODB_TABLE": given.payments_table_name,
            "RETRY_QUEUE_URL": given.retry_queue_url,
        },
        may=[
            grants.query_index(given.payments_table_arn, "due"),
            grants.update_items(given.payments_table_arn),
            grants.send_messages(given.retry_queue_arn, undelivered.get_att("Arn")),
            grants.decrypt(given.data_key_arn, "dynamodb"),
            grants.encrypt_messages(given.data_key_arn),
        ],
        security_group_ids=[given.function_security_group_id],
        # Two sweeps at once would find the same payments.
        concurrency=1,
        undelivered=undelivered,
    )


def migrating(given: Inputs, undelivered: sqs.Queue) -> Duty:
    """The custom resource: the ledger's schema is brought up to the version that the code knows."""
    return Duty(
        title="Migrator",
        name=names.MIGRATOR,
        module="ledger_migrator",
        purpose="Brings the schema of the ledger up to date",
        environment={
            "RDS_SECRET_ARN": given.database_secret_arn,
            "DATABASE_HOST": given.database_host,
            "DATABASE_PORT": given.database_port,
            "DATABASE_NAME": names.LEDGER_DATABASE,
        },
        may=[
            grants.read_secret(given.database_secret_arn),
            # Where the database refuses the owner's password, as PostgreSQL 16 and later may.
            grants.connect_to_database(given.database_resource_id, database_users.OWNER),
            grants.send_messages(undelivered.get_att("Arn")),
            grants.decrypt(given.data_key_arn, "secretsmanager"),
            grants.encrypt_messages(given.data_key_arn),
        ],
        security_group_ids=[given.function_security_group_id],
        # Migrations run one after the other.
        concurrency=1,
        timeout_seconds=MIGRATOR_TIMEOUT_SECONDS,
        undelivered=undelivered,
    )


def charging(given: Inputs) -> dict[str, grants.Target]:
    """What a function is told that charges payments."""
    return {
        "DYNAMODB_TABLE": given.payments_table_name,
        "RETRY_QUEUE_URL": given.retry_queue_url,
        "DEAD_LETTER_QUEUE_URL": given.dead_letter_queue_url,
        "PAYMENT_GATEWAY_URL": given.payment_gateway_url,
        "GATEWAY_SECRET_ARN": given.gateway_secret_arn,
        **ledger(given, database_users.WRITER),
    }


def may_charge(given: Inputs) -> list[Statement]:
    """What a function may do that charges payments, whichever way it hears of them."""
    return [
        grants.update_items(given.payments_table_arn),
        grants.send_messages(given.retry_queue_arn, given.dead_letter_queue_arn),
        grants.read_secret(given.gateway_secret_arn),
        grants.connect_to_database(given.database_resource_id, database_users.WRITER),
        grants.decrypt(given.data_key_arn, "dynamodb", "secretsmanager"),
        grants.encrypt_messages(given.data_key_arn),
    ]


def ledger(given: Inputs, user: str) -> dict[str, grants.Target]:
    """Where the ledger is, and as whom to sign in."""
    return {
        "DATABASE_HOST": given.database_host,
        "DATABASE_PORT": given.database_port,
        "DATABASE_NAME": names.LEDGER_DATABASE,
        "DATABASE_USER": user,
    }


def instance(host: DatabaseHost) -> Select:
    """The part of the database's DNS name that tells one instance from another."""
    return Select(0, Split(".", host))
