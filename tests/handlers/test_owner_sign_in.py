"""The database's owner signs in also after its own migrations, on a server that is set up like RDS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pg8000.exceptions import DatabaseError

from handlers.payments.adapters.migrate import migrate, migrations
from handlers.payments.adapters.postgres import Address, Connection, connection, rejection
from handlers.runtime import clients
from handlers.runtime.wiring import ledger
from handlers.runtime.wiring.migrator import sign_in
from sandbox.database import SUPERUSER
from sandbox.processes import LOOPBACK
from tests import postgres
from tests.handlers.world import client

PASSWORD = "from-the-secret"
TOKEN = "a-token"
# RDS has these lines, with `pam` for members of rds_iam, which takes tokens only.
HBA = """\
host all {superuser} {loopback}/32 trust
host all +rds_iam {loopback}/32 {members}
host all all {loopback}/32 scram-sha-256
"""


class RdsLike:
    """A server with a role rds_iam, and a database whose owner is no superuser."""

    def __init__(self, server: postgres.Postgres) -> None:
        self.folder = server.folder / postgres.DATA
        self.administrator = Address(LOOPBACK, server.port, SUPERUSER, SUPERUSER)
        self.owner = Address(LOOPBACK, server.port, "paymentdb", "owner")

    def run(self, *statements: str, database: str = SUPERUSER) -> list[list[object]]:
        """Run statements as the administrator, and return the rows of the last."""
        session = connection(replace(self.administrator, name=database), None, None)
        try:
            rows: list[list[object]] = [session.run(statement) for statement in statements][-1]
            return rows
        finally:
            session.close()

    def admit(self, members: str) -> None:
        """Have the server authenticate members of rds_iam by a method of pg_hba.conf."""
        before = self.run("SELECT pg_conf_load_time()")
        hba = HBA.format(superuser=SUPERUSER, loopback=LOOPBACK, members=members)
        (self.folder / "pg_hba.conf").write_text(hba)
        self.run("SELECT pg_reload_conf()")
        while self.run("SELECT pg_conf_load_time()") == before:
            pass

    def migrate(self) -> None:
        """Apply the migrations as the owner; RDS lets an owner grant rds_iam without being a member."""
        self.run("ALTER ROLE rds_iam RENAME TO hidden")
        session = connection(self.owner, PASSWORD, None)
        migrate(session, migrations())
        session.close()
        self.run("ALTER ROLE hidden RENAME TO rds_iam", "GRANT rds_iam TO payments_writer, payments_probe")


@pytest.fixture(scope="module")
def migrated() -> Iterator[RdsLike]:
    """A server to which the owner has signed in once, and applied the migrations."""
    with postgres.running() as server:
        made = RdsLike(server)
        made.run("CREATE ROLE rds_iam NOLOGIN", f"CREATE ROLE owner LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
        made.run("CREATE DATABASE paymentdb OWNER owner")
        made.migrate()
        yield made


@pytest.fixture
def connect(migrated: RdsLike, aws: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Connection]:
    """Sign in as ledger-migrator does, with tokens of AWS in the place of which TOKEN stands."""
    value = json.dumps({"username": "owner", "password": PASSWORD})
    secret = client("secretsmanager").create_secret(Name="owner", SecretString=value)
    for name, setting in {
        "RDS_SECRET_ARN": secret["ARN"],
        "DATABASE_HOST": migrated.owner.host,
        "DATABASE_PORT": str(migrated.owner.port),
        "DATABASE_NAME": migrated.owner.name,
    }.items():
        monkeypatch.setenv(name, setting)
    monkeypatch.setattr(clients, "secretsmanager", lambda: client("secretsmanager"))
    monkeypatch.setattr(ledger, "database_trusted", lambda _host: False)
    monkeypatch.setattr(ledger, "trust", lambda: None)
    monkeypatch.setattr(ledger, "database_token", lambda *_where: TOKEN)
    return lambda: sign_in(5)


def code_of(failed: DatabaseError) -> str:
    return rejection(failed).code


def test_an_owner_of_roles_with_rds_iam_counts_as_a_member(migrated: RdsLike) -> None:
    """Since PostgreSQL 16: what the migrations did with the password, they cannot do a second time."""
    migrated.admit("reject")

    with pytest.raises(DatabaseError) as refused:
        connection(migrated.owner, PASSWORD, None)

    assert [[True]] == migrated.run("SELECT pg_has_role('owner', 'rds_iam', 'MEMBER')")
    assert "28000" == code_of(refused.value)


def test_where_the_password_is_refused_a_token_opens(
    migrated: RdsLike, connect: Callable[[], Connection]
) -> None:
    migrated.run(f"ALTER ROLE owner PASSWORD '{TOKEN}'")
    migrated.admit("scram-sha-256")
    try:
        session = connect()
        assert [["owner"]] == session.run("SELECT current_user")
        assert [] == migrate(session, migrations())
        session.close()
    finally:
        migrated.run(f"ALTER ROLE owner PASSWORD '{PASSWORD}'")


def test_where_the_password_opens_no_token_is_made(
    migrated: RdsLike, connect: Callable[[], Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated.admit("scram-sha-256")
    made: list[object] = []
    monkeypatch.setattr(ledger, "database_token", made.append)

    connect().close()

    assert [] == made


def test_where_neither_opens_the_first_refusal_is_reported(
    migrated: RdsLike, connect: Callable[[], Connection]
) -> None:
    migrated.admit("reject")

    with pytest.raises(DatabaseError) as refused:
        connect()

    assert "28000" == code_of(refused.value)
    assert TOKEN not in str(refused.value)
    assert PASSWORD not in str(refused.value)
