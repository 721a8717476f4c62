"""Construction of what migrations use: the database as its owner, and the way back to CloudFormation."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import urllib3
from pg8000.exceptions import DatabaseError

from handlers.payments.adapters.postgres import AUTHENTICATION, Connection, rejection
from handlers.payments.adapters.secrets import Secret
from handlers.runtime import clients
from handlers.runtime.settings import setting
from handlers.runtime.wiring.ledger import sign_in_as, sign_in_by_token


@cache
def transport() -> urllib3.PoolManager:
    """Return the HTTP connections to CloudFormation."""
    return urllib3.PoolManager(cert_reqs="CERT_REQUIRED")


def sign_in(seconds: float) -> Connection:
    """Return a connection as the database's owner; no statement on it takes longer than `seconds`.

    Where the server refuses the password, an IAM token is tried. Since PostgreSQL 16 whoever creates a role
    is a member of it: the owner created roles that have rds_iam, whose members RDS may refuse passwords.
    """
    secret = Secret(clients.secretsmanager(), setting("RDS_SECRET_ARN")).value()
    owner: dict[str, Any] = json.loads(secret)
    try:
        return sign_in_as(owner["username"], owner["password"], int(seconds))
    except DatabaseError as refused:
        if rejection(refused).code[:2] != AUTHENTICATION:
            raise
        try:
            return sign_in_by_token(owner["username"], int(seconds))
        except DatabaseError as again:
            # The first refusal is the one to report where neither way is open.
            raise refused from again
