"""Stripe as the payment gateway: PaymentIntents, off-session and confirmed at once, over its HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from handlers.payments.adapters.secrets import Secret, SecretError
from handlers.payments.adapters.stripe_answers import (
    Answer,
    best,
    conclusive,
    document,
    refusal,
    settled_before,
    verdict,
)
from handlers.payments.clock import Deadline
from handlers.payments.gateway import (
    Charge,
    Declined,
    GatewayRefusedError,
    GatewayUnavailableError,
    Verdict,
)

# The API as it was on that day, whatever the account's own default.
API_VERSION = "2024-06-20"

CONNECT_SECONDS = 3.0
# A charge takes a second or two; an issuer that is slow to answer can take ten.
READ_SECONDS = 15.0
# The least time that a request is sent with: the result of one that times out is unknown.
LEAST_SECONDS = 2.0

PAGE = 100
MOST_PAGES = 10
CLOCKS_APART_SECONDS = 3600


# How a secret or a restricted key begins, by its mode: https://docs.stripe.com/keys
LIVE, TEST = "live", "test"
MODES = {"sk_live_": LIVE, "rk_live_": LIVE, "sk_test_": TEST, "rk_test_": TEST}


def key_mode(key: str) -> str:
    """Return `live` or `test`, by how the key begins; empty where it begins otherwise."""
    return next((mode for prefix, mode in MODES.items() if key.startswith(prefix)), "")


class Transport(Protocol):
    """HTTP connections: urllib3's pool, or a test's."""

    def request(
        self,
        method: str,
        url: str,
        *,
        body: str | None,
        headers: Mapping[str, str],
        timeout: Timeout,
        retries: bool,
        redirect: bool,
    ) -> BaseHTTPResponse:
        """Send the request and return the whole answer."""


class Stripe:
    """The payment gateway at `url`."""

    def __init__(self, transport: Transport, url: str, secret: Secret) -> None:
        self.transport = transport
        self.url = secure(url)
        self.secret = secret

    def charge(self, charge: Charge, deadline: Deadline) -> Verdict:
        """Take the money by the customer's default means of payment."""
        method = self.payment_method(charge, deadline)
        if isinstance(method, Declined):
            return method
        answer = self.send(
            "POST",
            "/v1/payment_intents",
            deadline,
            {
                "amount": str(charge.money.minor),
                "currency": charge.money.currency.lower(),
                "customer": charge.customer_id,
                "payment_method": method,
                "off_session": "true",
                "confirm": "true",
                "metadata[transaction_id]": charge.transaction_id,
            },
            idempotency_key=charge.transaction_id,
        )
        if answer.good:
            return verdict(charge, answer.body)
        if answer.error.get("type") == "card_error":
            return Declined(answer.code)
        if settled_before(answer):
            return self.found_or_unknown(charge, answer, deadline)
        return refusal(answer)

    def look_up(self, charge: Charge, reference: str, deadline: Deadline) -> Verdict:
        """Return the verdict of the PaymentIntent `reference`."""
        answer = self.send("GET", f"/v1/payment_intents/{quote(reference, safe='')}", deadline)
        if answer.good:
            return verdict(charge, answer.body)
        if answer.code == "resource_missing":
            raise GatewayRefusedError("charge_vanished")
        return refusal(answer)

    def search(self, charge: Charge, since: int, deadline: Deadline) -> Verdict | None:
        """Return the verdict of `charge` in the customer's PaymentIntents created since `since`.

        They are listed, not searched: Stripe's search lags behind its list.
        """
        query = {
            "customer": charge.customer_id,
            "created[gte]": str(since // 1000 - CLOCKS_APART_SECONDS),
            "limit": str(PAGE),
        }
        verdicts: list[Verdict] = []
        for _ in range(MOST_PAGES):
            answer = self.send("GET", f"/v1/payment_intents?{urlencode(query)}", deadline)
            if not answer.good:
                if answer.code == "resource_missing":
                    return None
                return refusal(answer)
            intents = answer.body["data"]
            verdicts += [verdict(charge, each) for each in intents if conclusive(charge, each)]
            if not answer.body["has_more"]:
                return best(verdicts)
            query["starting_after"] = intents[-1]["id"]
        raise GatewayUnavailableError("too_many_to_search")

    def payment_method(self, charge: Charge, deadline: Deadline) -> str | Declined:
        """Return the customer's default means of payment, which an off-session charge must name."""
        answer = self.send("GET", f"/v1/customers/{quote(charge.customer_id, safe='')}", deadline)
        if not answer.good:
            return refusal(answer)
        if answer.body.get("deleted"):
            return Declined("no_such_customer")
        settings = answer.body.get("invoice_settings") or {}
        method = settings.get("default_payment_method") or answer.body.get("default_source")
        return method if isinstance(method, str) else Declined("no_payment_method")

    def found_or_unknown(self, charge: Charge, answer: Answer, deadline: Deadline) -> Verdict:
        """Return the verdict of an earlier request with the same key; this response does not say it."""
        # The key holds for a day or so; an older request would not have got this answer.
        since = deadline.clock.now() - 48 * 3600 * 1000
        found = self.search(charge, since, deadline)
        if found is None:
            # Stripe may yet finish what failed on its side, so another key might charge twice.
            raise GatewayUnavailableError(f"unknown_{answer.code}")
        return found

    def send(
        self,
        method: str,
        path: str,
        deadline: Deadline,
        form: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Send one request, once: another try is a matter for the next attempt, with the same key."""
        try:
            api_key = self.secret.value()
        except SecretError as missing:
            raise GatewayUnavailableError("no_api_key") from missing
        # After the key, which can take long to read: a charge that begins too late is not settled.
        left = deadline.left()
        if left < LEAST_SECONDS:
            raise GatewayUnavailableError("out_of_time")
        headers = {"Authorization": f"Bearer {api_key}", "Stripe-Version": API_VERSION}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        try:
            response = self.transport.request(
                method,
                self.url + path,
                body=None if form is None else urlencode(form),
                headers=headers,
                timeout=Timeout(total=left, connect=CONNECT_SECONDS, read=READ_SECONDS),
                retries=False,
                redirect=False,
            )
        except (NewConnectionError, ConnectTimeoutError) as unreachable:
            raise GatewayUnavailableError("unreachable") from unreachable
        except HTTPError as broken:
            raise GatewayUnavailableError("no_answer") from broken
        if response.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            self.secret.forget()
        replayed = response.headers.get("Idempotent-Replayed") == "true"
        return Answer(response.status, replayed, document(response))


def secure(url: str) -> str:
    """Return `url` if a key may be sent there: by TLS, or to this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname in {"localhost", "127.0.0.1", "::1"}:
        return url.rstrip("/")
    raise ValueError(f"PAYMENT_GATEWAY_URL: found {parts.scheme}://{parts.hostname}, expected https")
