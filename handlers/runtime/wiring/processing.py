"""Construction of the processing of payments: table, gateway, ledger and queues."""

from __future__ import annotations

import random
from functools import cache

import urllib3

from handlers.payments import metrics
from handlers.payments.adapters.secrets import Secret
from handlers.payments.adapters.stripe import LIVE, Stripe, key_mode
from handlers.payments.clock import SystemClock
from handlers.payments.gateway import Gateway
from handlers.payments.processing import Processing
from handlers.runtime import clients, telemetry
from handlers.runtime.settings import setting
from handlers.runtime.wiring.dead_letters import dead_letters
from handlers.runtime.wiring.ledger import ledger
from handlers.runtime.wiring.retries import retries
from handlers.runtime.wiring.store import store


@cache
def processing() -> Processing:
    """Return the processing of payments."""
    return Processing(
        store=store(),
        gateway=gateway(),
        ledger=ledger(),
        retries=retries(),
        dead_letters=dead_letters(),
        clock=SystemClock(),
        randomly=random.uniform,
    )


def gateway() -> Gateway:
    """Return the payment gateway."""
    key = Secret(clients.secretsmanager(), setting("GATEWAY_SECRET_ARN"), report_mode)
    return Stripe(transport(), setting("PAYMENT_GATEWAY_URL"), key)


def report_mode(key: str) -> None:
    """Log and count whether a key is of live or of test mode: nobody else may read it, and preflight asks."""
    mode = key_mode(key)
    counts = {metrics.LIVE_KEY: int(mode == LIVE)} if mode else None
    telemetry.log("gateway_key_read", counts=counts, mode=mode or "unknown")


@cache
def transport() -> urllib3.PoolManager:
    """Return the HTTP connections to the gateway."""
    # Certificates are verified whatever the default of the runtime's urllib3 is.
    return urllib3.PoolManager(cert_reqs="CERT_REQUIRED")
