"""Charging: what the two functions that charge payments stand on."""

from __future__ import annotations

import random
from functools import cache

import urllib3

from handlers.payments.adapters.dynamodb import Store
from handlers.payments.adapters.secrets import Secret
from handlers.payments.adapters.stripe import Stripe
from handlers.payments.clock import SystemClock
from handlers.payments.processing import Processing
from handlers.payments.retry import Queue
from handlers.runtime import clients
from handlers.runtime.ledgers import ledger
from handlers.runtime.settings import setting


@cache
def processing() -> Processing:
    """Processing, over real clients."""
    key = Secret(clients.secretsmanager(), setting("GATEWAY_SECRET_ARN"))
    return Processing(
        store=Store(clients.dynamodb(), setting("DYNAMODB_TABLE")),
        # Certificates are checked against those of the system, also where urllib3 would not by itself.
        gateway=Stripe(urllib3.PoolManager(cert_reqs="CERT_REQUIRED"), setting("PAYMENT_GATEWAY_URL"), key),
        ledger=ledger(),
        retries=Queue(clients.sqs(), setting("RETRY_QUEUE_URL")),
        dead_letters=Queue(clients.sqs(), setting("DEAD_LETTER_QUEUE_URL")),
        clock=SystemClock(),
        randomly=random.uniform,
    )
