"""Paying: what tests ask the API for."""

from __future__ import annotations

import time
from collections.abc import Callable

from handlers.payments.payment import Payment, Status
from sandbox import clock
from sandbox.records import Records
from sandbox.system import System

# Real seconds that healing may take on a busy machine; on a quiet one it is a few.
PATIENCE_SECONDS = 60
STEP_SECONDS, PAUSE_SECONDS = 5.0, 0.25


def validate(on: System, transaction_id: str, customer: str = "cus_1", amount: str = "12.50") -> int:
    """The status of having a payment of EUR validated."""
    body = {
        "transaction_id": transaction_id,
        "amount": amount,
        "currency": "EUR",
        "customer_id": customer,
    }
    return on.api.call("POST", "/validate", body).status


def process(on: System, transaction_id: str) -> int:
    """The status of having a payment processed."""
    return on.api.call("POST", "/process", {"transaction_id": transaction_id}).status


def found(records: Records, transaction_id: str) -> Payment:
    """The payment as the table has it."""
    return next(each for each in records.payments() if each.transaction_id == transaction_id)


def settled(records: Records, transaction_id: str) -> Payment:
    """The payment once it is settled, time passing faster until then."""
    ends = {Status.PROCESSED, Status.DECLINED, Status.FAILED}
    wait_for(records, lambda: found(records, transaction_id).status in ends)
    return found(records, transaction_id)


def wait_for(records: Records, there: Callable[[], bool]) -> None:
    """Let time pass on the stack's own clock until `there`."""
    wait_until(there, lambda: clock.move_on(records.system.emulator.clock, STEP_SECONDS))


def wait_until(there: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
    """Return once `there`; do something else `meanwhile`."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not there():
        assert time.monotonic() < give_up
        meanwhile()
        time.sleep(PAUSE_SECONDS)
