"""The gateway's adapter before a server from other hands, so that it is not proved by ours alone.

`localstripe` ignores idempotency keys and cannot list a customer's PaymentIntents: the first is put before it
here, the second is left to our own server (docs/decisions/0012-gateway-of-the-sandbox.md).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import pytest
import urllib3
from urllib3 import BaseHTTPResponse

from handlers.payments.adapters.secrets import Secret
from handlers.payments.adapters.stripe import Stripe
from handlers.payments.clock import Deadline, SystemClock
from handlers.payments.gateway import Charge, Charged, Declined
from handlers.payments.money import Money
from sandbox import processes
from sandbox.processes import LOOPBACK

# It keeps its state in a file that all who run it share, unless told otherwise; and listens to everybody.
PROGRAM = """
import socket, sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
web.run_app(server.app, sock=socket.socket(fileno=int(sys.argv[1])), print=None)
"""
KEY = "sk_test_opinion"
CARD, CARD_TO_CONFIRM = "4242424242424242", "4000002500003155"


@dataclass
class OnceOnly:
    """Idempotency as Stripe documents it: what came of a key the first time is what comes of it."""

    pool: urllib3.PoolManager
    known: dict[str, BaseHTTPResponse] = field(default_factory=dict)
    passed_on: int = 0

    def request(self, method: str, url: str, *, headers: Mapping[str, str], **rest: Any) -> BaseHTTPResponse:
        """The answer, remembered where the request has a key."""
        key = headers.get("Idempotency-Key", "")
        if key not in self.known:
            self.passed_on += bool(key)
            answer = self.pool.request(method, url, headers=headers, **rest)
            if not key:
                return answer
            self.known[key] = answer
        return self.known[key]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the other server is."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(listening.fileno())],
            env=processes.plain_environment(),
            pass_fds=[listening.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=os.sep,
        )
        where = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    try:
        yield where
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def pool() -> Iterator[urllib3.PoolManager]:
    """Connections to it."""
    with urllib3.PoolManager() as made:
        yield made


@pytest.fixture
def transport(pool: urllib3.PoolManager) -> OnceOnly:
    """What stands before it."""
    return OnceOnly(pool)


@pytest.fixture
def stripe(url: str, transport: OnceOnly) -> Stripe:
    """The adapter before it."""
    client = SimpleNamespace(get_secret_value=lambda **_: {"SecretString": KEY})
    return Stripe(transport, url, Secret(cast("Any", client), "arn"))


def ask(pool: urllib3.PoolManager, url: str, path: str, **form: str) -> dict[str, Any]:
    """What the server answers to a form."""
    answer = pool.request(
        "POST",
        url + path,
        body=urlencode(form),
        headers={
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    assert answer.status == 200, answer.data
    told: dict[str, Any] = json.loads(answer.data)
    return told


def customer(pool: urllib3.PoolManager, url: str, card: str = "") -> str:
    """A customer, who pays by `card` if one is given."""
    made = str(ask(pool, url, "/v1/customers")["id"])
    if card:
        particulars = {"number": card, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        method = ask(
            pool,
            url,
            "/v1/payment_methods",
            type="card",
            **{f"card[{name}]": value for name, value in particulars.items()},
        )["id"]
        ask(pool, url, f"/v1/payment_methods/{method}/attach", customer=made)
        ask(pool, url, f"/v1/customers/{made}", **{"invoice_settings[default_payment_method]": method})
    return made


def charge_of(customer_id: str) -> Charge:
    """A charge to that customer."""
    return Charge("t-1", customer_id, Money(1250, "EUR"))


def soon() -> Deadline:
    """A deadline that is not a matter here."""
    return Deadline.after(60, SystemClock())


def test_a_charge_is_made_once_and_found_again(
    stripe: Stripe, transport: OnceOnly, pool: urllib3.PoolManager, url: str
) -> None:
    charge = charge_of(customer(pool, url, CARD))

    verdict = stripe.charge(charge, soon())

    assert isinstance(verdict, Charged)
    assert stripe.charge(charge, soon()) == verdict
    assert transport.passed_on == 1
    assert stripe.look_up(charge, verdict.reference, soon()) == verdict


def test_a_charge_that_the_customer_has_to_confirm_is_declined(
    stripe: Stripe, pool: urllib3.PoolManager, url: str
) -> None:
    charge = charge_of(customer(pool, url, CARD_TO_CONFIRM))

    assert stripe.charge(charge, soon()) == Declined("authentication_required")


def test_a_customer_without_means_of_payment_is_declined(
    stripe: Stripe, pool: urllib3.PoolManager, url: str
) -> None:
    assert stripe.charge(charge_of(customer(pool, url)), soon()) == Declined("no_payment_method")
