"""What payments stand on: moto in process, a real PostgreSQL with the ledger in it, Stripe's server."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from moto import mock_aws

from handlers.payments.adapters.database_users import WRITER
from handlers.payments.adapters.migrate import migrate, migrations
from handlers.payments.adapters.postgres import Address, Connection, connection
from handlers.runtime import telemetry
from sandbox.database import SUPERUSER
from sandbox.gateway import Account
from sandbox.gateway_server import serving
from sandbox.processes import LOOPBACK
from tests.handlers.entering import deployed, wired
from tests.handlers.world import TurnedClock, World
from tests.postgres import running

__all__ = ["deployed", "wired"]
NUMBERS = count(1)


class Now:
    """Whatever stdout is at the moment: pytest gives each test another."""

    def write(self, text: str) -> int:
        """Write `text` to it."""
        return sys.stdout.write(text)

    def flush(self) -> None:
        """Have it written."""
        sys.stdout.flush()


@pytest.fixture(autouse=True)
def heard() -> None:
    """Lets a test see its functions' log, which is made once and would stay with the first test's stdout."""
    telemetry.logger().registered_handler.setStream(Now())  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Address]:
    """A PostgreSQL server, and its owner."""
    with running() as server:
        yield Address(LOOPBACK, server.port, SUPERUSER, SUPERUSER)


@pytest.fixture
def new_database(postgres: Address) -> Callable[[], Address]:
    """Makes an empty database each time."""

    def make() -> Address:
        name = f"payments{next(NUMBERS)}"
        owner = connection(postgres, None, None)
        owner.run(f"CREATE DATABASE {name}")
        owner.close()
        return Address(postgres.host, postgres.port, name, postgres.user)

    return make


@pytest.fixture(scope="session")
def ledger_database(postgres: Address) -> Address:
    """A database with the ledger in it; tests use transaction ids of their own."""
    owner = connection(postgres, None, None)
    owner.run("CREATE DATABASE paymentdb")
    owner.close()
    address = Address(postgres.host, postgres.port, "paymentdb", postgres.user)
    made = connection(address, None, None)
    migrate(made, migrations())
    made.close()
    return address


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS, in this process."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    with mock_aws():
        yield


@pytest.fixture
def clock() -> TurnedClock:
    """A clock that stands still."""
    return TurnedClock()


@pytest.fixture
def account(clock: TurnedClock) -> Account:
    """An account at the gateway with a few customers."""
    made = Account(clock.now)
    made.add_customer("cus_1")
    made.add_customer("cus_declined", "pm_declined")
    made.add_customer("cus_authenticate", "pm_authenticate")
    made.add_customer("cus_slow", "pm_slow")
    made.add_customer("cus_without", None)
    return made


@pytest.fixture
def gateway_url(account: Account) -> Iterator[str]:
    """Where that account is served."""
    with serving(account) as url:
        yield url


@pytest.fixture
def emptied(ledger_database: Address) -> Address:
    """The ledger without postings, and the user who may add them."""
    owner = connection(ledger_database, None, None)
    owner.run(
        "ALTER TABLE ledger.postings DISABLE TRIGGER USER; ALTER TABLE ledger.entries DISABLE TRIGGER USER"
    )
    owner.run("TRUNCATE ledger.postings, ledger.entries")
    owner.run(
        "ALTER TABLE ledger.postings ENABLE TRIGGER USER; ALTER TABLE ledger.entries ENABLE TRIGGER USER"
    )
    owner.close()
    return Address(ledger_database.host, ledger_database.port, ledger_database.name, WRITER)


@pytest.fixture
def world(
    aws: None, account: Account, gateway_url: str, emptied: Address, clock: TurnedClock
) -> Iterator[World]:
    """Everything that a payment touches."""
    made = World(account, gateway_url, emptied, clock)
    yield made
    made.close()


@pytest.fixture
def collected() -> Iterator[None]:
    """Collects garbage before the next test: pg8000 leaves to that the socket of a broken connection.

    A test that uses this ignores the warning that comes of it.
    """
    yield
    gc.collect()


@pytest.fixture
def owner(ledger_database: Address) -> Iterator[Connection]:
    """A connection as the ledger's owner."""
    made = connection(ledger_database, None, None)
    yield made
    made.close()
