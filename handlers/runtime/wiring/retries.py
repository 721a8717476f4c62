"""Construction of the retry queue."""

from __future__ import annotations

from functools import cache

from handlers.payments.adapters.sqs import SqsQueue
from handlers.payments.retry import Queue
from handlers.runtime import clients
from handlers.runtime.settings import setting


@cache
def retries() -> Queue:
    """Return the retry queue."""
    return SqsQueue(clients.sqs(), setting("RETRY_QUEUE_URL"))
