"""Structured logs, one line for each outcome, and metrics in CloudWatch's embedded format."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from handlers.payments.metrics import HANDLED_FAILURE
from handlers.payments.problem import Problem
from handlers.runtime.api_gateway import Request


@cache
def logger() -> Logger:
    """Return the log; the service's name comes from Powertools' environment variables."""
    return Logger(utc=True)


@cache
def metrics() -> Metrics:
    """Return the metrics; namespace and service come from Powertools' environment variables."""
    return Metrics()


def log(outcome: str, *, counts: dict[str, int] | None = None, **particulars: Any) -> None:
    """Log `outcome` with its `particulars`, and add `counts` to the metrics.

    Particulars are ids, codes and figures: never a body, a customer or a secret.
    """
    logger().info(outcome, extra={"outcome": outcome, **particulars})
    for name, count in (counts or {}).items():
        metrics().add_metric(name=name, unit=MetricUnit.Count, value=count)
    if counts:
        metrics().flush_metrics()


def refused(request: Request, problem: Problem) -> None:
    """Log that `request` was answered with `problem`: the number of faults, and nothing of the body."""
    log(
        problem.kind.replace("-", "_"),
        correlation_id=request.correlation_id,
        status=problem.status,
        faults=len(problem.faults),
    )


def broken(request: Request, reason: str) -> None:
    """Log that `request` failed because a service did not respond."""
    failed("unavailable", reason, correlation_id=request.correlation_id)


def failed(outcome: str, reason: str, **particulars: Any) -> None:
    """Log a failure that was handled, and count it."""
    log(outcome, counts={HANDLED_FAILURE: 1}, reason=reason, **particulars)
