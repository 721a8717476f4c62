"""Construction of the dead-letter queue of retries."""

from __future__ import annotations

from functools import cache

from handlers.payments.adapters.sqs import SqsQueue
from handlers.payments.retry import Queue
from handlers.runtime import clients
from handlers.runtime.settings import setting


@cache
def dead_letters() -> Queue:
    """Return the dead-letter queue of retries."""
    return SqsQueue(clients.sqs(), setting("DEAD_LETTER_QUEUE_URL"))
