"""Gateway: what a payment gateway can be asked, and the answers that a payment can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from handlers.payments.clock import Deadline
from handlers.payments.money import Money


@dataclass(frozen=True)
class Charge:
    """What is to be charged: once for `transaction_id`, however often it is asked for."""

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
    """The gateway works on the charge `reference` and will know later."""

    reference: str


Verdict = Charged | Declined | Pending


class GatewayError(Exception):
    """The gateway did not give a verdict; `reason` is a short code, fit for a log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GatewayUnavailableError(GatewayError):
    """It may give one later; whether money was taken meanwhile is not known."""


class GatewayRefusedError(GatewayError):
    """It will never give one for this request: a person has to look."""


class Gateway(Protocol):
    """A payment gateway; every call gives a verdict by its deadline, or raises GatewayError."""

    def charge(self, charge: Charge, deadline: Deadline) -> Verdict:
        """Take the money; the same `charge` again, within a day, gives the same verdict and takes nothing."""

    def look_up(self, charge: Charge, reference: str, deadline: Deadline) -> Verdict:
        """What became of the charge that the gateway calls `reference`."""

    def search(self, charge: Charge, since: int, deadline: Deadline) -> Verdict | None:
        """What became of `charge`, first tried at `since` (ms epoch); None if nobody there knows of it."""
