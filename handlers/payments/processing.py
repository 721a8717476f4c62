"""A validated payment is charged once, posted once and settled, whatever fails on the way.

docs/decisions/0002-exactly-once.md: what each step relies on, and what completes it if it fails.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from enum import StrEnum

from handlers.payments.clock import Clock, Deadline
from handlers.payments.gateway import (
    Charge,
    Charged,
    Declined,
    Gateway,
    GatewayError,
    GatewayRefusedError,
    Verdict,
)
from handlers.payments.ledger import Ledger, LedgerConflictError, LedgerUnavailableError
from handlers.payments.payment import Payment, Status, Transition
from handlers.payments.retry import GRACE_MS, MOST_ATTEMPTS, Message, Queue, QueueError, Randomly, delay
from handlers.payments.store import Lease, Store, StoreError, leased, moved

# Longer than any function that holds one lives, with room for clocks that are apart.
LEASE_MS = 90_000

# The gateway forgets idempotency keys after 24 h; before that, with room for clocks that are apart, it is
# asked what it knows before it is asked to charge.
FORGOTTEN_MS = 23 * 3600 * 1000

# What is left for the ledger and the table once the gateway has had its time: enough to wait for a
# statement on a connection that is kept.
SETTLING_SECONDS = 10.0

# Of that, for the table: what it says last has to be said.
TABLE_SECONDS = 3.0


class Outcome(StrEnum):
    """The outcome of an attempt to process a payment."""

    PROCESSED = "processed"
    ALREADY_PROCESSED = "already_processed"
    DECLINED = "declined"
    ALREADY_DECLINED = "already_declined"
    RETRYING = "retrying"
    FAILED = "failed"
    ALREADY_FAILED = "already_failed"
    HELD = "held"
    """Another attempt is under way, or will be."""

    UNKNOWN = "unknown"
    """There is no such payment, or it is another caller's."""


STANDING = {
    Status.PROCESSED: Outcome.ALREADY_PROCESSED,
    Status.DECLINED: Outcome.ALREADY_DECLINED,
    Status.FAILED: Outcome.ALREADY_FAILED,
}


@dataclass(frozen=True)
class Result:
    """The result of an attempt, with a short code for every fault that was handled on the way."""

    outcome: Outcome
    payment: Payment | None
    faults: tuple[str, ...] = ()


class GivenUpError(Exception):
    """A payment has had all its attempts, and the gateway knows of no charge."""


@dataclass(frozen=True, kw_only=True)
class Processing:
    """Processing of payments, and all that it uses."""

    store: Store
    gateway: Gateway
    ledger: Ledger
    retries: Queue
    dead_letters: Queue
    clock: Clock
    randomly: Randomly

    def begin(self, transaction_id: str, owner: str, deadline: Deadline) -> Result:
        """Process the payment of `owner`, unless it was or is being processed."""
        lease = self.lease()
        payment = self.store.lease_for_owner(transaction_id, owner, lease)
        if payment is None or payment.owner != owner:
            return Result(Outcome.UNKNOWN, None)
        return self.go_on(payment, lease, deadline)

    def resume(self, message: Message, deadline: Deadline) -> Result:
        """Process the payment that `message` announces, unless it has gone on since."""
        lease = self.lease()
        payment = self.store.lease_for_retry(message.transaction_id, message.attempts, lease)
        if payment is None:
            return Result(Outcome.UNKNOWN, None)
        return self.go_on(payment, lease, deadline)

    def lease(self) -> Lease:
        """Return a lease that begins now, under a unique name."""
        now = self.clock.now()
        return Lease(now, now + LEASE_MS, secrets.token_urlsafe(9))

    def go_on(self, payment: Payment, lease: Lease, deadline: Deadline) -> Result:
        """Charge, post and settle `payment` if it is held under `lease`; else say where it stands."""
        if not leased(payment, lease):
            return Result(STANDING.get(payment.status, Outcome.HELD), payment)
        return Attempt(self, payment, deadline).run()


@dataclass
class Attempt:
    """One attempt at a payment that is held; its faults are noted as they are handled."""

    on: Processing
    payment: Payment
    deadline: Deadline
    faults: list[str] = field(default_factory=list)

    def run(self) -> Result:
        """Charge, post and settle."""
        charge = Charge(self.payment.transaction_id, self.payment.customer_id, self.payment.money)
        for_gateway = self.deadline.earlier(SETTLING_SECONDS)
        try:
            verdict = self.verdict(charge, for_gateway)
        except GatewayRefusedError as refused:
            self.faults.append(f"gateway_{refused.reason}")
            return self.give_up(f"gateway_{refused.reason}")
        except GatewayError as unavailable:
            self.faults.append(f"gateway_{unavailable.reason}")
            return self.later(f"gateway_{unavailable.reason}")
        except GivenUpError:
            return self.give_up(self.last_reason())
        match verdict:
            case Declined(reason):
                return self.settle(Outcome.DECLINED, Transition(Status.DECLINED, self.now(), reason))
            case Charged(reference):
                return self.post(reference)
        return self.later("gateway_pending", verdict.reference)

    def verdict(self, charge: Charge, deadline: Deadline) -> Verdict:
        """Return the gateway's verdict; raises GatewayError or GivenUpError where there is none."""
        gateway, payment = self.on.gateway, self.payment
        if payment.gateway_reference is not None:
            return gateway.look_up(charge, payment.gateway_reference, deadline)
        first = payment.first_attempt_at or self.now()
        # People who send a dead letter back want one more attempt, however many there were.
        sent_back = payment.came_from is Status.FAILED
        used_up = payment.attempts > MOST_ATTEMPTS and not sent_back
        if used_up or sent_back or self.now() - first > FORGOTTEN_MS:
            found = gateway.search(charge, first, deadline)
            if found is not None:
                return found
        if used_up:
            raise GivenUpError
        verdict = gateway.charge(charge, deadline)
        if isinstance(verdict, Declined) and payment.attempts > 1:
            # Perhaps only for what changed since: an earlier attempt may have been charged before its
            # customer, or the customer's means of payment, was removed.
            return gateway.search(charge, first, deadline) or verdict
        return verdict

    def post(self, reference: str) -> Result:
        """Post the charge, then settle; the money is taken, so this goes on until it is in the ledger."""
        try:
            by = self.deadline.earlier(TABLE_SECONDS)
            self.on.ledger.post(self.payment.transaction_id, self.payment.money, reference, by)
        except LedgerConflictError:
            self.faults.append("ledger_conflict")
            return self.give_up("ledger_conflict", reference)
        except LedgerUnavailableError:
            self.faults.append("ledger_unavailable")
            return self.later("ledger_unavailable", reference)
        return self.settle(Outcome.PROCESSED, Transition(Status.PROCESSED, self.now()), reference)

    def later(self, reason: str, reference: str | None = None) -> Result:
        """Leave the payment to another attempt, or to one that asks for the last time what became of it."""
        reference = reference or self.payment.gateway_reference
        if reference is None and self.payment.attempts > MOST_ATTEMPTS:
            return self.give_up(reason)
        wait = delay(self.payment.attempts, self.on.randomly)
        now = self.now()
        result = self.settle(
            Outcome.RETRYING,
            Transition(Status.RETRYING, now, reason),
            reference,
            due_at=now + wait * 1000 + GRACE_MS,
        )
        if result.outcome is Outcome.RETRYING and result.payment is not None:
            self.announce(self.on.retries, Message.about(result.payment, now, reason), wait)
        return replace(result, faults=tuple(self.faults))

    def announce(self, queue: Queue, message: Message, wait: int = 0) -> bool:
        """Send `message`; where that fails, the sweeper finds the payment and sends it."""
        try:
            queue.send(message, wait)
        except QueueError as broken:
            self.faults.append(f"queue_{broken}")
            return False
        return True

    def give_up(self, reason: str, reference: str | None = None) -> Result:
        """Leave the payment to people: first a letter that they find, then the state that ends it."""
        now = self.now()
        if not self.announce(self.on.dead_letters, Message.about(self.payment, now, reason)):
            due_at = now + GRACE_MS
            return self.settle(Outcome.RETRYING, Transition(Status.RETRYING, now, reason), reference, due_at)
        return self.settle(Outcome.FAILED, Transition(Status.FAILED, now, reason), reference)

    def settle(
        self, outcome: Outcome, to: Transition, reference: str | None = None, due_at: int | None = None
    ) -> Result:
        """Move the payment to where it belongs; if that fails its lease ends, and the sweeper finds it."""
        try:
            payment = self.on.store.move(self.payment, to, reference, due_at)
        except StoreError as broken:
            self.faults.append(f"store_{broken}")
            return Result(Outcome.HELD, self.payment, tuple(self.faults))
        if not moved(self.payment, payment, to):
            # Another holder took over when our lease had ended; what it found is what counts.
            self.faults.append("lease_lost")
            return Result(STANDING.get(payment.status, Outcome.HELD), payment, tuple(self.faults))
        return Result(outcome, payment, tuple(self.faults))

    def last_reason(self) -> str:
        """Return the reason why the attempt before this one failed."""
        reasons = [transition.reason for transition in self.payment.history if transition.reason]
        return reasons[-1] if reasons else "no_attempt_ended"

    def now(self) -> int:
        """Return the time of day."""
        return self.on.clock.now()
