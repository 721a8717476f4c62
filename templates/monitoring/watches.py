"""Watches: what is measured, when it is bad, and what the person who is woken does first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from troposphere import AWSHelperFn, Region

from handlers.payments import metrics
from templates import names
from templates.settings import (
    BlockedRequestsThreshold,
    ClientErrorsThreshold,
    DatabaseConnectionsThreshold,
    DatabaseCpuThreshold,
    FunctionErrorsThreshold,
    LatencyThresholdMs,
    RetryBacklogThreshold,
    ServerErrorsThreshold,
)
from templates.wires import ApiName, DatabaseId, FunctionName, QueueName, TableName, WebAclName

MINUTE = 60
FIVE_MINUTES = 300

# What CloudWatch makes of periods without data.
NO_DATA_IS_WELL = "notBreaching"
NO_DATA_IS_BAD = "breaching"
NO_DATA_CHANGES_NOTHING = "ignore"

# Longer than a payment's message may wait by design: SQS delays one by 15 minutes at most.
RETRY_AGE_SECONDS = 1800

# The table's stream forgets after 24 h; the audit trail must not fall behind by more than this.
STREAM_AGE_MS = 600_000

# RDS adds storage by itself below a tenth; less than this means that it reached the most it may have.
FREE_STORAGE_BYTES = 5 * 1024**3

# Below this PostgreSQL begins to swap.
FREEABLE_MEMORY_BYTES = 256 * 1024**2


@dataclass(frozen=True)
class Metric:
    """A figure that CloudWatch keeps."""

    namespace: str
    name: str
    dimensions: Mapping[str, AWSHelperFn | str]
    statistic: str = "Sum"
    period: int = FIVE_MINUTES


@dataclass(frozen=True, kw_only=True)
class Watch:
    """A metric, and what is said and done when it passes its threshold."""

    title: str
    """Begins the alarm's logical id: `ServerErrors`."""
    name: str
    """Begins the alarm's physical name: `payment-api-5xx-errors`."""
    panel: str
    """The dashboard's widget that shows it."""
    metric: Metric
    threshold: AWSHelperFn | int
    advice: str
    above: bool = True
    """Whether the metric is bad above the threshold, or below it."""
    periods: int = 1
    of_which: int | None = None
    """How many of `periods` must be bad; all of them where it is not said."""
    no_data: str = NO_DATA_IS_WELL
    rollback: bool = False
    """Whether a deployment during which this happens is taken back."""


@dataclass(frozen=True)
class Function:
    """A function, by what it is called here and by its name."""

    title: str
    role: str
    name: FunctionName


def of_api(
    api: ApiName,
    client_errors: ClientErrorsThreshold,
    server_errors: ServerErrorsThreshold,
    latency: LatencyThresholdMs,
) -> list[Watch]:
    """How the API answers."""
    where = {"ApiName": api}
    return [
        Watch(
            title="ClientErrors",
            name="payment-api-4xx-errors",
            panel="API Errors",
            metric=Metric("AWS/ApiGateway", "4XXError", where),
            threshold=client_errors,
            periods=2,
            advice="Callers are refused. First: count `status` by `apiKeyId` in the API's access log: one "
            "caller with 400 or 403 has a fault of its own, many with 429 are over the limits.",
        ),
        Watch(
            title="ServerErrors",
            name="payment-api-5xx-errors",
            panel="API Errors",
            metric=Metric("AWS/ApiGateway", "5XXError", where),
            threshold=server_errors,
            rollback=True,
            advice="Callers get no answer; nobody is charged twice when they try again. First: see in the "
            "API's access log which route fails and its `integrationError`, then that function's log.",
        ),
        Watch(
            title="Latency",
            name="payment-api-latency",
            panel="API Latency p99",
            metric=Metric("AWS/ApiGateway", "Latency", where, "p99", MINUTE),
            threshold=latency,
            periods=5,
            of_which=3,
            rollback=True,
            advice="Callers wait. First: open the slowest traces of the last minutes in X-Ray and see "
            "whether the payment gateway, the database or a cold start takes the time.",
        ),
    ]


def of_firewall(web_acl: WebAclName, blocked: BlockedRequestsThreshold) -> list[Watch]:
    """What the firewall keeps out."""
    return [
        Watch(
            title="BlockedRequests",
            name="payment-api-blocked-requests",
            panel="Blocked Requests",
            metric=Metric(
                "AWS/WAFV2", "BlockedRequests", {"WebACL": web_acl, "Region": Region, "Rule": "ALL"}
            ),
            threshold=blocked,
            advice="The firewall blocks unusually much: an attack, or a rule that hits a customer. First: "
            "group the firewall's log by `terminatingRuleId` and client address.",
        ),
    ]


def of_functions(functions: Sequence[Function], errors: FunctionErrorsThreshold) -> list[Watch]:
    """How each function fares."""
    return [
        watch
        for each in functions
        for watch in (function_errors(each, errors), throttles(each), handled_failures(each, errors))
    ]


def function_errors(function: Function, errors: FunctionErrorsThreshold) -> Watch:
    """Invocations that ended in an error that nobody caught."""
    # The one alarm on errors that the original had watches the processor, under this name.
    original = function.role == names.PROCESSOR
    return Watch(
        title=f"{function.title}Errors",
        name="payment-lambda-errors" if original else f"{function.role}-errors",
        panel="Function Errors",
        metric=Metric("AWS/Lambda", "Errors", {"FunctionName": function.name}),
        threshold=errors,
        periods=2,
        rollback=True,
        advice=f"{function.role} crashes or runs out of time. First: read the latest ERROR in its log; if "
        "it began with a deployment, roll that back.",
    )


def throttles(function: Function) -> Watch:
    """Invocations that found no free concurrency."""
    return Watch(
        title=f"{function.title}Throttles",
        name=f"{function.role}-throttles",
        panel="Function Throttles",
        metric=Metric("AWS/Lambda", "Throttles", {"FunctionName": function.name}, period=MINUTE),
        threshold=0,
        periods=5,
        of_which=3,
        advice=f"{function.role} is called more often than its reserved concurrency allows. First: compare "
        "its duration with yesterday's; if it is not slower, raise FunctionConcurrency.",
    )


def handled_failures(function: Function, errors: FunctionErrorsThreshold) -> Watch:
    """Failures that the code expected and answered: they are not among Lambda's errors."""
    return Watch(
        title=f"{function.title}Failures",
        name=f"{function.role}-failures",
        panel="Handled Failures",
        metric=own(function, metrics.HANDLED_FAILURE),
        threshold=errors,
        periods=2,
        rollback=True,
        advice=f"What {function.role} depends on does not answer: the payment gateway, the database, the "
        "table or a queue. First: count the failures in its log by `reason`, then see the status page "
        "of what it names.",
    )


def of_payments(processor: Function, retrier: Function, sweeper: Function) -> list[Watch]:
    """What becomes of payments in the end."""
    return [
        failed_payments(processor),
        failed_payments(retrier),
        stuck_payments(retrier),
        stuck_payments(sweeper),
        Watch(
            title="SilentSweeper",
            name="payment-sweeper-silent",
            panel="Payments",
            metric=Metric("AWS/Lambda", "Invocations", {"FunctionName": sweeper.name}),
            threshold=1,
            above=False,
            # It runs every minute: no data is no sweep.
            no_data=NO_DATA_IS_BAD,
            advice="The sweeper does not run, so payments that get lost stay lost. First: see whether the "
            "rule that runs it every minute is enabled, and what lies in the queue of undelivered events.",
        ),
    ]


def failed_payments(function: Function) -> Watch:
    """Payments that `function` gave up, after the last attempt or because no other would help."""
    return Watch(
        title=f"{function.title}FailedPayments",
        name=f"{function.role}-failed-payments",
        panel="Payments",
        metric=own(function, metrics.FAILED),
        threshold=0,
        advice="A payment is given up, and nobody will try it again. First: find its transaction id in "
        f"{function.role}'s log, and ask the payment gateway whether it was charged.",
    )


def stuck_payments(function: Function) -> Watch:
    """Payments under way for longer than all attempts take, as `function` comes upon them."""
    return Watch(
        title=f"{function.title}StuckPayments",
        name=f"{function.role}-stuck-payments",
        panel="Payments",
        metric=own(function, metrics.STUCK),
        threshold=0,
        advice="Payments stay under way although they are tried again. First: see whether the retry queue "
        "is consumed (its age, the retrier's errors), then follow one transaction id through the logs.",
    )


def own(function: Function, name: str, statistic: str = "Sum", period: int = FIVE_MINUTES) -> Metric:
    """A metric that the code of `function` reports by itself."""
    return Metric(names.METRICS, name, {"service": function.name}, statistic, period)


def of_retries(retries: QueueName, backlog: RetryBacklogThreshold) -> list[Watch]:
    """What waits for another attempt."""
    where = {"QueueName": retries}
    return [
        Watch(
            title="RetryAge",
            name="payment-retry-age",
            panel="Retry Queue Age",
            metric=Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", where, "Maximum"),
            threshold=RETRY_AGE_SECONDS,
            periods=2,
            advice="Payments wait for their next attempt longer than planned. First: see whether "
            "payment-retrier runs (its invocations, errors and throttles) and its trigger is enabled.",
        ),
        Watch(
            title="RetryBacklog",
            name="payment-retry-backlog",
            panel="Queued Messages",
            metric=Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", where, "Maximum"),
            threshold=backlog,
            periods=3,
            advice="More payments need another attempt than are worked off. First: look at the handled "
            "failures: mostly the payment gateway is down, and the queue empties by itself once it is "
            "back.",
        ),
    ]


def of_dead_letters(title: str, name: str, queue: AWSHelperFn, advice: str) -> Watch:
    """What could not be handed over, and lies in `queue` until somebody looks at it."""
    return Watch(
        title=title,
        name=name,
        panel="Queued Messages",
        metric=Metric(
            "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue}, "Maximum", MINUTE
        ),
        threshold=0,
        # An idle queue reports nothing; that alone does not make it empty.
        no_data=NO_DATA_CHANGES_NOTHING,
        advice=advice,
    )


def of_table(table: TableName, audit_logger: Function) -> list[Watch]:
    """The payments table, and the stream that the audit trail is made from."""
    throttled = (
        "Payments fail or slow down because DynamoDB refuses {kind} of the payments table. First: see in its "
        "metrics whether one transaction id is hammered, or the account's limits are reached."
    )
    return [
        Watch(
            title=f"{kind}Throttles",
            name=f"payment-table-{kind.lower()}-throttles",
            panel="Table Throttles",
            metric=Metric("AWS/DynamoDB", f"{kind}ThrottleEvents", {"TableName": table}, period=MINUTE),
            threshold=0,
            periods=5,
            of_which=3,
            advice=throttled.format(kind=f"{kind.lower()}s"),
        )
        for kind in ("Read", "Write")
    ] + [
        Watch(
            title="StreamAge",
            name="payment-audit-stream-age",
            panel="Audit Stream Age",
            metric=Metric("AWS/Lambda", "IteratorAge", {"FunctionName": audit_logger.name}, "Maximum"),
            threshold=STREAM_AGE_MS,
            periods=2,
            advice="The audit trail falls behind; after 24 h transitions are lost for it. First: read "
            "audit-logger's latest ERROR: one record that cannot be stored holds up its shard.",
        ),
    ]


def of_database(
    database: DatabaseId, cpu: DatabaseCpuThreshold, connections: DatabaseConnectionsThreshold
) -> list[Watch]:
    """The database."""
    where = {"DBInstanceIdentifier": database}
    return [
        Watch(
            title="DatabaseCpu",
            name="payment-rds-cpu",
            panel="Database CPU",
            metric=Metric("AWS/RDS", "CPUUtilization", where, "Average"),
            threshold=cpu,
            periods=3,
            # A database that is up always tells its CPU; the other alarms leave its silence to this one.
            no_data=NO_DATA_IS_BAD,
            advice="The database is overloaded or, without data, down. First: see its state in RDS, then "
            "the top statements in Performance Insights.",
        ),
        Watch(
            title="DatabaseStorage",
            name="payment-rds-storage",
            panel="Database Storage",
            metric=Metric("AWS/RDS", "FreeStorageSpace", where, "Minimum"),
            threshold=FREE_STORAGE_BYTES,
            above=False,
            no_data=NO_DATA_CHANGES_NOTHING,
            advice="The database is about to stop for lack of storage, and does not grow by itself. "
            "First: raise DatabaseMaxStorageGib; then see which table or log grew.",
        ),
        Watch(
            title="DatabaseConnections",
            name="payment-rds-connections",
            panel="Database Connections",
            metric=Metric("AWS/RDS", "DatabaseConnections", where, "Maximum"),
            threshold=connections,
            periods=2,
            no_data=NO_DATA_CHANGES_NOTHING,
            advice="More connections are open than functions run, so some leak or hang. First: list them "
            "by user and state in pg_stat_activity.",
        ),
        Watch(
            title="DatabaseMemory",
            name="payment-rds-memory",
            panel="Database Memory",
            metric=Metric("AWS/RDS", "FreeableMemory", where, "Minimum"),
            threshold=FREEABLE_MEMORY_BYTES,
            above=False,
            periods=3,
            no_data=NO_DATA_CHANGES_NOTHING,
            advice="The database runs out of memory. First: see in Performance Insights which statement "
            "grew; if none, a larger DatabaseClass is due.",
        ),
    ]
