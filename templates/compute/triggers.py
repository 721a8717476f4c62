"""Triggers: what invokes the functions besides the API."""

from __future__ import annotations

from troposphere import AccountId, Ref, awslambda, events, sqs
from troposphere.cloudformation import CustomResource

from templates.compute.function import Made
from templates.wires import QueueArn, StreamArn

# Messages that the retrier is handed at once. It has time to attempt both, however slow the gateway is;
# a third would go back untried, and count as received all the same.
RETRY_BATCH = 2

# Records that the audit logger could not store for a quarter of the day that the stream keeps them are
# set aside, so that people still find them there.
OLDEST_RECORD_SECONDS = 21_600

# The shortest that Lambda and EventBridge keep an event for.
SWEEP_LATEST_SECONDS = 60


class ScalingConfig(awslambda.ScalingConfig):
    """How far a mapping scales; troposphere 4.11 knows only the properties of a namesake."""

    props = awslambda.ScalingConfig.props | {"MaximumConcurrency": (int, True)}


class LedgerSchema(CustomResource):
    """The ledger's schema, as a resource whose version shows in the change set."""

    resource_type = "Custom::LedgerSchema"
    props = CustomResource.props | {"SchemaVersion": (str, True)}


def ledger_schema(migrator: Made, version: str) -> LedgerSchema:
    """Have the migrator bring the schema to `version`; it runs when that changes."""
    return LedgerSchema(
        "LedgerSchema",
        ServiceToken=migrator.resource.get_att("Arn"),
        # A little longer than the function has, so that it can still answer.
        ServiceTimeout=migrator.duty.timeout_seconds + 60,
        SchemaVersion=version,
    )


def migration_attempts(migrator: Made) -> awslambda.EventInvokeConfig:
    """One, which answers for itself: another would migrate when CloudFormation has heard of a failure."""
    return awslambda.EventInvokeConfig(
        "MigrationAttempts",
        FunctionName=Ref(migrator.resource),
        Qualifier="$LATEST",
        MaximumEventAgeInSeconds=migrator.duty.timeout_seconds,
        MaximumRetryAttempts=0,
    )


def retry_messages(
    retrier: awslambda.Alias, queue_arn: QueueArn, most_at_once: int
) -> awslambda.EventSourceMapping:
    """Hand the retry queue to the retrier; of a batch, only the messages that it names come back."""
    return awslambda.EventSourceMapping(
        "RetryMessages",
        EventSourceArn=queue_arn,
        FunctionName=Ref(retrier),
        BatchSize=RETRY_BATCH,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        # As many as the function has reserved: Lambda would throttle the others, and each such
        # attempt counts as one that failed.
        ScalingConfig=ScalingConfig(MaximumConcurrency=most_at_once),
    )


def table_stream(
    audit_logger: awslambda.Alias, stream_arn: StreamArn, set_aside: sqs.Queue
) -> awslambda.EventSourceMapping:
    """Hand every change of the table to the audit logger, from the first one on."""
    return awslambda.EventSourceMapping(
        "TableStream",
        EventSourceArn=stream_arn,
        FunctionName=Ref(audit_logger),
        StartingPosition="TRIM_HORIZON",
        BatchSize=100,
        # A payment takes a second or two: of most, the first record and the last then come together, and
        # only those still under way are put in the index of due payments (handlers.payments.stream_to_audit).
        MaximumBatchingWindowInSeconds=5,
        # Narrows a batch down to the record that cannot be stored.
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRecordAgeInSeconds=OLDEST_RECORD_SECONDS,
        DestinationConfig=awslambda.DestinationConfig(
            OnFailure=awslambda.OnFailure(Destination=set_aside.get_att("Arn"))
        ),
    )


def every_minute(sweeper: awslambda.Alias, undelivered: sqs.Queue) -> events.Rule:
    """Run the sweeper each minute; a run that comes too late is left to the next one."""
    return events.Rule(
        "EveryMinute",
        Description="Finds payments that got lost",
        ScheduleExpression="rate(1 minute)",
        State="ENABLED",
        Targets=[
            events.Target(
                Id="Sweeper",
                Arn=Ref(sweeper),
                RetryPolicy=events.RetryPolicy(
                    MaximumEventAgeInSeconds=SWEEP_LATEST_SECONDS, MaximumRetryAttempts=1
                ),
                DeadLetterConfig=events.DeadLetterConfig(Arn=undelivered.get_att("Arn")),
            )
        ],
    )


def every_minute_permission(sweeper: awslambda.Alias, rule: events.Rule) -> awslambda.Permission:
    """Let the rule, and nothing else of EventBridge, invoke the sweeper."""
    return awslambda.Permission(
        "EveryMinutePermission",
        Action="lambda:InvokeFunction",
        FunctionName=Ref(sweeper),
        Principal="events.amazonaws.com",
        SourceAccount=AccountId,
        SourceArn=rule.get_att("Arn"),
    )


def sweep_attempts(sweeper: Made, alias: awslambda.Alias) -> awslambda.EventInvokeConfig:
    """A sweep that failed is not repeated: the next one finds the same."""
    return awslambda.EventInvokeConfig(
        "SweepAttempts",
        FunctionName=Ref(sweeper.resource),
        Qualifier=alias.Name,
        MaximumEventAgeInSeconds=SWEEP_LATEST_SECONDS,
        MaximumRetryAttempts=0,
        # The name refers to nothing, and Lambda refuses one that is not there yet.
        DependsOn=alias,
    )
