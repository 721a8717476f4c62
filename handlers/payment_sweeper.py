"""Sweeper: each minute, payments that got lost on their way go back to the retry queue."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache

from handlers.payments.adapters.dynamodb import Store
from handlers.payments.clock import Deadline, SystemClock
from handlers.payments.requeue_due import sweep
from handlers.payments.retry import Queue
from handlers.runtime import clients, telemetry
from handlers.runtime.api_gateway import Event
from handlers.runtime.context import Context, seconds_left
from handlers.runtime.settings import setting


@cache
def store() -> Store:
    """The payments table."""
    return Store(clients.dynamodb(), setting("DYNAMODB_TABLE"))


@cache
def retries() -> Queue:
    """The retry queue."""
    return Queue(clients.sqs(), setting("RETRY_QUEUE_URL"))


def handler(event: Event, context: Context) -> dict[str, int]:  # noqa: ARG001 - the event says nothing
    """Announce every payment that is due."""
    clock = SystemClock()
    found = sweep(store(), retries(), clock, Deadline.after(seconds_left(context), clock))
    telemetry.tell(
        "swept",
        counts={
            telemetry.REQUEUED: found.requeued,
            telemetry.STUCK: found.stuck,
            telemetry.HANDLED_FAILURE: found.faults,
        },
        correlation_id=context.aws_request_id,
        **asdict(found),
    )
    return asdict(found)
