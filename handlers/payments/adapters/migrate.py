"""Migrating: the ledger's schema, brought forward by numbered files, all of them or none."""

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

# Any number that nothing else in this database locks by: two migrators wait for one another.
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
        """What tells it from any other."""
        return hashlib.sha256(self.statements.encode()).hexdigest()


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """The migrations in `folder`, in order; raises MigrationError unless they are numbered from 1 up."""
    found = list(named(folder))
    numbers = [each.version for each in found]
    if not found or numbers != list(range(1, len(found) + 1)):
        raise MigrationError(f"{folder.name}: found the numbers {numbers}, expected 1, 2, 3 and so on")
    return found


def named(folder: Path) -> Iterator[Migration]:
    """The migrations in `folder`, by name."""
    for path in sorted(folder.glob("*.sql")):
        matched = NAME.fullmatch(path.name)
        if not matched:
            raise MigrationError(f"{path.name}: expected a name like 0001_ledger.sql")
        yield Migration(int(matched["version"]), path.stem, path.read_text())


def migrate(connection: Connection, known: list[Migration]) -> list[Migration]:
    """Apply those of `known` that were not applied yet, in one transaction; return them.

    A database that is further than `known` is left as it is: going back is a new migration.
    """
    connection.run("BEGIN")
    try:
        connection.run("SELECT pg_advisory_xact_lock(:lock)", lock=LOCK)
        connection.run(HISTORY)
        rows = connection.run("SELECT version, name, digest FROM ledger.schema_migrations")
        pending = missing(known, {version: (name, digest) for version, name, digest in rows})
        for each in pending:
            connection.run(each.statements)
            connection.run(
                "INSERT INTO ledger.schema_migrations (version, name, digest) "
                "VALUES (:version, :name, :digest)",
                version=each.version,
                name=each.name,
                digest=each.digest,
            )
    except BaseException:
        # On a broken connection there is nothing to say, and the server rolls back by itself.
        with suppress(InterfaceError, OSError):
            connection.run("ROLLBACK")
        raise
    connection.run("COMMIT")
    return pending


def missing(known: list[Migration], applied: dict[int, tuple[str, str]]) -> list[Migration]:
    """Those of `known` that are not in `applied`; raises MigrationError where the two contradict."""
    for each in known:
        if each.version in applied and applied[each.version] != (each.name, each.digest):
            raise MigrationError(
                f"{each.name}: is not what was applied as {applied[each.version][0]}; "
                "expected applied migrations to stay as they are, and changes in a new one"
            )
    return [each for each in known if each.version not in applied]
