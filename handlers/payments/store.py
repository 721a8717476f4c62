"""The payments table as the domain uses it: conditional writes, leases, and the index of due payments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from handlers.payments.payment import Payment, Transition


class StoreError(Exception):
    """The table did not respond; a write may or may not have taken effect."""


@dataclass(frozen=True)
class Lease:
    """The exclusive right to process a payment from `now` until `until`, under a holder's unique name."""

    now: int
    until: int
    holder: str


@dataclass(frozen=True)
class Due:
    """An entry of the index of due payments."""

    transaction_id: str
    due_at: int


class Store(Protocol):
    """The payments table; every method raises StoreError where the table does not respond."""

    @property
    def parts(self) -> int:
        """Number of parts of the index of due payments."""

    def add(self, payment: Payment) -> Payment:
        """Add `payment` unless its id is taken; return the stored payment."""

    def find(self, transaction_id: str) -> Payment | None:
        """Return the payment as it stands now."""

    def lease_for_owner(self, transaction_id: str, owner: str, lease: Lease) -> Payment | None:
        """Lease the payment of `owner` if it is untried or abandoned; return it as it is then.

        `leased` says whether the lease was granted. None: there is no such payment.
        """

    def lease_for_retry(self, transaction_id: str, announced: int, lease: Lease) -> Payment | None:
        """Lease the payment if it still stands where attempt `announced` left it, or is abandoned.

        `leased` says whether the lease was granted. None: there is no such payment.
        """

    def move(
        self, held: Payment, to: Transition, reference: str | None = None, due_at: int | None = None
    ) -> Payment:
        """Append `to` and end the lease unless `held` has changed since; return it as it is then.

        Stores the gateway's `reference`; without `due_at` the payment leaves the index of due payments.
        """

    def watch(self, payment: Payment, due_at: int) -> bool:
        """Add `payment` to the index of due payments; return False if it has moved on or is in it."""

    def due(self, part: int, now: int, most: int) -> list[Due]:
        """Return at most `most` entries of `part` that were due before `now`, oldest first."""

    def postpone(self, due: Due, until: int) -> Payment | None:
        """Make `due` due at `until`; return None if another sweep did so first."""


def leased(payment: Payment | None, lease: Lease) -> bool:
    """Return whether `payment`, as the table returned it, is held under `lease`."""
    # A repeated call finds the lease that the first one was granted.
    return payment is not None and payment.lease_holder == lease.holder


def moved(before: Payment, payment: Payment, to: Transition) -> bool:
    """Return whether `payment`, as the table returned it, is `before` after `to`."""
    # A repeated call finds the move that the first one made.
    return payment.version == before.version + 1 and payment.history[-1] == to
