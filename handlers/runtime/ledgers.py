"""Ledgers: how functions reach the database that holds the ledger."""

from __future__ import annotations

from functools import cache
from ssl import SSLContext

from handlers.payments.adapters.postgres import SECONDS, Address, Connection, Database, connection
from handlers.payments.adapters.tls import verified
from handlers.payments.ledger import Ledger
from handlers.runtime.clients import database_token
from handlers.runtime.settings import database_trusted, region, setting


@cache
def ledger() -> Ledger:
    """The ledger, over a connection that is kept."""
    return Ledger(Database(sign_in))


def sign_in(seconds: float) -> Connection:
    """A new connection under the function's own user, which has no password; see `sign_in_as`."""
    address = Address(
        setting("DATABASE_HOST"),
        int(setting("DATABASE_PORT")),
        setting("DATABASE_NAME"),
        setting("DATABASE_USER"),
    )
    if database_trusted(address.host):
        return connection(address, None, None, seconds)
    token = database_token(address.host, address.port, address.user)
    return connection(address, token, trust(), seconds)


def sign_in_as(user: str, password: str, seconds: float = SECONDS) -> Connection:
    """A new connection under `user`; no statement on it takes longer than `seconds`."""
    address = Address(setting("DATABASE_HOST"), int(setting("DATABASE_PORT")), setting("DATABASE_NAME"), user)
    trusted = database_trusted(address.host)
    return connection(address, password, None if trusted else trust(), seconds)


@cache
def trust() -> SSLContext:
    """TLS that only the database in this region passes."""
    return verified(region())
