"""Ledger: what was charged, in PostgreSQL, once for each transaction."""

from __future__ import annotations

from handlers.payments.adapters.postgres import Database, RejectedError, UnreachableError
from handlers.payments.clock import Deadline
from handlers.payments.money import Money

# What the migrations raise: a check or a uniqueness that a posting would break.
BROKEN_RULES = frozenset({"23505", "23514"})


class LedgerUnavailableError(Exception):
    """The ledger did not answer, or not well; the same posting may be tried again."""


class LedgerConflictError(Exception):
    """The ledger holds something else under this transaction or this charge: a person has to look."""


class Ledger:
    """The ledger in `database`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def post(self, transaction_id: str, money: Money, reference: str, deadline: Deadline) -> bool:
        """Post the charge that the gateway calls `reference`; say whether it was not posted before.

        By `deadline` it has answered, or LedgerUnavailableError is raised.
        """
        try:
            rows = self.database.run(
                "SELECT ledger.post_charge(:transaction, :amount, :currency, :reference)",
                deadline,
                transaction=transaction_id,
                amount=money.minor,
                currency=money.currency,
                reference=reference,
            )
        except RejectedError as rejected:
            if rejected.code in BROKEN_RULES:
                raise LedgerConflictError(rejected.code) from rejected
            raise LedgerUnavailableError(rejected.code) from rejected
        except UnreachableError as unreachable:
            raise LedgerUnavailableError(str(unreachable)) from unreachable
        return bool(rows[0][0])

    def version(self, deadline: Deadline) -> int:
        """The number of the newest migration; raises LedgerUnavailableError where there is no telling."""
        try:
            rows = self.database.run("SELECT max(version) FROM ledger.schema_migrations", deadline)
        except (RejectedError, UnreachableError) as error:
            raise LedgerUnavailableError(str(error)) from error
        return int(rows[0][0])
