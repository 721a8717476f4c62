"""Contradictions: numbers of one release that cannot all be meant, found before anything is deployed.

What no load would ever make right is refused here. What depends on the load, a throttle above what the
functions can serve, is for `build.py capacity` to tell (docs/decisions/0017-contradictions.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline import BuildError
from pipeline.evaluation.resolved import Deployed, Resource
from pipeline.release.postgres import RESERVED_CONNECTIONS, connected, most_connections
from pipeline.release.source_constants import constant
from pipeline.release.templates import ROOT, Templates, documents

# Limits of API Gateway and Lambda: how long an integration may take, how many times a function's timeout
# the queue that feeds it should hide a message, and how few executions a queue's mapping may be given.
API_SECONDS = 29.0
VISIBILITY_TIMES = 6
LEAST_AT_ONCE = 2
# RDS grows storage by a tenth at least, and refuses a ceiling that leaves no room for it.
TENTHS_GROWN = 11
ALARM_SECONDS = 300


class ContradictionError(BuildError):
    """Numbers of a release that contradict each other."""


def check(
    name: str, project: Path, templates: Templates, parameters: Mapping[str, str], root: str = ROOT
) -> None:
    """Raise ContradictionError where numbers of `templates` under `parameters` contradict each other.

    `name` is the file of the parameters, `root` the template that they are for.
    """
    deployed = Deployed(templates[root].document, documents(templates), parameters)
    faults = list(found(deployed, project))
    if faults:
        raise ContradictionError(*(f"{name}: {fault}" for fault in faults))


def found(deployed: Deployed, project: Path) -> Iterator[str]:
    """Every contradiction of `deployed`, each with both numbers and where they come from."""
    yield from deployed.broken_rules()
    yield from of_throttles(deployed)
    yield from of_time(deployed)
    yield from of_queues(deployed, project)
    yield from of_leases(deployed, project)
    yield from of_connections(deployed)
    yield from of_storage(deployed)
    yield from of_retention(deployed)
    yield from of_alarms(deployed)


def of_throttles(deployed: Deployed) -> Iterator[str]:
    """A usage plan that promises a caller more than the stage lets in from all of them."""
    stage, plan = deployed.only("AWS::ApiGateway::Stage"), deployed.only("AWS::ApiGateway::UsagePlan")
    if stage is None or plan is None:
        return
    for kind in ("RateLimit", "BurstLimit"):
        whole = stage.number(f"MethodSettings/0/Throttling{kind}")
        share = plan.number(f"Throttle/{kind}")
        if whole is not None and share is not None and share > whole:
            yield (
                f"{plan.place}: found a {kind} of {share:,.0f}, "
                f"expected at most the {whole:,.0f} of {stage.place}"
            )


def of_time(deployed: Deployed) -> Iterator[str]:
    """A function behind the API that may still run when API Gateway has given up."""
    for method in deployed.all("AWS::ApiGateway::Method"):
        function = deployed.behind(method, "Integration/Uri")
        given = method.number("Integration/TimeoutInMillis")
        waits = API_SECONDS if given is None else given / 1000
        runs = function.number("Timeout") if function else None
        if function and runs is not None and runs >= waits:
            yield (
                f"{function.place}: found a Timeout of {runs:.0f} s, "
                f"expected less than the {waits:.0f} s that API Gateway waits ({method.place})"
            )


def of_queues(deployed: Deployed, project: Path) -> Iterator[str]:
    """A queue that shows a message again, or hands over more, than the function it feeds can take."""
    attempt = constant(project, "handlers/payment_retrier.py", "ATTEMPT_SECONDS")
    least = constant(project, "handlers/payment_retrier.py", "LEAST_SECONDS")
    spare = constant(project, "handlers/runtime/context.py", "RESERVE_SECONDS")
    for source in deployed.all("AWS::Lambda::EventSourceMapping"):
        queue, function = queue_of(deployed, source), deployed.behind(source, "FunctionName")
        runs = function.number("Timeout") if function else None
        if queue is None or function is None or runs is None:
            continue
        # What SQS takes where nothing is said.
        hidden = queue.number("VisibilityTimeout") or 30.0
        if hidden < VISIBILITY_TIMES * runs:
            yield (
                f"{queue.place}: found a VisibilityTimeout of {hidden:.0f} s, expected at least "
                f"{VISIBILITY_TIMES * runs:.0f} s, {VISIBILITY_TIMES} times the {runs:.0f} s of "
                f"{function.place}"
            )
        batch = source.number("BatchSize") or 10.0
        if attempt is not None and least is not None and spare is not None:
            takes = (batch - 1) * attempt + least + spare
            if takes > runs:
                yield (
                    f"{source.place}: found a BatchSize of {batch:.0f}, which takes {takes:.0f} s "
                    f"({attempt:.0f} s an attempt, no less than {least:.0f} s for the last), "
                    f"expected at most the {runs:.0f} s of {function.place}"
                )
        yield from of_scaling(source, function)


def of_scaling(source: Resource, function: Resource) -> Iterator[str]:
    """A mapping that scales beyond what its function has reserved, or less than SQS lets it."""
    most, reserved = (
        source.number("ScalingConfig/MaximumConcurrency"),
        function.number("ReservedConcurrentExecutions"),
    )
    if most is None:
        return
    if most < LEAST_AT_ONCE:
        yield (
            f"{source.place}: found a MaximumConcurrency of {most:.0f}, expected at least {LEAST_AT_ONCE}, "
            "the least that SQS takes"
        )
    if reserved is not None and most > reserved:
        yield (
            f"{source.place}: found a MaximumConcurrency of {most:.0f}, expected at most the {reserved:.0f} "
            f"executions that {function.place} reserves"
        )


def queue_of(deployed: Deployed, source: Resource) -> Resource | None:
    """The queue that `source` hands over, if it is one."""
    queues = {each.target: each for each in deployed.all("AWS::SQS::Queue")}
    return next((queues[each] for each in source.refers_to("EventSourceArn") if each in queues), None)


def of_leases(deployed: Deployed, project: Path) -> Iterator[str]:
    """A payment's lease that ends while the function that holds it may still charge."""
    lease = constant(project, "handlers/payments/processing.py", "LEASE_MS")
    for function in deployed.all("AWS::Lambda::Function"):
        charges = "GATEWAY_SECRET_ARN" in function.holds("Environment/Variables")
        runs = function.number("Timeout")
        if charges and lease is not None and runs is not None and lease / 1000 <= runs:
            yield (
                f"{function.place}: found a Timeout of {runs:.0f} s, expected less than the "
                f"{lease / 1000:.0f} s of a lease (LEASE_MS of handlers/payments/processing.py)"
            )


def of_connections(deployed: Deployed) -> Iterator[str]:
    """More connections than the database takes, or an alarm on them that rings always or never."""
    database = deployed.only("AWS::RDS::DBInstance")
    if database is None:
        return
    functions = connected(deployed)
    opened = sum(each.number("ReservedConcurrentExecutions") or 0 for each in functions)
    taken = most_connections(deployed, database)
    threshold = threshold_of(deployed, "DatabaseConnections")
    if taken is not None and opened > taken - RESERVED_CONNECTIONS:
        yield (
            f"FunctionConcurrency: found {opened:.0f} connections of {len(functions)} functions, expected "
            f"at most {taken - RESERVED_CONNECTIONS}, what a {database.text('DBInstanceClass')} takes "
            "(DatabaseClass)"
        )
    if threshold is not None and threshold < opened:
        yield (
            f"DatabaseConnectionsThreshold: found {threshold:.0f}, expected at least the {opened:.0f} "
            "connections that the functions open when all of them run (FunctionConcurrency)"
        )
    if threshold is not None and taken is not None and threshold >= taken:
        yield (
            f"DatabaseConnectionsThreshold: found {threshold:.0f}, expected less than the {taken} "
            f"connections that a {database.text('DBInstanceClass')} takes (DatabaseClass): the alarm would "
            "never ring"
        )


def of_storage(deployed: Deployed) -> Iterator[str]:
    """A database that may not grow from what it starts with."""
    for database in deployed.all("AWS::RDS::DBInstance"):
        begins, ends = database.number("AllocatedStorage"), database.number("MaxAllocatedStorage")
        if begins is not None and ends is not None and ends * 10 < begins * TENTHS_GROWN:
            yield (
                f"DatabaseMaxStorageGib: found {ends:.0f}, expected at least a tenth more than "
                f"DatabaseStorageGib, {begins:.0f}"
            )


def of_retention(deployed: Deployed) -> Iterator[str]:
    """What is to be deleted while a lock still forbids it."""
    for bucket in deployed.all("AWS::S3::Bucket"):
        locked = bucket.number("ObjectLockConfiguration/Rule/DefaultRetention/Days")
        for place in range(bucket.size("LifecycleConfiguration/Rules")):
            at = f"LifecycleConfiguration/Rules/{place}"
            for path in ("ExpirationInDays", "NoncurrentVersionExpiration/NoncurrentDays"):
                expires = bucket.number(f"{at}/{path}")
                if locked is not None and expires is not None and expires < locked:
                    yield (
                        f"{bucket.place}: found {expires:.0f} days in {bucket.text(f'{at}/Id')}, expected "
                        f"at least the {locked:.0f} of its lock (AuditLockDays)"
                    )
    for plan in deployed.all("AWS::Backup::BackupPlan"):
        kept = plan.number("BackupPlan/BackupPlanRule/0/Lifecycle/DeleteAfterDays")
        for target in plan.refers_to("BackupPlan/BackupPlanRule/0/TargetBackupVault"):
            vault = deployed.at(target)
            least = vault.number("LockConfiguration/MinRetentionDays") if vault else None
            if vault and kept is not None and least is not None and kept < least:
                yield (
                    f"{plan.place}: found copies kept for {kept:.0f} days, expected at least the "
                    f"{least:.0f} that {vault.place} is locked for"
                )


def of_alarms(deployed: Deployed) -> Iterator[str]:
    """Alarms on figures that cannot come to be."""
    stage = deployed.only("AWS::ApiGateway::Stage")
    rate = stage.number("MethodSettings/0/ThrottlingRateLimit") if stage else None
    if rate is not None:
        # The stage lets in no more in five minutes; what it throttles counts as a client's error as well.
        most = rate * ALARM_SECONDS
        errors = threshold_of(deployed, "5XXError")
        if errors is not None and errors >= most:
            yield (
                f"ServerErrorsThreshold: found {errors:,.0f}, expected less than the {most:,.0f} requests "
                "that ApiRateLimit lets in in five minutes"
            )
    slow = threshold_of(deployed, "Latency")
    slowest = [
        runs
        for each in deployed.all("AWS::ApiGateway::Method")
        if (function := deployed.behind(each, "Integration/Uri"))
        and (runs := function.number("Timeout")) is not None
    ]
    if slow is not None and slowest and slow >= max(slowest) * 1000:
        yield (
            f"LatencyThresholdMs: found {slow:.0f}, expected less than the {max(slowest) * 1000:.0f} ms "
            "after which the functions behind the API are ended: the alarm would never ring"
        )


def threshold_of(deployed: Deployed, metric: str) -> float | None:
    """The threshold of the first alarm on `metric`."""
    alarms = deployed.all("AWS::CloudWatch::Alarm")
    return next((each.number("Threshold") for each in alarms if each.text("MetricName") == metric), None)
