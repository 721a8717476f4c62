"""Monitoring: what is watched, who is told, and what the dashboard shows."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Ref, Template, sqs

from templates import dead_letters, names
from templates.monitoring import alerts, dashboard, watches
from templates.monitoring.alarms import alarm, rollback_alarm
from templates.monitoring.watches import Function, Watch
from templates.settings import (
    AlertEmail,
    BlockedRequestsThreshold,
    ClientErrorsThreshold,
    DatabaseConnectionsThreshold,
    DatabaseCpuThreshold,
    EnvironmentSuffix,
    FunctionErrorsThreshold,
    LatencyThresholdMs,
    RetryBacklogThreshold,
    ServerErrorsThreshold,
)
from templates.wires import (
    AlarmArn,
    ApiName,
    DatabaseId,
    FunctionName,
    KeyArn,
    QueueName,
    TableName,
    TopicArn,
    WebAclName,
)


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What monitoring needs from the layers before it."""

    environment_suffix: EnvironmentSuffix
    alert_email: AlertEmail
    client_errors_threshold: ClientErrorsThreshold
    server_errors_threshold: ServerErrorsThreshold
    blocked_requests_threshold: BlockedRequestsThreshold
    retry_backlog_threshold: RetryBacklogThreshold
    function_errors_threshold: FunctionErrorsThreshold
    database_cpu_threshold: DatabaseCpuThreshold
    database_connections_threshold: DatabaseConnectionsThreshold
    latency_threshold_ms: LatencyThresholdMs
    data_key_arn: KeyArn
    api_name: ApiName
    web_acl_name: WebAclName
    validator_name: FunctionName
    processor_name: FunctionName
    audit_logger_name: FunctionName
    retrier_name: FunctionName
    sweeper_name: FunctionName
    payments_table_name: TableName
    retry_queue_name: QueueName
    dead_letter_queue_name: QueueName
    audit_dead_letter_queue_name: QueueName
    undelivered_events_queue_name: QueueName
    database_id: DatabaseId


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What monitoring offers to the layers after it."""

    alerts_topic_arn: TopicArn
    rollback_alarm_arn: AlarmArn


def build(template: Template, given: Inputs) -> Outputs:
    """Add the topic and who hears it, an alarm for each watch, and the dashboard of them all."""
    topic = template.add_resource(alerts.topic(given.data_key_arn))
    template.add_resource(alerts.topic_policy(topic))
    undelivered = template.add_resource(alerts.undelivered_queue(given.data_key_arn))
    template.add_resource(dead_letters.queue_policy(undelivered, alerts.filled_by_topic(undelivered, topic)))
    template.add_resource(alerts.subscription(topic, given.alert_email, undelivered))

    functions = watched_functions(given)
    watched = [
        *watches.of_api(
            given.api_name,
            given.client_errors_threshold,
            given.server_errors_threshold,
            given.latency_threshold_ms,
        ),
        *watches.of_firewall(given.web_acl_name, given.blocked_requests_threshold),
        *watches.of_functions(list(functions.values()), given.function_errors_threshold),
        *watches.of_payments(functions["Processor"], functions["Retrier"], functions["Sweeper"]),
        *watches.of_retries(given.retry_queue_name, given.retry_backlog_threshold),
        *dead_letter_watches(given, undelivered),
        *watches.of_table(given.payments_table_name, functions["AuditLogger"]),
        *watches.of_database(
            given.database_id, given.database_cpu_threshold, given.database_connections_threshold
        ),
    ]
    raised = {watch.title: template.add_resource(alarm(watch, Ref(topic))) for watch in watched}
    rollback = template.add_resource(
        rollback_alarm([raised[watch.title] for watch in watched if watch.rollback], Ref(topic))
    )

    first = [
        *dashboard.original_widgets(given.api_name, list(functions.values())[:3], given.database_id),
        dashboard.states([rollback, *raised.values()]),
        dashboard.latest_failures(list(functions.values())),
    ]
    template.add_resource(dashboard.dashboard(first, watched))
    return Outputs(
        alerts_topic_arn=TopicArn(Ref(topic)),
        rollback_alarm_arn=AlarmArn(rollback.get_att("Arn")),
    )


def watched_functions(given: Inputs) -> dict[str, Function]:
    """The functions that payments depend on, by title; the first three are those of the original.

    Not the migrator: where it fails, so does the deployment that ran it.
    """
    functions = [
        Function("Validator", names.VALIDATOR, given.validator_name),
        Function("Processor", names.PROCESSOR, given.processor_name),
        Function("AuditLogger", names.AUDIT_LOGGER, given.audit_logger_name),
        Function("Retrier", names.RETRIER, given.retrier_name),
        Function("Sweeper", names.SWEEPER, given.sweeper_name),
    ]
    return {each.title: each for each in functions}


def dead_letter_watches(given: Inputs, undelivered: sqs.Queue) -> list[Watch]:
    """Every queue that should be empty."""
    return [
        watches.of_dead_letters(
            "DeadLetters",
            names.RETRY_DEAD_LETTERS,
            given.dead_letter_queue_name,
            "payment-retrier crashed on a payment time and again. First: read its log for the message's "
            "transaction id; once the cause is gone, redrive the queue, which is safe.",
        ),
        watches.of_dead_letters(
            "AuditDeadLetters",
            names.AUDIT_DEAD_LETTERS,
            given.audit_dead_letter_queue_name,
            "The audit trail has a gap: records of the table's stream were set aside. First: repair "
            "what audit-logger's log complains of, within 24 h of the records: the stream keeps them no "
            "longer.",
        ),
        watches.of_dead_letters(
            "UndeliveredEvents",
            names.UNDELIVERED_EVENTS,
            given.undelivered_events_queue_name,
            "A function could not be started, or failed for good, on an event: a sweep or a migration. "
            "First: look at a message's attributes for the error, and see that the function has "
            "concurrency left.",
        ),
        watches.of_dead_letters(
            "UndeliveredAlerts",
            names.UNDELIVERED_ALERTS,
            undelivered.get_att("QueueName"),
            "Alerts do not reach the people they are for. First: see in SNS whether the e-mail "
            "subscription is confirmed, then read the alerts in the queue.",
        ),
    ]
