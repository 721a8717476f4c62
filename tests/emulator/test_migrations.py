"""The ledger's schema as a resource of CloudFormation: made, updated, rolled back, and left."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from handlers.payments.adapters.postgres import connection
from pipeline.change.stack_events import StackError
from sandbox import stacks
from sandbox.stacks import Wanted
from tests.emulator import stack_operations
from tests.emulator.paying import SUFFIX, Stack

BAD = "CREATE TABLE ledger.half (id int); SELECT 1/0;"
GOOD = "CREATE TABLE ledger.more (id int);"
SLOW = "CREATE TABLE ledger.late (id int); SELECT pg_sleep(60);"


class Schema:
    """A stack whose one resource is the schema of a database of its own, by the deployed migrator's code."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.name = f"schema-{uuid4().hex[:8]}"
        self.client = stack.client("cloudformation")
        self.functions = stack.client("lambda")
        self.bucket = stack.client("s3")
        self.bucket.create_bucket(Bucket=self.name)
        owner = stack.owners_address()
        with contextlib.closing(connection(owner, None, None)) as opened:
            opened.run(f'CREATE DATABASE "{self.name}"')
        self.address = type(owner)(owner.host, owner.port, self.name, owner.user)
        config = self.functions.get_function_configuration(FunctionName=f"ledger-migrator-{SUFFIX}")
        self.settings = {**config["Environment"]["Variables"], "DATABASE_NAME": self.name}
        self.made = self.functions.create_function(
            FunctionName=self.name,
            Role=config["Role"],
            Runtime=config["Runtime"],
            Handler=config["Handler"],
            Timeout=300,
            Environment={"Variables": self.settings},
            Code={"ZipFile": self.archive()},
        )["FunctionArn"]

    def archive(self, statements: str = "") -> bytes:
        """The migrator's published archive, with one more migration of `statements`."""
        published = self.functions.get_function(FunctionName=f"ledger-migrator-{SUFFIX}")["Code"]["Location"]
        content = io.BytesIO(fetch(published))
        if statements:
            with zipfile.ZipFile(content, "a") as added:
                added.writestr("handlers/payments/adapters/migrations/0003_next.sql", statements)
        return content.getvalue()

    def hold(self, statements: str, timeout: int = 300) -> None:
        """From now on the migrator knows a third migration, and has `timeout` seconds."""
        self.functions.update_function_code(FunctionName=self.name, ZipFile=self.archive(statements))
        self.functions.update_function_configuration(FunctionName=self.name, Timeout=timeout)

    def wanted(self, version: str) -> Wanted:
        """The stack whose schema is at `version`."""
        schema = {
            "Type": "Custom::LedgerSchema",
            "Properties": {"ServiceToken": self.made, "ServiceTimeout": 100, "SchemaVersion": version},
        }
        body = json.dumps({"Resources": {"LedgerSchema": schema}})
        self.bucket.put_object(Bucket=self.name, Key=f"{version}.json", Body=body)
        return Wanted(f"{self.stack.emulator.url}/{self.name}/{version}.json", {}, {})

    def create(self) -> None:
        """Make the stack."""
        stacks.create(self.client, self.name, self.wanted("0002-made"), print)

    def update(self, version: str = "0003-next") -> None:
        """Update the stack."""
        stack_operations.update(self.client, self.name, self.wanted(version), print)

    def tables(self) -> set[str]:
        """What the ledger consists of."""
        with contextlib.closing(connection(self.address, None, None)) as opened:
            rows = opened.run("SELECT tablename FROM pg_tables WHERE schemaname = 'ledger'")
        return {name for (name,) in rows}

    def versions(self) -> list[int]:
        """The migrations that were applied."""
        with contextlib.closing(connection(self.address, None, None)) as opened:
            rows = opened.run("SELECT version FROM ledger.schema_migrations ORDER BY version")
        return [version for (version,) in rows]


def fetch(url: str) -> bytes:
    """What is at `url`."""
    import urllib3  # noqa: PLC0415 - the one thing that needs it

    with urllib3.PoolManager() as pool:
        return bytes(pool.request("GET", url).data)


@pytest.fixture
def schema(stack: Stack) -> Iterator[Schema]:
    """A stack that has been made, at version 2."""
    made = Schema(stack)
    made.create()
    yield made
    made.functions.delete_function(FunctionName=made.name)


def test_a_newer_version_is_applied_and_outlives_the_stack(schema: Schema) -> None:
    assert schema.versions() == [1, 2]
    schema.hold(GOOD)

    schema.update()
    assert schema.versions() == [1, 2, 3]

    stack_operations.delete(schema.client, schema.name, print)
    assert schema.versions() == [1, 2, 3]


def test_a_migration_that_fails_fails_the_update_and_changes_nothing(schema: Schema) -> None:
    """The reason is told to whoever reads the stack's events; going back to version 2 succeeds."""
    before: Any = schema.tables()
    schema.hold(BAD)

    with pytest.raises(StackError, match=r"UPDATE_ROLLBACK_COMPLETE: .* rejected a migration: 22012"):
        schema.update()

    assert schema.versions() == [1, 2]
    assert schema.tables() == before


def test_a_migration_that_takes_too_long_is_answered_for_in_time(schema: Schema) -> None:
    """Neither CloudFormation nor Lambda has to give up waiting; what was done by then is undone."""
    before = schema.tables()
    # Three seconds more than the migrator keeps for its answer.
    schema.hold(SLOW, timeout=48)

    with pytest.raises(StackError, match=r"statement timeout|took longer than . s"):
        schema.update()

    assert schema.tables() == before
