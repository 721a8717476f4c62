"""Log lines and metrics of attempts at payments."""

from __future__ import annotations

from typing import Any

from handlers.payments import metrics
from handlers.payments.processing import Outcome, Result
from handlers.payments.requeue_due import stuck
from handlers.runtime import telemetry

COUNTED = {
    Outcome.PROCESSED: metrics.PROCESSED,
    Outcome.DECLINED: metrics.DECLINED,
    Outcome.RETRYING: metrics.RETRIED,
    Outcome.FAILED: metrics.FAILED,
}


def log(result: Result, **particulars: Any) -> None:
    """Log and count the result of an attempt at a payment."""
    counts = {metrics.HANDLED_FAILURE: len(result.faults)} if result.faults else {}
    if result.outcome in COUNTED:
        counts[COUNTED[result.outcome]] = 1
    if result.payment is not None:
        last = result.payment.history[-1]
        particulars["transaction_id"] = result.payment.transaction_id
        particulars["attempts"] = result.payment.attempts
        particulars["reason"] = last.reason
        if result.outcome is Outcome.RETRYING and stuck(result.payment, last.at):
            counts[metrics.STUCK] = 1
    telemetry.log(result.outcome, counts=counts, faults=result.faults, **particulars)
