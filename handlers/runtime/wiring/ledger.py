"""Construction of the ledger, and of connections to its database."""

from __future__ import annotations

from functools import cache
from ssl import SSLContext

from handlers.payments.adapters.ledger import PostgresLedger
from handlers.payments.adapters.postgres import SECONDS, Address, Connection, Database, connection
from handlers.payments.adapters.tls import verified
from handlers.payments.ledger import Ledger
from handlers.runtime.clients import database_token
from handlers.runtime.settings import database_trusted, region, setting


@cache
def ledger() -> Ledger:
    """Return the ledger, over a database connection that later invocations reuse."""
    return PostgresLedger(database())


@cache
def database() -> Database:
    """Return the ledger's database, with the function's own user signed in."""
    return Database(sign_in)


def sign_in(seconds: float) -> Connection:
    """Return a new connection under the function's own user, by a token; see `sign_in_as`."""
    return sign_in_by_token(setting("DATABASE_USER"), seconds)


def sign_in_by_token(user: str, seconds: float = SECONDS) -> Connection:
    """Return a new connection under `user`, by an IAM token; see `sign_in_as`."""
    where = address(user)
    if database_trusted(where.host):
        return connection(where, None, None, seconds)
    return connection(where, database_token(where.host, where.port, where.user), trust(), seconds)


def sign_in_as(user: str, password: str, seconds: float = SECONDS) -> Connection:
    """Return a new connection under `user`; no statement on it takes longer than `seconds`."""
    where = address(user)
    trusted = database_trusted(where.host)
    return connection(where, password, None if trusted else trust(), seconds)


def address(user: str) -> Address:
    """Return the address of the ledger's database, for `user`."""
    return Address(setting("DATABASE_HOST"), int(setting("DATABASE_PORT")), setting("DATABASE_NAME"), user)


@cache
def trust() -> SSLContext:
    """Return TLS that accepts only the certificate of the database in this region."""
    return verified(region())
