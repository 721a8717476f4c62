"""A payment: one transaction, its state and its history."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from handlers.payments.money import Money


class Status(StrEnum):
    """The state of a payment; docs/decisions/0002-exactly-once.md draws the transitions."""

    VALIDATED = "validated"
    PROCESSING = "processing"
    PROCESSED = "processed"
    DECLINED = "declined"
    RETRYING = "retrying"
    FAILED = "failed"


@dataclass(frozen=True)
class Transition:
    """The change of a payment to `status`, at a time in milliseconds since the epoch, and its reason."""

    status: Status
    at: int
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A transaction and its history."""

    transaction_id: str
    owner: str
    """The caller that validated it, and alone may see it: `identifiers.owner_of`."""

    customer_id: str
    money: Money
    status: Status
    version: int
    """Increases with every transition: a write that expects an older one fails."""

    attempts: int
    """Number of attempts to charge it."""

    history: tuple[Transition, ...]
    first_attempt_at: int | None = None
    lease_until: int | None = None
    lease_holder: str | None = None
    gateway_reference: str | None = None
    """The gateway's name of the charge; once it is known, the charge is looked up, not repeated."""

    due_at: int | None = None
    """The time at which the sweeper sends it back to the queue, while it is in the index of due payments."""

    @property
    def content(self) -> tuple[str, str, Money]:
        """The fields that tell it from another payment of the same id."""
        return self.owner, self.customer_id, self.money

    @property
    def validated_at(self) -> int:
        """The time of validation, in milliseconds since the epoch."""
        return self.history[0].at

    @property
    def came_from(self) -> Status | None:
        """The state before the current one."""
        return self.history[-2].status if len(self.history) > 1 else None

    @property
    def reason(self) -> str:
        """The reason of the current state."""
        return self.history[-1].reason or "none given"
