"""Migrations under a time limit, with every failure as a MigrationError of one line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from pg8000.exceptions import DatabaseError, InterfaceError

from handlers.payments.adapters.migrate import Migration, MigrationError, migrate
from handlers.payments.adapters.postgres import LEAST_SECONDS, PASSING, Connection, rejection
from handlers.payments.clock import Deadline

# The longest pause between two attempts to connect. A Multi-AZ failover takes one to two minutes.
LONGEST_PAUSE_SECONDS = 15.0


def patient(
    connect: Callable[[float], Connection],
    deadline: Deadline,
    pause: Callable[[float], object] = time.sleep,
) -> Callable[[float], Connection]:
    """Return a `connect` that tries again until `deadline` while the database does not answer.

    A refusal by a database that does answer (SQLSTATE 28, say) is raised at once.
    """

    def connect_in_time(seconds: float) -> Connection:
        wait = 1.0
        while True:
            try:
                return connect(min(seconds, max(deadline.left(), LEAST_SECONDS)))
            except (DatabaseError, InterfaceError, OSError) as failed:
                passing = not isinstance(failed, DatabaseError) or rejection(failed).code[:2] in PASSING
                if not passing or deadline.left() < wait:
                    raise
            pause(wait)
            wait = min(2 * wait, LONGEST_PAUSE_SECONDS)

    return connect_in_time


def upgrade(
    seconds: float,
    connect: Callable[[float], Connection],
    known: list[Migration],
    interrupt_seconds: float,
) -> list[Migration]:
    """Apply the missing ones of `known`, all or none, within `seconds`; return them.

    After `seconds` a second connection, which takes at most `interrupt_seconds`, ends the first.
    """
    try:
        return applied(seconds, connect, known, interrupt_seconds)
    except DatabaseError as rejected:
        raise MigrationError(f"the database rejected a migration: {rejection(rejected)}") from rejected
    except (InterfaceError, OSError) as broken:
        raise MigrationError(f"the database did not answer: {type(broken).__name__}") from broken


def applied(
    seconds: float,
    connect: Callable[[float], Connection],
    known: list[Migration],
    interrupt_seconds: float,
) -> list[Migration]:
    """Apply the missing ones of `known` on a connection that is ended after `seconds`; return them."""
    if seconds < 1:
        raise MigrationError("there was no time left to migrate; nothing was changed")
    connection = connect(seconds)
    backend = connection.run("SELECT pg_backend_pid()")[0][0]
    late = threading.Event()

    def interrupt() -> None:
        late.set()
        other = connect(interrupt_seconds)
        # The server then rolls back at once; a closed socket it may not notice for long.
        other.run("SELECT pg_terminate_backend(:backend)", backend=backend)
        other.close()

    # Each statement can be in time and all of them too late.
    timer = threading.Timer(seconds, interrupt)
    timer.start()
    try:
        return migrate(connection, known)
    except (DatabaseError, InterfaceError, OSError) as broken:
        if late.is_set():
            raise MigrationError(
                f"the migrations took longer than {seconds:.0f} s; none of them was kept"
            ) from broken
        raise
    finally:
        timer.cancel()
        with suppress(InterfaceError, OSError):
            connection.close()
