"""The payment gateway as the domain uses it: charges, and the verdicts on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from handlers.payments.clock import Deadline
from handlers.payments.money import Money


@dataclass(frozen=True)
class Charge:
    """A charge to make: once for `transaction_id`, however often it is requested."""

    transaction_id: str
    customer_id: str
    money: Money


@dataclass(frozen=True)
class Charged:
    """The money was taken; the gateway calls the charge `reference`."""

    reference: str


@dataclass(frozen=True)
class Declined:
    """The money was not taken, and will not be under this transaction."""

    reason: str


@dataclass(frozen=True)
class Pending:
    """The gateway is still processing the charge `reference`."""

    reference: str


Verdict = Charged | Declined | Pending


class GatewayError(Exception):
    """The gateway gave no verdict; `reason` is a short code, fit for a log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GatewayUnavailableError(GatewayError):
    """The gateway may give a verdict later; the money may or may not have been taken."""


class GatewayRefusedError(GatewayError):
    """The gateway will never give a verdict on this request: a person has to look."""


class Gateway(Protocol):
    """A payment gateway; every method returns by its deadline or raises GatewayError."""

    def charge(self, charge: Charge, deadline: Deadline) -> Verdict:
        """Take the money; the same `charge` again within a day returns the same verdict and takes nothing."""

    def look_up(self, charge: Charge, reference: str, deadline: Deadline) -> Verdict:
        """Return the verdict on the charge that the gateway calls `reference`."""

    def search(self, charge: Charge, since: int, deadline: Deadline) -> Verdict | None:
        """Return the verdict on `charge`, first tried at `since` (ms epoch); None if it is unknown there."""
