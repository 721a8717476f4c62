"""Migrator: a custom resource that brings the ledger's schema up to the version that the code knows."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import urllib3
from pg8000.exceptions import DatabaseError, InterfaceError

from handlers.payments.adapters.migrate import Migration, MigrationError, migrate, migrations
from handlers.payments.adapters.postgres import Connection, rejection
from handlers.payments.adapters.secrets import Secret, SecretError
from handlers.runtime import clients, cloudformation, telemetry
from handlers.runtime.api_gateway import Event
from handlers.runtime.context import Context
from handlers.runtime.ledgers import sign_in_as
from handlers.runtime.settings import SettingsError, setting

# The resource's id: were it to change, CloudFormation would take the schema for another, and delete this.
SCHEMA = "ledger-schema"

# What it takes to tell CloudFormation, tries included, that there was not enough time.
ANSWERING_SECONDS = 45.0


class OutOfTimeError(Exception):
    """The migrations took longer than the function has."""


@cache
def transport() -> urllib3.PoolManager:
    """What carries answers to CloudFormation."""
    return urllib3.PoolManager(cert_reqs="CERT_REQUIRED")


def handler(event: Event, context: Context) -> None:
    """Create, update or leave the schema, and answer CloudFormation before this function's time is up."""
    failure, applied = None, []
    try:
        # Money outlives the stack that took it.
        if event["RequestType"] != "Delete":
            seconds = context.get_remaining_time_in_millis() / 1000 - ANSWERING_SECONDS
            applied = upgrade(seconds, sign_in, wanted(event))
    except (MigrationError, SettingsError, OutOfTimeError) as wrong:
        failure = str(wrong)
    except SecretError as wrong:
        failure = f"the database's secret could not be read: {wrong}"
    except DatabaseError as rejected:
        failure = f"the database rejected a migration: {rejection(rejected)}"
    except (InterfaceError, OSError) as broken:
        failure = f"the database did not answer: {type(broken).__name__}"
    except Exception as unexpected:
        # Without an answer CloudFormation waits until its own time is up, and then again to roll back.
        cloudformation.answer(
            transport(), event, SCHEMA, f"unexpected {type(unexpected).__name__}; see the log"
        )
        raise
    names = [each.name for each in applied]
    telemetry.tell(
        "schema_failed" if failure else "schema_stands",
        counts={telemetry.HANDLED_FAILURE: 1 if failure else 0},
        correlation_id=context.aws_request_id,
        reason=failure,
        applied=names,
    )
    cloudformation.answer(transport(), event, SCHEMA, failure, {"Applied": ",".join(names)})


def sign_in(seconds: float) -> Connection:
    """A connection as the database's owner; no statement on it takes longer than `seconds`."""
    secret = Secret(clients.secretsmanager(), setting("RDS_SECRET_ARN")).value()
    owner: dict[str, Any] = json.loads(secret)
    return sign_in_as(owner["username"], owner["password"], int(seconds))


def wanted(event: Event) -> list[Migration]:
    """The migrations up to the version that CloudFormation asks for.

    A stack that rolls back may still have the code whose newest migration failed, and asks for the one
    before: that one stands, and going back succeeds.
    """
    known = migrations()
    version = event["ResourceProperties"].get("SchemaVersion", "")
    # Its number, and a digest that has CloudFormation see every change.
    number = version.partition("-")[0]
    if not (number.isascii() and number.isdecimal() and 1 <= int(number) <= len(known)):
        raise MigrationError(f"SchemaVersion: found {version!r}, expected 0001 to {len(known):04}")
    return known[: int(number)]


def upgrade(
    seconds: float, connect: Callable[[float], Connection], known: list[Migration]
) -> list[Migration]:
    """Apply those of `known` that are missing, all or none; raises OutOfTimeError after `seconds`."""
    if seconds < 1:
        raise OutOfTimeError("there was no time left to migrate; nothing was changed")
    connection = connect(seconds)
    backend = connection.run("SELECT pg_backend_pid()")[0][0]
    late = threading.Event()

    def interrupt() -> None:
        late.set()
        other = connect(ANSWERING_SECONDS / 3)
        # The server then rolls back, whatever it was at; a closed socket it may not notice for long.
        other.run("SELECT pg_terminate_backend(:backend)", backend=backend)
        other.close()

    # Several statements can each be in time and all of them too late.
    timer = threading.Timer(seconds, interrupt)
    timer.start()
    try:
        return migrate(connection, known)
    except (DatabaseError, InterfaceError, OSError) as broken:
        if late.is_set():
            raise OutOfTimeError(
                f"the migrations took longer than {seconds:.0f} s; none of them was kept"
            ) from broken
        raise
    finally:
        timer.cancel()
        with suppress(InterfaceError, OSError):
            connection.close()
