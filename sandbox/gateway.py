"""Gateway: a payment gateway that keeps accounts and answers as Stripe documents: customers, PaymentIntents.

Stateful, and idempotent by Stripe's rules; what is not in here, the payment stack does not ask for.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DAY_MS = 24 * 3600 * 1000
PAGE, LARGEST_PAGE = 10, 100
LARGEST_AMOUNT = 99_999_999
# How a charge that the gateway has to think about ends, and when.
SLOW_SECONDS = 5
# How late an answer is that is held up.
LATE_SECONDS = 5

# What a charge by this means of payment comes to; any other means succeeds.
REFUSED_METHODS = {
    "pm_declined": ("card_declined", "insufficient_funds"),
    "pm_authenticate": ("authentication_required", "authentication_required"),
}
# What a PaymentIntent of ours has to have.
WANTED = {"amount", "currency", "customer", "payment_method", "metadata[transaction_id]"}
# Whom a new account knows, and their means of payment.
CUSTOMERS: Mapping[str, str | None] = {
    "cus_1": "pm_good",
    "cus_declined": "pm_declined",
    "cus_authenticate": "pm_authenticate",
    "cus_slow": "pm_slow",
    "cus_without": None,
}
# Where troubles are ordered over HTTP; Stripe has no such thing.
FAULTS = "/_sandbox/faults"

Reply = tuple[int, dict[str, Any]]


class DroppedError(Exception):
    """The connection is to end here, without an answer."""


def error(status: int, kind: str, code: str | None = None, **more: Any) -> Reply:
    """An error as Stripe words it."""
    return status, {"error": {"type": kind, "code": code, "message": "told to people", **more}}


TROUBLES = {
    "busy": error(429, "rate_limit_error", "rate_limit"),
    "500 before": error(500, "api_error"),
    "refused": error(400, "invalid_request_error", "parameter_unknown", param="off_session"),
}


@dataclass
class Remembered:
    """What a key was first used for, and what that came to; None while it is under way."""

    at: int
    request: tuple[str, str]
    reply: Reply | None = None


def system_now() -> int:
    """The time of this machine, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass
class Account:
    """What the gateway knows; `now` tells it the time, `troubles` are taken one for each charge."""

    now: Callable[[], int] = system_now
    key: str = "sk_test_right"
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, Remembered] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    drops: list[str] = field(default_factory=list)
    """What becomes of charges, one each: `before` loses it, `after` its answer, `late` delays the answer."""

    slow_seconds: int | None = None
    """When a charge by the slow means of payment has succeeded; None: not by itself."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_customers(self) -> None:
        """The customers whom every account knows."""
        for name, method in CUSTOMERS.items():
            self.add_customer(name, method)

    def add_customer(self, name: str, method: str | None = "pm_good") -> None:
        """A customer whose default means of payment is `method`."""
        self.customers[name] = {
            "id": name,
            "object": "customer",
            "default_source": None,
            "invoice_settings": {"default_payment_method": method},
        }

    def taken(self, transaction_id: str) -> list[dict[str, Any]]:
        """The charges of `transaction_id` that took money."""
        return [
            each
            for each in self.intents
            if each["metadata"].get("transaction_id") == transaction_id and each["status"] == "succeeded"
        ]

    def answer(self, method: str, path: str, body: str, headers: Any) -> tuple[Reply, bool]:
        """The reply to a request, and whether it is a remembered one; raises DroppedError for none."""
        if headers.get("Authorization") != f"Bearer {self.key}":
            self.requests.append((method, path))
            return error(401, "invalid_request_error"), False
        if path == FAULTS:
            return self.order(json.loads(body)), False
        self.requests.append((method, path))
        # What is only read is no loss: faults are for charges.
        drop = self.next_of(self.drops) if method == "POST" else ""
        if drop == "before":
            raise DroppedError
        replied = self.carry_out(method, path, body, headers)
        if drop == "after":
            raise DroppedError
        if drop == "late":
            time.sleep(LATE_SECONDS)
        return replied

    def carry_out(self, method: str, path: str, body: str, headers: Any) -> tuple[Reply, bool]:
        """What comes of a request, and whether that is a remembered reply."""
        parts = urlsplit(path)
        if method == "GET":
            return self.read(parts.path, dict(parse_qsl(parts.query))), False
        if parts.path != "/v1/payment_intents":
            return error(404, "invalid_request_error"), False
        self.bodies.append(body)
        if not dict(parse_qsl(body)).keys() >= WANTED:
            # Refused before it began, so no key remembers it.
            return error(400, "invalid_request_error", "parameter_missing"), False
        key = headers.get("Idempotency-Key")
        if not key:
            return self.create(dict(parse_qsl(body))), False
        return self.once(key, (path, body))

    def order(self, faults: Mapping[str, list[str]]) -> Reply:
        """Let `faults` happen to what is asked next; `calm` lets nothing, and tells what did not happen."""
        with self.lock:
            told = {"troubles": list(self.troubles), "drops": list(self.drops)}
            if faults.get("calm"):
                # In place: a server's account is one that others look at.
                self.troubles.clear()
                self.drops.clear()
            self.troubles += faults.get("troubles", [])
            self.drops += faults.get("drops", [])
        return 200, told

    def next_of(self, faults: list[str]) -> str:
        """The fault that is next, if one is."""
        with self.lock:
            return faults.pop(0) if faults else ""

    def once(self, key: str, request: tuple[str, str]) -> tuple[Reply, bool]:
        """Create under `key`: whatever that came to is the reply for a day, errors of the server too."""
        with self.lock:
            known = self.keys.get(key)
            if known and self.now() - known.at >= DAY_MS:
                known = None
            if known and known.request != request:
                return error(400, "idempotency_error"), False
            if known and known.reply is None:
                return error(409, "idempotency_error", "idempotency_key_in_use"), False
            if known and known.reply:
                return known.reply, True
            self.keys[key] = Remembered(self.now(), request)
        reply = self.create(dict(parse_qsl(request[1])))
        with self.lock:
            if reply[0] == HTTPStatus.TOO_MANY_REQUESTS:
                # Refused before it began, so nothing is remembered.
                del self.keys[key]
            else:
                self.keys[key].reply = reply
        return reply, False

    def create(self, form: dict[str, str]) -> Reply:
        """A PaymentIntent, confirmed at once."""
        trouble = self.next_of(self.troubles)
        if trouble in TROUBLES:
            return TROUBLES[trouble]
        if int(form["amount"]) > LARGEST_AMOUNT:
            return error(400, "invalid_request_error", "amount_too_large")
        intent: dict[str, Any] = {
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "currency": form["currency"],
            "customer": form["customer"],
            "metadata": {"transaction_id": form["metadata[transaction_id]"]},
            "created": self.now() // 1000,
            "last_payment_error": None,
            "status": "processing" if form["payment_method"] == "pm_slow" else "succeeded",
        }
        with self.lock:
            intent["id"] = f"pi_{len(self.intents) + 1}"
            self.intents.append(intent)
        if form["payment_method"] in REFUSED_METHODS:
            code, decline_code = REFUSED_METHODS[form["payment_method"]]
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"code": code}
            return error(402, "card_error", code, decline_code=decline_code, payment_intent=intent)
        if trouble == "500 after":
            return error(500, "api_error")
        return 200, dict(intent)

    def read(self, path: str, query: dict[str, str]) -> Reply:
        """A customer, a PaymentIntent, or a page of those of all or of one customer."""
        kind, _, name = path.removeprefix("/v1/").partition("/")
        missing = error(404, "invalid_request_error", "resource_missing", param="id")
        if kind == "customers":
            return (200, self.customers[name]) if name in self.customers else missing
        if kind != "payment_intents":
            return error(404, "invalid_request_error")
        if self.slow_seconds is not None:
            self.finish(self.now() // 1000 - self.slow_seconds)
        if name:
            return next(((200, each) for each in self.intents if each["id"] == name), missing)
        customer = query.get("customer")
        if customer is not None and customer not in self.customers:
            return missing
        since = int(query.get("created[gte]", "0"))
        newest_first = [
            each
            for each in reversed(self.intents)
            if customer in {None, each["customer"]} and each["created"] >= since
        ]
        ids = [each["id"] for each in newest_first]
        start = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        page = newest_first[start : start + min(LARGEST_PAGE, int(query.get("limit", PAGE)))]
        return 200, {"object": "list", "data": page, "has_more": start + len(page) < len(newest_first)}

    def finish(self, before: int) -> None:
        """Let the charges succeed that were under way `before`, in seconds since the epoch."""
        for each in self.intents:
            if each["status"] == "processing" and each["created"] <= before:
                each["status"] = "succeeded"
