"""Stripe's server, as its documentation has it: customers, PaymentIntents, idempotency keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DAY_MS = 24 * 3600 * 1000

# What a charge by this means of payment comes to; any other means succeeds.
REFUSED_METHODS = {
    "pm_declined": ("card_declined", "insufficient_funds"),
    "pm_authenticate": ("authentication_required", "authentication_required"),
}

Reply = tuple[int, dict[str, Any]]


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


@dataclass
class Account:
    """What the server knows; `now` tells it the time, `troubles` are taken one for each charge."""

    now: Callable[[], int]
    key: str = "sk_test_right"
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, Remembered] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_customer(self, name: str, method: str | None = "pm_good") -> None:
        """A customer whose default means of payment is `method`."""
        self.customers[name] = {
            "id": name,
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
        """The reply to a request, and whether it is a remembered one."""
        self.requests.append((method, path))
        if headers.get("Authorization") != f"Bearer {self.key}":
            return error(401, "invalid_request_error"), False
        parts = urlsplit(path)
        if method == "GET":
            return self.read(parts.path, dict(parse_qsl(parts.query))), False
        self.bodies.append(body)
        key = headers.get("Idempotency-Key")
        if not key:
            return self.create(dict(parse_qsl(body))), False
        return self.once(key, (path, body))

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
            if reply[0] == 429:
                # Refused before it began, so nothing is remembered.
                del self.keys[key]
            else:
                self.keys[key].reply = reply
        return reply, False

    def create(self, form: dict[str, str]) -> Reply:
        """A PaymentIntent, confirmed at once."""
        trouble = self.troubles.pop(0) if self.troubles else ""
        if trouble in TROUBLES:
            return TROUBLES[trouble]
        if int(form["amount"]) > 99_999_999:
            return error(400, "invalid_request_error", "amount_too_large")
        intent: dict[str, Any] = {
            "id": f"pi_{len(self.intents) + 1}",
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "currency": form["currency"],
            "customer": form["customer"],
            "metadata": {"transaction_id": form["metadata[transaction_id]"]},
            "created": self.now() // 1000,
            "last_payment_error": None,
            "status": "processing" if form["payment_method"] == "pm_slow" else "succeeded",
        }
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
        """A customer, a PaymentIntent, or the list of a customer's."""
        kind, _, name = path.removeprefix("/v1/").partition("/")
        missing = error(404, "invalid_request_error", "resource_missing", param="id")
        if kind == "customers":
            return (200, self.customers[name]) if name in self.customers else missing
        if name:
            return next(((200, each) for each in self.intents if each["id"] == name), missing)
        if query["customer"] not in self.customers:
            return missing
        newest_first = [
            each
            for each in reversed(self.intents)
            if each["customer"] == query["customer"] and each["created"] >= int(query["created[gte]"])
        ]
        ids = [each["id"] for each in newest_first]
        start = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        page = newest_first[start : start + int(query["limit"])]
        return 200, {"object": "list", "data": page, "has_more": start + len(page) < len(newest_first)}


@contextmanager
def serving(account: Account) -> Iterator[str]:
    """Serve `account` on this machine; the value is the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.reply("")

        def do_POST(self) -> None:
            self.reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def reply(self, body: str) -> None:
            (status, content), replayed = account.answer(self.command, self.path, body, self.headers)
            written = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            if replayed:
                self.send_header("Idempotent-Replayed", "true")
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
