"""Due payments, which nobody holds and no message announces, sent back to the retry queue."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.payments.clock import Clock, Deadline
from handlers.payments.payment import Payment
from handlers.payments.retry import GRACE_MS, Message, Queue, QueueError
from handlers.payments.store import Store, StoreError

# Entries of one part of the index in one sweep: several times more than a sweep has time for.
MOST = 500

# All attempts take half an hour at most; an older payment waits for something that does not heal by itself.
STUCK_MS = 45 * 60 * 1000

RESERVE_SECONDS = 5.0


@dataclass
class Sweep:
    """Counts of one sweep."""

    requeued: int = 0
    stuck: int = 0
    left: int = 0
    """Due payments that the sweep had no time for: the next one begins with them."""

    faults: int = 0


def sweep(store: Store, queue: Queue, clock: Clock, deadline: Deadline) -> Sweep:
    """Send a message for every due payment, and return the counts."""
    counts = Sweep()
    for part in range(store.parts):
        now = clock.now()
        for due in store.due(part, now, MOST):
            if deadline.left() < RESERVE_SECONDS:
                counts.left += 1
                continue
            try:
                # Postponed first: one message is sent each GRACE_MS, not one each sweep.
                payment = store.postpone(due, now + GRACE_MS)
                if payment is None:
                    continue
                queue.send(Message.about(payment, now, payment.reason))
            except (StoreError, QueueError):
                counts.faults += 1
                continue
            counts.requeued += 1
            counts.stuck += stuck(payment, now)
    return counts


def stuck(payment: Payment, now: int) -> bool:
    """Return whether `payment` has been in progress for longer than its attempts take."""
    began = payment.first_attempt_at
    return began is not None and now - began > STUCK_MS
