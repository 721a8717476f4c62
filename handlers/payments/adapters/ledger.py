"""The ledger in PostgreSQL: each posting is one call of a database function."""

from __future__ import annotations

from handlers.payments.adapters.postgres import Database, RejectedError, UnreachableError
from handlers.payments.clock import Deadline
from handlers.payments.ledger import LedgerConflictError, LedgerUnavailableError
from handlers.payments.money import Money

# SQLSTATE of a violated uniqueness or check, which the migrations declare.
VIOLATIONS = frozenset({"23505", "23514"})


class PostgresLedger:
    """The ledger in `database`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def post(self, transaction_id: str, money: Money, reference: str, deadline: Deadline) -> bool:
        """Post the charge that the gateway calls `reference`; return False if it was posted before."""
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
            if rejected.code in VIOLATIONS:
                raise LedgerConflictError(rejected.code) from rejected
            raise LedgerUnavailableError(rejected.code) from rejected
        except UnreachableError as unreachable:
            raise LedgerUnavailableError(str(unreachable)) from unreachable
        return bool(rows[0][0])

    def version(self, deadline: Deadline) -> int:
        """Return the number of the newest migration."""
        try:
            rows = self.database.run("SELECT max(version) FROM ledger.schema_migrations", deadline)
        except (RejectedError, UnreachableError) as error:
            raise LedgerUnavailableError(str(error)) from error
        return int(rows[0][0])
