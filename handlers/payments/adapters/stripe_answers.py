"""Stripe's responses, and their meaning for a payment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from urllib3 import BaseHTTPResponse

from handlers.payments.gateway import (
    Charge,
    Charged,
    Declined,
    GatewayRefusedError,
    GatewayUnavailableError,
    Pending,
    Verdict,
)

CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")

# Errors of the payment, not of our request: the payment is declined, and no alarm rings.
CUSTOMERS_FAULT = frozenset(
    {"resource_missing", "amount_too_small", "amount_too_large", "payment_method_customer_decline"}
)

# The API key is wrong, another request is in progress, or there are too many.
PASSING = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


@dataclass(frozen=True)
class Answer:
    """Stripe's response to a request."""

    status: int
    replayed: bool
    """Whether it is the stored answer to an earlier request with the same idempotency key."""

    body: Mapping[str, Any]

    @property
    def good(self) -> bool:
        """Whether the request succeeded."""
        return self.status == HTTPStatus.OK

    @property
    def error(self) -> Mapping[str, Any]:
        """The error in the body, or nothing."""
        error = self.body.get("error")
        return error if isinstance(error, dict) else {}

    @property
    def code(self) -> str:
        """The reason of a failure, as a short code without data of the customer."""
        for name in ("decline_code", "code", "type"):
            found = self.error.get(name)
            if isinstance(found, str) and CODE.fullmatch(found):
                return found
        return f"http_{self.status}"


def document(response: BaseHTTPResponse) -> Mapping[str, Any]:
    """Return the JSON object in `response`; of an error page, without one, the status is enough."""
    try:
        content = json.loads(response.data)
    except ValueError as wrong:
        if response.status == HTTPStatus.OK:
            raise GatewayUnavailableError("unreadable") from wrong
        content = {}
    return content if isinstance(content, dict) else {}


def settled_before(answer: Answer) -> bool:
    """Return whether an earlier request used the key, and this response does not say its result."""
    in_use = answer.status == HTTPStatus.CONFLICT
    other_parameters = answer.error.get("type") == "idempotency_error" and not in_use
    failed_then = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.replayed
    return other_parameters or failed_then


def refusal(answer: Answer) -> Declined:
    """Return an error of the payment as a verdict; raises GatewayError for every other error."""
    if answer.status in PASSING or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise GatewayUnavailableError(answer.code)
    if answer.code in CUSTOMERS_FAULT:
        return Declined("no_such_customer" if answer.code == "resource_missing" else answer.code)
    raise GatewayRefusedError(answer.code)


def verdict(charge: Charge, intent: Mapping[str, Any]) -> Verdict:
    """Return the verdict of the PaymentIntent `intent`, which must be that of `charge`."""
    asked = {
        "amount": charge.money.minor,
        "currency": charge.money.currency.lower(),
        "metadata": {"transaction_id": charge.transaction_id},
    }
    found = {name: intent.get(name) for name in asked}
    if found != asked:
        raise GatewayRefusedError("charge_differs")
    match intent.get("status"):
        case "succeeded":
            return Charged(intent["id"])
        case "processing":
            return Pending(intent["id"])
        case "requires_action":
            return Declined("authentication_required")
        case "requires_payment_method" | "canceled" as status:
            code = (intent.get("last_payment_error") or {}).get("code")
            return Declined(code if isinstance(code, str) and CODE.fullmatch(code) else status)
    raise GatewayRefusedError("status_not_known")


def conclusive(charge: Charge, intent: Mapping[str, Any]) -> bool:
    """Return whether `intent` is that of `charge` and was confirmed."""
    its_own = (intent.get("metadata") or {}).get("transaction_id") == charge.transaction_id
    tried = intent.get("status") != "requires_confirmation"
    return its_own and tried


def best(verdicts: list[Verdict]) -> Verdict | None:
    """Return the verdict that counts: money taken, or about to be, before money declined."""
    for kind in (Charged, Pending, Declined):
        for candidate in verdicts:
            if isinstance(candidate, kind):
                return candidate
    return None
