"""Telemetry: one line of log for each outcome, and the metrics that alarms watch."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from handlers.payments.problem import Problem
from handlers.runtime.api_gateway import Request

# What the alarms watch: templates/names.py has the same words.
VALIDATED = "PaymentValidated"
PROCESSED = "PaymentProcessed"
DECLINED = "PaymentDeclined"
RETRIED = "PaymentRetried"
FAILED = "PaymentFailed"
REQUEUED = "PaymentRequeued"
STUCK = "PaymentStuck"
AUDITED = "AuditRecorded"
HANDLED_FAILURE = "HandledFailure"


@cache
def logger() -> Logger:
    """The log; the function's name comes from its environment, as Powertools has it."""
    return Logger(utc=True)


@cache
def metrics() -> Metrics:
    """The metrics; namespace and function's name come from the environment."""
    return Metrics()


def tell(outcome: str, *, counts: dict[str, int] | None = None, **particulars: Any) -> None:
    """Log `outcome` with its `particulars`, and count `counts`.

    Particulars are ids, codes and figures: never a body, a customer or a secret.
    """
    logger().info(outcome, extra={"outcome": outcome, **particulars})
    for name, count in (counts or {}).items():
        metrics().add_metric(name=name, unit=MetricUnit.Count, value=count)
    if counts:
        metrics().flush_metrics()


def refused(request: Request, problem: Problem) -> None:
    """Tell that `request` was answered with `problem`: where it is wrong, and not what it says there."""
    tell(
        problem.kind.replace("-", "_"),
        correlation_id=request.correlation_id,
        status=problem.status,
        faults=len(problem.faults),
    )


def broken(request: Request, reason: str) -> None:
    """Tell that `request` could not be answered, because something else did not."""
    failed("unavailable", reason, correlation_id=request.correlation_id)


def failed(outcome: str, reason: str, **particulars: Any) -> None:
    """Tell of a failure that was handled, and count it."""
    tell(outcome, counts={HANDLED_FAILURE: 1}, reason=reason, **particulars)
