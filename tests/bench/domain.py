"""Domain: what a payment takes without AWS, gateway and database: rules, states and money alone."""

# ruff: noqa: ARG002 -- what stands in takes what the real one takes

from __future__ import annotations

import random
import time
from dataclasses import replace
from itertools import count
from typing import cast

from handlers.payments import validating
from handlers.payments.clock import Deadline, SystemClock
from handlers.payments.gateway import Charge, Charged, Gateway, Verdict
from handlers.payments.ledger import Ledger
from handlers.payments.money import Money
from handlers.payments.payment import Payment, Status, Transition
from handlers.payments.processing import Outcome, Processing
from handlers.payments.retry import Queue
from handlers.payments.store import Lease, Store

CURRENCIES = frozenset({"USD", "EUR", "GBP"})


class Kept:
    """A store in memory."""

    def __init__(self) -> None:
        self.payments: dict[str, Payment] = {}

    def lease_for_owner(self, transaction_id: str, owner: str, lease: Lease) -> Payment:
        """Lease the payment."""
        kept = self.payments[transaction_id]
        moved = (*kept.history, Transition(Status.PROCESSING, lease.now))
        self.payments[transaction_id] = replace(
            kept,
            status=Status.PROCESSING,
            version=kept.version + 1,
            attempts=kept.attempts + 1,
            lease_until=lease.until,
            lease_holder=lease.holder,
            first_attempt_at=lease.now,
            history=moved,
        )
        return self.payments[transaction_id]

    def move(self, held: Payment, to: Transition, reference: str | None, due_at: int | None) -> Payment:
        """Move it on."""
        moved = replace(
            held,
            status=to.status,
            version=held.version + 1,
            history=(*held.history, to),
            gateway_reference=reference,
            due_at=due_at,
        )
        self.payments[held.transaction_id] = moved
        return moved


class Charging:
    """A gateway that charges whatever it is asked to."""

    def charge(self, charge: Charge, deadline: Deadline) -> Verdict:
        """Charged."""
        return Charged(f"pi_{charge.transaction_id}")


class Posting:
    """A ledger that takes whatever it is given."""

    def post(self, transaction_id: str, money: Money, reference: str, deadline: Deadline) -> bool:
        """Posted."""
        return True


def seconds(payments: int) -> float:
    """CPU seconds for one of so many payments, validated from its body and processed."""
    clock, store, numbers = SystemClock(), Kept(), count()
    queue = cast("Queue", None)  # a payment that goes well sends nothing
    on = Processing(
        store=cast("Store", store),
        gateway=cast("Gateway", Charging()),
        ledger=cast("Ledger", Posting()),
        retries=queue,
        dead_letters=queue,
        clock=clock,
        randomly=random.uniform,
    )
    before = time.process_time()
    for _ in range(payments):
        body = b'{"transaction_id":"t-%d","amount":"10.50","currency":"USD","customer_id":"cus_1"}'
        asked, money = validating.validation(body % next(numbers), CURRENCIES)
        store.payments[asked.transaction_id] = Payment(
            transaction_id=asked.transaction_id,
            owner="owner",
            customer_id=asked.customer_id,
            money=money,
            status=Status.VALIDATED,
            version=1,
            attempts=0,
            history=(Transition(Status.VALIDATED, clock.now()),),
        )
        result = on.begin(asked.transaction_id, "owner", Deadline.after(28, clock))
        if result.outcome is not Outcome.PROCESSED:
            raise RuntimeError(f"found {result.outcome}, expected {Outcome.PROCESSED}")
    return (time.process_time() - before) / payments
