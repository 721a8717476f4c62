"""Construction of the probes behind GET /status."""

from __future__ import annotations

from functools import cache

from handlers.payments.clock import SystemClock
from handlers.payments.probing import Probing, ledger_probe, store_probe, trail_probe
from handlers.runtime.wiring.dead_letters import dead_letters
from handlers.runtime.wiring.ledger import ledger
from handlers.runtime.wiring.retries import retries
from handlers.runtime.wiring.store import store
from handlers.runtime.wiring.trail import trail


@cache
def probing() -> Probing:
    """Return the probes of table, bucket, queues and database."""
    clock = SystemClock()
    return Probing(
        {
            "table": store_probe(store()),
            "bucket": trail_probe(trail()),
            "retry_queue": retries().depth,
            "dead_letter_queue": dead_letters().depth,
            "database": ledger_probe(ledger(), clock),
        },
        clock,
    )
