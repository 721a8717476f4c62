"""One payment from the first call of the API to the last record of it, checked step by step."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from handlers.payments.payment import Status
from pipeline.change import smoke
from sandbox.records import Records
from sandbox.system import SandboxError, System

CUSTOMER = "cus_1"
MINOR = 100
# The way of a payment on which nothing fails.
WAY = (Status.VALIDATED, Status.PROCESSING, Status.PROCESSED)
# The stream is read a few seconds at a time; a busy machine takes longer.
AUDIT_SECONDS = 60
POLL_SECONDS = 0.1


class SmokeError(SandboxError):
    """A step that did not hold: what was found, and what was expected."""


@dataclass(frozen=True)
class Step:
    """A step that succeeded: what it is about, and what was found."""

    name: str
    seen: str


def steps(system: System) -> Iterator[Step]:
    """Take a payment as the pipeline's smoke test does, then check every record of it.

    Yield every step once it succeeded. Raises ChangeError or SmokeError at the first that fails.
    """
    run = secrets.token_hex(4)
    for line in chain(smoke.pay(system.api, run, CUSTOMER), smoke.probe(system.api)):
        yield Step("API", line)
    yield from records_of(system, smoke.transaction_of(run))


def records_of(system: System, transaction_id: str) -> Iterator[Step]:
    """What the stack holds of the payment, past the API."""
    records = Records(system)
    history = next(each.history for each in records.payments() if each.transaction_id == transaction_id)
    way = [step.status for step in history]
    expect("table", way, list(WAY))
    yield Step("table", f"{smoke.CURRENCY} {smoke.AMOUNT} of {CUSTOMER}: {' > '.join(way)}")

    charges = [
        each for each in system.gateway.intents() if each["metadata"].get("transaction_id") == transaction_id
    ]
    expect("gateway", [(each["amount"], each["status"]) for each in charges], [(MINOR, "succeeded")])
    reference = charges[0]["id"]
    yield Step("gateway", f"charged once: {reference}, {smoke.CURRENCY} {smoke.AMOUNT}")

    lines = [
        (each.account, each.currency, each.amount)
        for each in records.entries()
        if (each.transaction_id, each.reference) == (transaction_id, reference)
    ]
    balanced = [("gateway.receivable", smoke.CURRENCY, MINOR), ("merchant.payable", smoke.CURRENCY, -MINOR)]
    expect("ledger", lines, balanced)
    for account, currency, amount in lines:
        yield Step("ledger", f"{account} {currency} {amount:+}")

    for number, status in enumerate(WAY, 1):
        key = awaited(records, f"/{transaction_id}/{number:04d}.json")
        body = json.loads(records.audit_object(key))
        expect(f"audit object {key}", body["event_type"], f"payment.{status}")
        yield Step("audit object", key)


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
