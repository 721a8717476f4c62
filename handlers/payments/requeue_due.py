"""Sweeping: payments that nobody holds any more and no message announces go back to the queue."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.payments.adapters.dynamodb import SHARDS, Store, StoreError
from handlers.payments.clock import Clock, Deadline
from handlers.payments.payment import Payment
from handlers.payments.retry import GRACE_MS, Message, Queue, QueueError

# Of one part of the index in one sweep: what a sweep has time for, several times over.
MOST = 500

# All attempts take half an hour at most; what is older waits for something that does not heal by itself.
STUCK_MS = 45 * 60 * 1000

RESERVE_SECONDS = 5.0


@dataclass
class Sweep:
    """What a sweep found."""

    requeued: int = 0
    stuck: int = 0
    left: int = 0
    """Payments that were due and not reached: the next sweep begins with them."""

    faults: int = 0


def sweep(store: Store, queue: Queue, clock: Clock, deadline: Deadline) -> Sweep:
    """Announce every payment that is due, and say of how many that is."""
    found = Sweep()
    for part in range(SHARDS):
        now = clock.now()
        for due in store.due(part, now, MOST):
            if deadline.left() < RESERVE_SECONDS:
                found.left += 1
                continue
            try:
                # First its next time, so that one message a while is sent for it, and not one a minute.
                payment = store.postpone(due, now + GRACE_MS)
                if payment is None:
                    continue
                queue.send(Message.about(payment, now, payment.reason))
            except (StoreError, QueueError):
                found.faults += 1
                continue
            found.requeued += 1
            found.stuck += stuck(payment, now)
    return found


def stuck(payment: Payment, now: int) -> bool:
    """Whether `payment` has been under way for longer than its attempts take."""
    began = payment.first_attempt_at
    return began is not None and now - began > STUCK_MS
