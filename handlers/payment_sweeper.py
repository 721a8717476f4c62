"""Sweeper: each minute, payments whose lease or message was lost go back to the retry queue."""

from __future__ import annotations

from dataclasses import asdict

from handlers.payments import metrics
from handlers.payments.clock import Deadline, SystemClock
from handlers.payments.requeue_due import sweep
from handlers.runtime import telemetry
from handlers.runtime.api_gateway import Event
from handlers.runtime.context import Context, seconds_left
from handlers.runtime.wiring.retries import retries
from handlers.runtime.wiring.store import store


def handler(event: Event, context: Context) -> dict[str, int]:  # noqa: ARG001 - a schedule's event is empty
    """Send every due payment back to the retry queue."""
    clock = SystemClock()
    counts = sweep(store(), retries(), clock, Deadline.after(seconds_left(context), clock))
    telemetry.log(
        "swept",
        counts={
            metrics.REQUEUED: counts.requeued,
            metrics.STUCK: counts.stuck,
            metrics.HANDLED_FAILURE: counts.faults,
        },
        correlation_id=context.aws_request_id,
        **asdict(counts),
    )
    return asdict(counts)
