"""Construction of the payments table."""

from __future__ import annotations

from functools import cache

from handlers.payments.adapters.dynamodb import DynamoDBStore
from handlers.payments.store import Store
from handlers.runtime import clients
from handlers.runtime.settings import setting


@cache
def store() -> Store:
    """Return the payments table."""
    return DynamoDBStore(clients.dynamodb(), setting("DYNAMODB_TABLE"))
