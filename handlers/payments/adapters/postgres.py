"""A connection to PostgreSQL that is opened when needed, reused, and opened again after it broke."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

from handlers.payments.clock import Deadline

# Limit of a statement, where the deadline allows it.
SECONDS = 5.0
# The least time that signing in is tried with.
LEAST_SECONDS = 1.0
# Classes of SQLSTATE: 28, the server refuses who signs in, or how; and those that are about the server or the
# line to it, not about the statement.
AUTHENTICATION = "28"
PASSING = frozenset({"08", "53", "57", "58"})
# The client waits a second longer, so that the server can report its timeout.
GRACE_SECONDS = 1.0


class Connection(Protocol):
    """A connection to PostgreSQL: pg8000's, or a test's."""

    def run(self, sql: str, **values: Any) -> Any:
        """Run one statement with `values` for its `:names`; return the rows."""

    def close(self) -> None:
        """Close the connection."""


Connect = Callable[[float], Connection]
"""Opens a connection; signing in, and then every statement, takes no longer than that many seconds."""

CONNECT: Callable[..., Connection] = pg8000.native.Connection


class RejectedError(Exception):
    """The database understood the statement and rejected it; `code` is its SQLSTATE."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class UnreachableError(Exception):
    """The database did not respond; the statement may or may not have taken effect."""


@dataclass(frozen=True)
class Address:
    """The address of a database, and the user to sign in as."""

    host: str
    """A DNS name, or the folder of a Unix socket."""

    port: int
    name: str
    user: str


def connection(
    address: Address, password: str | None, trust: ssl.SSLContext | None, seconds: float = SECONDS
) -> Connection:
    """Return a new connection; no statement on it takes longer than `seconds`."""
    limit = str(int(seconds * 1000))
    unix = f"{address.host}/.s.PGSQL.{address.port}" if address.host.startswith("/") else None
    return CONNECT(
        address.user,
        host=address.host,
        unix_sock=unix,
        port=address.port,
        database=address.name,
        password=password,
        # False, not None: None would try TLS that verifies nothing.
        ssl_context=trust or False,
        timeout=seconds + GRACE_SECONDS,
        application_name="payments",
        # The server stops as well: nothing runs on after the client stopped waiting.
        startup_params={"statement_timeout": limit, "lock_timeout": limit},
    )


class Database:
    """A database behind `connect`."""

    def __init__(self, connect: Connect) -> None:
        self.connect = connect
        self.kept: Connection | None = None
        self.kept_seconds = SECONDS

    def run(self, sql: str, deadline: Deadline, **values: Any) -> Any:
        """Run one statement, which must be safe to run twice, by `deadline`; return the rows.

        A reused connection may have broken since its last use, so a new one is tried then. Nothing is begun
        that could wait beyond the deadline for a silent server.
        """
        if self.kept is not None:
            if deadline.left() < self.kept_seconds + GRACE_SECONDS:
                raise UnreachableError("out_of_time")
            try:
                return self.attempt(self.kept, sql, values)
            except UnreachableError:
                pass
        return self.attempt(self.renewed(deadline), sql, values)

    def renewed(self, deadline: Deadline) -> Connection:
        """Open a connection to reuse; signing in and one statement may each wait for half of the time."""
        seconds = min(SECONDS, deadline.left() / 2 - GRACE_SECONDS)
        if seconds < LEAST_SECONDS:
            raise UnreachableError("out_of_time")
        try:
            self.kept = self.connect(seconds)
            self.kept_seconds = seconds
        except DatabaseError as rejected:
            raise UnreachableError(str(rejection(rejected))) from rejected
        except (InterfaceError, OSError) as broken:
            raise UnreachableError(type(broken).__name__) from broken
        return self.kept

    def attempt(self, on: Connection, sql: str, values: dict[str, Any]) -> Any:
        """Run the statement on a connection, which is dropped if it fails."""
        try:
            return on.run(sql, **values)
        except DatabaseError as rejected:
            error = rejection(rejected)
            if error.code[:2] in PASSING:
                self.drop(on)
                raise UnreachableError(error.code) from rejected
            raise error from rejected
        except (InterfaceError, OSError) as broken:
            self.drop(on)
            raise UnreachableError(type(broken).__name__) from broken

    def close(self) -> None:
        """Close the reused connection, if there is one."""
        if self.kept is not None:
            self.drop(self.kept)

    def drop(self, used: Connection) -> None:
        """Close the connection, and open another next time."""
        self.kept = None
        with suppress(DatabaseError, InterfaceError, OSError):
            used.close()


def rejection(error: DatabaseError) -> RejectedError:
    """Return the server's code and message, without its details, which may quote a row."""
    fields = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    return RejectedError(fields.get("C", "XX000"), fields.get("M", "no message"))
