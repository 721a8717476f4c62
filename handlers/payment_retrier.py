"""Retrier: each message of the retry queue is another attempt at a payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.payments.clock import Deadline
from handlers.payments.processing import Processing
from handlers.payments.retry import Message, MessageError
from handlers.payments.store import StoreError
from handlers.runtime import outcome_metrics, telemetry
from handlers.runtime.api_gateway import Event
from handlers.runtime.context import Context, seconds_left
from handlers.runtime.wiring.processing import processing

# An attempt may take as long as when a client waits for it.
ATTEMPT_SECONDS = 27.0
# An attempt without time to ask the gateway would only count as one more failure.
LEAST_SECONDS = 15.0


def handler(event: Event, context: Context) -> dict[str, list[dict[str, str]]]:
    """Make an attempt for each message; return those to deliver again."""
    failed = [
        record["messageId"] for record in event["Records"] if not attempt(record, processing(), context)
    ]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def attempt(record: Mapping[str, Any], on: Processing, context: Context) -> bool:
    """Make the attempt; False delivers the message again, at last to the dead-letter queue."""
    message_id = record["messageId"]
    left = seconds_left(context)
    if left < LEAST_SECONDS:
        return False
    try:
        message = Message.read(record["body"])
        result = on.resume(message, Deadline.after(min(left, ATTEMPT_SECONDS), on.clock))
    except MessageError as wrong:
        telemetry.failed("message_unreadable", str(wrong), correlation_id=message_id)
        return False
    except StoreError as broken:
        telemetry.failed("not_attempted", f"store_{broken}", correlation_id=message_id)
        return False
    outcome_metrics.log(result, correlation_id=message_id, transaction_id=message.transaction_id)
    return True
