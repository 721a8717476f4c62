"""Attempts: what the log and the metrics say of an attempt at a payment."""

from __future__ import annotations

from typing import Any

from handlers.payments.processing import Outcome, Result
from handlers.payments.requeue_due import stuck
from handlers.runtime import telemetry

COUNTED = {
    Outcome.PROCESSED: telemetry.PROCESSED,
    Outcome.DECLINED: telemetry.DECLINED,
    Outcome.RETRYING: telemetry.RETRIED,
    Outcome.FAILED: telemetry.FAILED,
}


def tell(result: Result, **particulars: Any) -> None:
    """Tell what came of an attempt at a payment."""
    counts = {telemetry.HANDLED_FAILURE: len(result.faults)} if result.faults else {}
    if result.outcome in COUNTED:
        counts[COUNTED[result.outcome]] = 1
    if result.payment is not None:
        last = result.payment.history[-1]
        particulars["transaction_id"] = result.payment.transaction_id
        particulars["attempts"] = result.payment.attempts
        particulars["reason"] = last.reason
        if result.outcome is Outcome.RETRYING and stuck(result.payment, last.at):
            counts[telemetry.STUCK] = 1
    telemetry.tell(result.outcome, counts=counts, faults=result.faults, **particulars)
