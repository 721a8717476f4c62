"""Retries: the delay before the next attempt, and the message that announces it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from handlers.payments.clock import iso
from handlers.payments.payment import Payment

MOST_ATTEMPTS = 8

FIRST_SECONDS = 15
# The longest delay of a message in SQS.
MOST_SECONDS = 900

# The sweeper leaves a payment alone for this long after its message was due.
GRACE_MS = 180_000

Randomly = Callable[[float, float], float]
"""A random number between two others, as `random.uniform` returns it."""


class QueueError(Exception):
    """The queue did not respond; a message may or may not have been sent."""


class MessageError(ValueError):
    """A message that no function of ours wrote."""


class Message(msgspec.Struct, frozen=True):
    """The announcement of a payment's next attempt."""

    transaction_id: str
    retry_count: int
    """Retries before this one: the message after the first attempt says 0."""

    failed_at: str
    error: str

    @classmethod
    def about(cls, payment: Payment, now: int, error: str) -> Message:
        """Return the message for the next attempt at `payment`, after `error` ended the last one."""
        return cls(payment.transaction_id, payment.attempts - 1, iso(now), error)

    @classmethod
    def read(cls, body: str) -> Message:
        """Return the message in `body`; raises MessageError where there is none."""
        try:
            return msgspec.json.decode(body, type=cls)
        except msgspec.MsgspecError as wrong:
            raise MessageError("expected transaction_id, retry_count, failed_at and error") from wrong

    @property
    def attempts(self) -> int:
        """Number of attempts that the payment had had when the message was sent."""
        return self.retry_count + 1

    def write(self) -> str:
        """Return the message's body."""
        return msgspec.json.encode(self).decode()


class Queue(Protocol):
    """A queue of messages; every method raises QueueError where the queue does not respond."""

    def send(self, message: Message, delay: int = 0) -> None:
        """Send `message`, visible to consumers after `delay` seconds."""

    def depth(self) -> Mapping[str, int]:
        """Return the approximate number of messages, by state."""


def delay(attempts: int, randomly: Randomly) -> int:
    """Return the seconds to wait after `attempts`: random, up to a limit that doubles (full jitter)."""
    most = min(MOST_SECONDS, FIRST_SECONDS * 2 ** min(attempts - 1, 10))
    return max(1, round(randomly(0, most)))
