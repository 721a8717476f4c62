"""Gateway: stands in for the payment gateway, so that a smoke test's payment is taken by somebody.

It knows every customer and takes every charge, the same one once for each idempotency key.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.emulator import LOOPBACK


class Charges(ThreadingHTTPServer):
    """What was charged so far, by idempotency key."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), Handler)
        self.taken: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def charge(self, key: str, form: dict[str, str]) -> dict[str, Any]:
        """The charge under `key`, made if it is new."""
        with self.lock:
            if key not in self.taken:
                self.taken[key] = {
                    "id": f"pi_{len(self.taken) + 1}",
                    "object": "payment_intent",
                    "status": "succeeded",
                    "amount": int(form["amount"]),
                    "currency": form["currency"],
                    "metadata": {"transaction_id": form["metadata[transaction_id]"]},
                }
            return self.taken[key]


class Handler(BaseHTTPRequestHandler):
    """Answers as Stripe's API does, as far as a charge goes that nothing goes wrong with."""

    server: Charges
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A customer, or the charges so far."""
        path = urlsplit(self.path).path
        if path.startswith("/v1/customers/"):
            name = path.rpartition("/")[2]
            self.answer({"id": name, "invoice_settings": {"default_payment_method": "pm_rehearsal"}})
        elif path == "/v1/payment_intents":
            self.answer({"object": "list", "data": list(self.server.taken.values()), "has_more": False})
        else:
            found = [each for each in self.server.taken.values() if each["id"] == path.rpartition("/")[2]]
            self.answer(found[0] if found else {"error": {"code": "resource_missing"}}, found=bool(found))

    def do_POST(self) -> None:
        """A charge."""
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.answer(self.server.charge(self.headers.get("Idempotency-Key", ""), dict(parse_qsl(sent))))

    def answer(self, body: dict[str, Any], *, found: bool = True) -> None:
        """Send `body`."""
        data = json.dumps(body).encode()
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_given: object) -> None:
        """Nothing: what is charged to whom is not for a terminal."""


@contextmanager
def running() -> Iterator[Charges]:
    """Serve until the context is left."""
    with Charges() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
