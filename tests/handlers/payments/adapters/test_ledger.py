"""The ledger in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from handlers.payments.adapters.database_users import PROBE, WRITER
from handlers.payments.adapters.ledger import PostgresLedger
from handlers.payments.adapters.migrate import migrations
from handlers.payments.adapters.postgres import (
    GRACE_SECONDS,
    SECONDS,
    Address,
    Connection,
    Database,
    connection,
)
from handlers.payments.clock import Deadline, SystemClock
from handlers.payments.ledger import LedgerConflictError, LedgerUnavailableError
from handlers.payments.money import Money
from tests.handlers.world import TurnedClock

TEN = Money(1050, "USD")


def soon() -> Deadline:
    """A deadline that leaves time enough."""
    return Deadline.after(20, SystemClock())


@pytest.fixture
def opened() -> list[Connection]:
    """Every connection that the ledger made."""
    return []


@pytest.fixture
def ledger(emptied: Address, opened: list[Connection]) -> Iterator[PostgresLedger]:
    """The ledger, as the function's user reaches it."""

    def connect(seconds: float) -> Connection:
        opened.append(connection(emptied, None, None, seconds))
        return opened[-1]

    database = Database(connect)
    yield PostgresLedger(database)
    database.close()


def test_a_charge_is_posted_once_and_balances(ledger: PostgresLedger, owner: Connection) -> None:
    assert ledger.post("t-1", TEN, "pi_1", soon()) is True
    assert ledger.post("t-1", TEN, "pi_1", soon()) is False

    rows = owner.run("SELECT account, currency, amount FROM ledger.entries ORDER BY account")
    assert rows == [["gateway.receivable", "USD", 1050], ["merchant.payable", "USD", -1050]]


@pytest.mark.parametrize(
    ("transaction_id", "money", "reference"),
    [
        ("t-1", TEN, "pi_2"),
        ("t-1", Money(1051, "USD"), "pi_1"),
        ("t-1", Money(1050, "EUR"), "pi_1"),
        ("t-2", TEN, "pi_1"),
    ],
    ids=["another charge", "another amount", "another currency", "another transaction's charge"],
)
def test_what_contradicts_the_ledger_is_refused(
    ledger: PostgresLedger, transaction_id: str, money: Money, reference: str
) -> None:
    ledger.post("t-1", TEN, "pi_1", soon())

    with pytest.raises(LedgerConflictError):
        ledger.post(transaction_id, money, reference, soon())


def test_a_charge_of_nothing_is_refused(ledger: PostgresLedger) -> None:
    with pytest.raises(LedgerConflictError):
        ledger.post("t-1", Money(0, "USD"), "pi_1", soon())


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [("gateway.receivable", "USD", 5)],
        [("gateway.receivable", "USD", 5), ("merchant.payable", "USD", -4)],
        [("gateway.receivable", "EUR", 5), ("merchant.payable", "USD", -5)],
    ],
    ids=["none", "one", "uneven", "two currencies"],
)
def test_not_even_the_owner_can_post_what_does_not_balance(
    emptied: Address, owner: Connection, entries: list[tuple[str, str, int]]
) -> None:
    owner.run("BEGIN")
    owner.run("INSERT INTO ledger.postings VALUES ('t-9', 'USD', 'pi_9')")
    with pytest.raises(DatabaseError):
        commit(owner, entries)

    owner.run("ROLLBACK")
    assert owner.run("SELECT count(*) FROM ledger.postings") == [[0]]


def commit(on: Connection, entries: list[tuple[str, str, int]]) -> None:
    """Add `entries` to the posting, and commit."""
    for account, currency, amount in entries:
        on.run(
            "INSERT INTO ledger.entries VALUES ('t-9', :account, :currency, :amount)",
            account=account,
            currency=currency,
            amount=amount,
        )
    on.run("COMMIT")


@pytest.mark.parametrize("table", ["postings", "entries"])
@pytest.mark.parametrize(
    "change", ["UPDATE ledger.{} SET currency = 'EUR'", "DELETE FROM ledger.{}", "TRUNCATE ledger.{} CASCADE"]
)
def test_what_is_posted_stays(ledger: PostgresLedger, owner: Connection, table: str, change: str) -> None:
    ledger.post("t-1", TEN, "pi_1", soon())

    with pytest.raises(DatabaseError, match="only ever added to"):
        owner.run(change.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM ledger.postings",
        "INSERT INTO ledger.entries VALUES ('t', 'merchant.payable', 'USD', 1)",
        "UPDATE ledger.accounts SET meaning = ''",
        "CREATE TABLE ledger.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "SET ROLE postgres",
    ],
)
@pytest.mark.parametrize("user", [WRITER, PROBE])
def test_the_functions_users_may_do_one_thing_each(emptied: Address, user: str, statement: str) -> None:
    limited = connection(replace(emptied, user=user), None, None)
    with pytest.raises(DatabaseError, match=r"permission denied|must be"):
        limited.run(statement)
    limited.close()


def test_the_probe_sees_the_version_and_cannot_post(emptied: Address) -> None:
    database = Database(lambda _: connection(replace(emptied, user=PROBE), None, None))
    ledger = PostgresLedger(database)

    assert ledger.version(soon()) == len(migrations())
    with pytest.raises(LedgerUnavailableError, match="42501"):
        ledger.post("t-1", TEN, "pi_1", soon())
    database.close()


@pytest.mark.usefixtures("collected")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_is_kept_and_revived(
    ledger: PostgresLedger, opened: list[Connection], owner: Connection
) -> None:
    ledger.post("t-1", TEN, "pi_1", soon())
    ledger.post("t-2", TEN, "pi_2", soon())
    assert len(opened) == 1
    owner.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'payments_writer'")

    assert ledger.post("t-3", TEN, "pi_3", soon()) is True
    assert len(opened) == 2


def test_a_database_that_is_away_is_said_to_be(emptied: Address) -> None:
    ledger = PostgresLedger(Database(lambda _: connection(replace(emptied, port=1), None, None)))

    with pytest.raises(LedgerUnavailableError):
        ledger.post("t-1", TEN, "pi_1", soon())


def test_a_new_connection_that_breaks_is_not_tried_again(emptied: Address) -> None:
    """Only one that was kept may have broken while nobody looked."""
    tries = []

    class Broken:
        def run(self, sql: str, **_: object) -> object:
            tries.append(sql)
            raise InterfaceError("closed")

        def close(self) -> None:
            """Nothing to close."""

    with pytest.raises(LedgerUnavailableError):
        PostgresLedger(Database(lambda _: Broken())).post("t-1", TEN, "pi_1", soon())
    assert len(tries) == 1


class Stalled:
    """A connection whose server says nothing, for as long as it is waited for by a clock that is turned."""

    def __init__(self, clock: TurnedClock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds

    def run(self, sql: str, **_: object) -> object:  # noqa: ARG002 - the name is a Connection's
        """Wait in vain."""
        self.clock.turn(self.seconds + GRACE_SECONDS)
        raise InterfaceError("timed out")

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize("left", [0, 3, 4, 5, 7, 12, 14, 20])
@pytest.mark.parametrize("kept", [True, False])
def test_a_ledger_that_stalls_is_given_up_by_the_deadline(left: int, kept: bool) -> None:
    """Signing in included; what would take longer is not begun."""
    clock = TurnedClock()

    def connect(seconds: float) -> Connection:
        clock.turn(seconds + GRACE_SECONDS)
        return Stalled(clock, seconds)

    database = Database(connect)
    if kept:
        database.kept = Stalled(clock, SECONDS)
    deadline = Deadline.after(left, clock)

    with pytest.raises(LedgerUnavailableError):
        PostgresLedger(database).post("t-1", TEN, "pi_1", deadline)
    assert deadline.left() >= 0
