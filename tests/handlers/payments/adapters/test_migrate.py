"""Migrations of the ledger's schema, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pg8000.exceptions import DatabaseError

from handlers.payments.adapters.migrate import Migration, MigrationError, migrate, migrations
from handlers.payments.adapters.postgres import (
    Address,
    connection,
)


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
