"""Retrier: the retry queue's messages, each another attempt at a payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.payments.adapters.dynamodb import StoreError
from handlers.payments.clock import Deadline
from handlers.payments.processing import Processing
from handlers.payments.retry import Message, MessageError
from handlers.runtime import outcome_metrics, telemetry
from handlers.runtime.api_gateway import Event
from handlers.runtime.charging import processing
from handlers.runtime.context import Context, seconds_left

# What one attempt may take: as much as when a client waits for it.
ATTEMPT_SECONDS = 27.0
# An attempt that cannot ask the gateway would only count as one more that failed.
LEAST_SECONDS = 15.0


def handler(event: Event, context: Context) -> dict[str, list[dict[str, str]]]:
    """Make an attempt for each message; name those that are to come back."""
    failed = [
        record["messageId"] for record in event["Records"] if not attempted(record, processing(), context)
    ]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def attempted(record: Mapping[str, Any], on: Processing, context: Context) -> bool:
    """Whether the message is dealt with; if not it comes back, and ends among the dead letters."""
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
    outcome_metrics.tell(result, correlation_id=message_id, transaction_id=message.transaction_id)
    return True
