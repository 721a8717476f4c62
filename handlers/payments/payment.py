"""Payment: one transaction as the table holds it, and the states that it goes through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from handlers.payments.money import Money


class Status(StrEnum):
    """Where a payment stands; docs/decisions/0002-exactly-once.md draws the transitions."""

    VALIDATED = "validated"
    PROCESSING = "processing"
    PROCESSED = "processed"
    DECLINED = "declined"
    RETRYING = "retrying"
    FAILED = "failed"


@dataclass(frozen=True)
class Transition:
    """That a payment came to stand at `status`, in milliseconds since the epoch, and why."""

    status: Status
    at: int
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A transaction and all that happened to it."""

    transaction_id: str
    owner: str
    """Who validated it, and alone may see it: `identifiers.owner_of`."""

    customer_id: str
    money: Money
    status: Status
    version: int
    """Goes up with every transition: whoever holds an old one is too late to change anything."""

    attempts: int
    """How often somebody set out to charge it."""

    history: tuple[Transition, ...]
    first_attempt_at: int | None = None
    lease_until: int | None = None
    lease_holder: str | None = None
    gateway_reference: str | None = None
    """What the gateway calls the charge, once it has said so: from then on it is asked, not charged."""

    due_at: int | None = None
    """When the sweeper looks after it, while it is in the index of payments that are due."""

    @property
    def content(self) -> tuple[str, str, Money]:
        """What makes it this payment and no other of its id."""
        return self.owner, self.customer_id, self.money

    @property
    def validated_at(self) -> int:
        """When it was validated, in milliseconds since the epoch."""
        return self.history[0].at

    @property
    def came_from(self) -> Status | None:
        """Where it stood before it came to stand where it does."""
        return self.history[-2].status if len(self.history) > 1 else None

    @property
    def reason(self) -> str:
        """Why it stands where it does."""
        return self.history[-1].reason or "none given"
