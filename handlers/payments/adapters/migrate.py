"""Migrations of the ledger's schema: numbered files, applied in one transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pg8000.exceptions import InterfaceError

from handlers.payments.adapters.postgres import Connection

FOLDER = Path(__file__).parent / "migrations"
NAME = re.compile(r"(?P<version>[0-9]{4})_[a-z0-9_]+\.sql")

# An advisory lock that nothing else in this database uses: migrators wait for one another.
LOCK = 4_217_001

HISTORY = """
CREATE SCHEMA IF NOT EXISTS ledger;
CREATE TABLE IF NOT EXISTS ledger.schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationError(Exception):
    """Migrations that cannot be applied; says which, and why."""


@dataclass(frozen=True)
class Migration:
    """One step of the schema."""

    version: int
    name: str
    statements: str

    @property
    def digest(self) -> str:
        """SHA-256 of the statements."""
        return hashlib.sha256(self.statements.encode()).hexdigest()


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """Return the migrations in `folder`, in order; raises MigrationError unless numbered 1, 2, 3..."""
    found = list(named(folder))
    numbers = [migration.version for migration in found]
    if not found or numbers != list(range(1, len(found) + 1)):
        raise MigrationError(f"{folder.name}: found the numbers {numbers}, expected 1, 2, 3 and so on")
    return found


def named(folder: Path) -> Iterator[Migration]:
    """Yield the migrations in `folder`, sorted by name."""
    for path in sorted(folder.glob("*.sql")):
        matched = NAME.fullmatch(path.name)
        if not matched:
            raise MigrationError(f"{path.name}: expected a name like 0001_ledger.sql")
        yield Migration(int(matched["version"]), path.stem, path.read_text())


def migrate(connection: Connection, known: list[Migration]) -> list[Migration]:
    """Apply the missing ones of `known` in one transaction; return them.

    A database with newer migrations stays as it is: to go back is a new migration.
    """
    connection.run("BEGIN")
    try:
        connection.run("SELECT pg_advisory_xact_lock(:lock)", lock=LOCK)
        connection.run(HISTORY)
        rows = connection.run("SELECT version, name, digest FROM ledger.schema_migrations")
        pending = missing(known, {version: (name, digest) for version, name, digest in rows})
        for migration in pending:
            connection.run(migration.statements)
            connection.run(
                "INSERT INTO ledger.schema_migrations (version, name, digest) "
                "VALUES (:version, :name, :digest)",
                version=migration.version,
                name=migration.name,
                digest=migration.digest,
            )
    except BaseException:
        # On a broken connection the server rolls back by itself.
        with suppress(InterfaceError, OSError):
            connection.run("ROLLBACK")
        raise
    connection.run("COMMIT")
    return pending


def missing(known: list[Migration], applied: dict[int, tuple[str, str]]) -> list[Migration]:
    """Return those of `known` that are not in `applied`; raises MigrationError where they differ."""
    for migration in known:
        before = applied.get(migration.version)
        if before and before != (migration.name, migration.digest):
            raise MigrationError(
                f"{migration.name}: is not what was applied as {before[0]}; "
                "expected applied migrations to stay as they are, and changes in a new one"
            )
    return [migration for migration in known if migration.version not in applied]
