"""The ledger as the domain uses it: double-entry postings, one for each charge."""

from __future__ import annotations

from typing import Protocol

from handlers.payments.clock import Deadline
from handlers.payments.money import Money


class LedgerUnavailableError(Exception):
    """The ledger did not respond, or failed; the same posting may be tried again."""


class LedgerConflictError(Exception):
    """The ledger has another posting under this transaction or this charge: a person has to look."""


class Ledger(Protocol):
    """The ledger; every method returns by its deadline or raises LedgerUnavailableError."""

    def post(self, transaction_id: str, money: Money, reference: str, deadline: Deadline) -> bool:
        """Post the charge that the gateway calls `reference`; return False if it was posted before.

        Raises LedgerConflictError where it contradicts an earlier posting.
        """

    def version(self, deadline: Deadline) -> int:
        """Return the number of the newest migration."""
