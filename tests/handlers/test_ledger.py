from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from handlers.payments.adapters.database_users import PROBE, WRITER
from handlers.payments.adapters.migrate import Migration, MigrationError, migrate, migrations
from handlers.payments.adapters.postgres import (
    GRACE_SECONDS,
    SECONDS,
    Address,
    Connection,
    Database,
    connection,
)
from handlers.payments.clock import Deadline, SystemClock
from handlers.payments.ledger import Ledger, LedgerConflictError, LedgerUnavailableError
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
def ledger(emptied: Address, opened: list[Connection]) -> Iterator[Ledger]:
    """The ledger, as the function's user reaches it."""

    def connect(seconds: float) -> Connection:
        opened.append(connection(emptied, None, None, seconds))
        return opened[-1]

    database = Database(connect)
    yield Ledger(database)
    database.close()


def test_a_charge_is_posted_once_and_balances(ledger: Ledger, owner: Connection) -> None:
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
    ledger: Ledger, transaction_id: str, money: Money, reference: str
) -> None:
    ledger.post("t-1", TEN, "pi_1", soon())

    with pytest.raises(LedgerConflictError):
        ledger.post(transaction_id, money, reference, soon())


def test_a_charge_of_nothing_is_refused(ledger: Ledger) -> None:
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
def test_what_is_posted_stays(ledger: Ledger, owner: Connection, table: str, change: str) -> None:
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
    ledger = Ledger(database)

    assert ledger.version(soon()) == len(migrations())
    with pytest.raises(LedgerUnavailableError, match="42501"):
        ledger.post("t-1", TEN, "pi_1", soon())
    database.close()


@pytest.mark.usefixtures("collected")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_is_kept_and_revived(
    ledger: Ledger, opened: list[Connection], owner: Connection
) -> None:
    ledger.post("t-1", TEN, "pi_1", soon())
    ledger.post("t-2", TEN, "pi_2", soon())
    assert len(opened) == 1
    owner.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'payments_writer'")

    assert ledger.post("t-3", TEN, "pi_3", soon()) is True
    assert len(opened) == 2


def test_a_database_that_is_away_is_said_to_be(emptied: Address) -> None:
    ledger = Ledger(Database(lambda _: connection(replace(emptied, port=1), None, None)))

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
        Ledger(Database(lambda _: Broken())).post("t-1", TEN, "pi_1", soon())
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
        Ledger(database).post("t-1", TEN, "pi_1", deadline)
    assert deadline.left() >= 0


def test_migrating_twice_changes_nothing(new_database: Callable[[], Address]) -> None:
    made = connection(new_database(), None, None)

    assert [each.name for each in migrate(made, migrations())] == ["0001_ledger", "0002_roles"]
    assert migrate(made, migrations()) == []
    made.close()


def test_a_failed_migration_leaves_the_database_as_it_was(new_database: Callable[[], Address]) -> None:
    """All pending migrations are one transaction: also those before the one that failed."""
    made = connection(new_database(), None, None)
    wrong = Migration(3, "0003_wrong", "CREATE TABLE ledger.half (id int); SELECT 1/0")

    with pytest.raises(DatabaseError, match="division by zero"):
        migrate(made, [*migrations(), wrong])

    assert made.run("SELECT count(*) FROM pg_namespace WHERE nspname = 'ledger'") == [[0]]
    made.close()


def test_older_code_leaves_a_newer_schema_alone(new_database: Callable[[], Address]) -> None:
    """A stack that rolls back runs the older migrator, which has to succeed."""
    made = connection(new_database(), None, None)
    migrate(made, [*migrations(), Migration(3, "0003_more", "CREATE TABLE ledger.more (id int)")])

    assert migrate(made, migrations()) == []
    assert made.run("SELECT max(version) FROM ledger.schema_migrations") == [[3]]
    made.close()


def test_a_migration_that_was_edited_is_refused(new_database: Callable[[], Address]) -> None:
    made = connection(new_database(), None, None)
    known = migrations()
    migrate(made, known)
    edited = [replace(known[0], statements=known[0].statements + "\n-- more"), *known[1:]]

    with pytest.raises(MigrationError, match="0001_ledger: is not what was applied as 0001_ledger"):
        migrate(made, edited)
    made.close()


@pytest.mark.parametrize(
    "names", [[], ["0002_b.sql"], ["0001_a.sql", "0001_b.sql"], ["0001_a.sql", "0003_c.sql"], ["1.sql"]]
)
def test_migrations_are_numbered_without_gaps(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")

    with pytest.raises(MigrationError, match="expected"):
        migrations(tmp_path)


def test_two_migrators_wait_for_one_another(new_database: Callable[[], Address]) -> None:
    address = new_database()
    first, second = connection(address, None, None), connection(address, None, None, seconds=1)
    first.run("BEGIN")
    first.run("SELECT pg_advisory_xact_lock(4217001)")

    with pytest.raises(DatabaseError, match=r"lock timeout|statement timeout"):
        migrate(second, migrations())
    first.run("ROLLBACK")
    assert len(migrate(second, migrations())) == 2
    first.close()
    second.close()
