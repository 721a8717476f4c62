"""Construction of what migrations use: the database as its owner, and the way back to CloudFormation."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import urllib3

from handlers.payments.adapters.postgres import Connection
from handlers.payments.adapters.secrets import Secret
from handlers.runtime import clients
from handlers.runtime.settings import setting
from handlers.runtime.wiring.ledger import sign_in_as


@cache
def transport() -> urllib3.PoolManager:
    """Return the HTTP connections to CloudFormation."""
    return urllib3.PoolManager(cert_reqs="CERT_REQUIRED")


def sign_in(seconds: float) -> Connection:
    """Return a connection as the database's owner; no statement on it takes longer than `seconds`."""
    secret = Secret(clients.secretsmanager(), setting("RDS_SECRET_ARN")).value()
    owner: dict[str, Any] = json.loads(secret)
    return sign_in_as(owner["username"], owner["password"], int(seconds))
