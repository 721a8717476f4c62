"""Smoke: one payment from the first call to the last record, each step told as it is seen to hold."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from handlers.payments.payment import Status
from sandbox.records import Records
from sandbox.system import SandboxError, System

# The payment of README's example.
AMOUNT, MINOR, CURRENCY, CUSTOMER = "12.50", 1250, "EUR", "cus_1"
# The way of a payment on which nothing fails.
WAY = (Status.VALIDATED, Status.PROCESSING, Status.PROCESSED)
# The stream is read a few seconds at a time; a busy machine takes longer.
AUDIT_SECONDS = 60
POLL_SECONDS = 0.1


class SmokeError(SandboxError):
    """A step that did not hold: what was found, and what was expected."""


@dataclass(frozen=True)
class Step:
    """A step that held: what it was about, and what was seen."""

    name: str
    seen: str


def steps(system: System) -> Iterator[Step]:
    """Take a payment, yielding each step once it held; raises SmokeError at the first that does not."""
    records = Records(system)
    transaction_id = f"smoke-{secrets.token_hex(4)}"
    asked = {
        "transaction_id": transaction_id,
        "amount": AMOUNT,
        "currency": CURRENCY,
        "customer_id": CUSTOMER,
    }
    answer(system, "POST", "/validate", asked)
    yield Step("POST /validate", f"200, {transaction_id}: {CURRENCY} {AMOUNT} of {CUSTOMER}")

    told = answer(system, "POST", "/process", {"transaction_id": transaction_id})
    yield Step("POST /process", f"200, {told['message']}")

    told = answer(system, "GET", "/status")
    expect("GET /status", told["status"], "operational")
    yield Step("GET /status", f"200, operational: {', '.join(sorted(told['services']))}")

    told = answer(system, "GET", f"/transactions/{transaction_id}")
    way = [each["status"] for each in told["history"]]
    expect(f"GET /transactions/{transaction_id}", way, list(WAY))
    yield Step("GET /transactions", f"200, {' > '.join(way)}")

    charges = [
        each for each in system.gateway.intents() if each["metadata"].get("transaction_id") == transaction_id
    ]
    expect("gateway", [(each["amount"], each["status"]) for each in charges], [(MINOR, "succeeded")])
    reference = charges[0]["id"]
    yield Step("gateway", f"charged once: {reference}, {CURRENCY} {AMOUNT}")

    lines = [
        (each.account, each.currency, each.amount)
        for each in records.entries()
        if (each.transaction_id, each.reference) == (transaction_id, reference)
    ]
    balanced = [("gateway.receivable", CURRENCY, MINOR), ("merchant.payable", CURRENCY, -MINOR)]
    expect("ledger", lines, balanced)
    for account, currency, amount in lines:
        yield Step("ledger", f"{account} {currency} {amount:+}")

    for number, status in enumerate(WAY, 1):
        key = awaited(records, f"/{transaction_id}/{number:04d}.json")
        body = json.loads(records.audit_object(key))
        expect(f"audit object {key}", body["event_type"], f"payment.{status}")
        yield Step("audit object", key)


def answer(system: System, method: str, route: str, body: object = None) -> dict[str, Any]:
    """What the API answers; raises SmokeError where that is not a 200."""
    status, told = system.api.call(method, route, body)
    if status != HTTPStatus.OK:
        raise SmokeError(f"smoke payment: {method} {route}: found {status} {told}, expected 200")
    answered: dict[str, Any] = told
    return answered


def expect(place: str, found: object, expected: object) -> None:
    """Raise SmokeError unless `found` is what is `expected`."""
    if found != expected:
        raise SmokeError(f"smoke payment: {place}: found {found}, expected {expected}")


def awaited(records: Records, ending: str, elapsed: Callable[[], float] = time.monotonic) -> str:
    """The key of the audit object that ends so, once it is there; raises SmokeError if it does not come."""
    give_up = elapsed() + AUDIT_SECONDS
    while True:
        for key in records.audit_keys():
            if key.endswith(ending):
                return key
        if elapsed() > give_up:
            raise SmokeError(f"smoke payment: audit trail: found no object ...{ending} in {AUDIT_SECONDS} s")
        time.sleep(POLL_SECONDS)
