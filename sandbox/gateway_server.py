"""Gateway server: a gateway's account over HTTP on the loopback, in a thread or in a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import socket
import struct
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from subprocess import Popen
from typing import Any, cast

from sandbox import processes
from sandbox.gateway import CUSTOMERS, FAULTS, SLOW_SECONDS, Account, DroppedError
from sandbox.listening import Listening, in_a_thread
from sandbox.processes import LOOPBACK

# What tells the process its key: an argument would show in the list of processes.
KEY = "SANDBOX_GATEWAY_KEY"
LOG = "gateway.log"
# Connections that may wait to be taken: every client of a load may come at once.
BACKLOG = 128
# A reset rather than an end: what is dropped ends as badly as a connection can.
RESET = struct.pack("ii", 1, 0)
READ_SECONDS = 10
PAGE = 100


class Server(Listening):
    """Serves an account."""

    request_queue_size = BACKLOG

    def __init__(self, account: Account, bound: socket.socket) -> None:
        super().__init__(bound, Handler)
        self.account = account

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that are gone before their answer: they were killed, or are being tested."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Hands requests to the account."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer."""
        self.reply("")

    def do_POST(self) -> None:
        """Answer, unless whoever asked was gone before they had said all of it."""
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        self.reply(body.decode())

    def reply(self, body: str) -> None:
        """Answer, or end the connection where the account says so."""
        account = cast("Server", self.server).account
        try:
            (status, content), replayed = account.answer(self.command, self.path, body, self.headers)
        except DroppedError:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.close_connection = True
            return
        written = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        if replayed:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_: Any) -> None:
        """Say nothing: what is asked for is nobody else's business."""


@contextmanager
def serving(account: Account) -> Iterator[str]:
    """Serve `account` from a thread; the value is the base URL."""
    with in_a_thread(Server(account, socket.create_server((LOOPBACK, 0)))) as url:
        yield url


@dataclass(frozen=True)
class Gateway:
    """A gateway that serves from a process of its own."""

    url: str
    key: str
    process: Popen[bytes]

    @property
    def customers(self) -> list[str]:
        """Whom it knows."""
        return list(CUSTOMERS)

    def intents(self) -> list[dict[str, Any]]:
        """Every PaymentIntent there is, the newest first."""
        found: list[dict[str, Any]] = []
        more, after = True, ""
        while more:
            page = self.ask(f"/v1/payment_intents?limit={PAGE}{after}")
            found += page["data"]
            more = page["has_more"]
            after = f"&starting_after={found[-1]['id']}" if found else ""
        return found

    def order(self, faults: Mapping[str, Sequence[str]]) -> None:
        """Let `faults` happen to what is asked next: see `Account.order`."""
        self.ask(FAULTS, json.dumps(faults).encode())

    def calm(self) -> dict[str, list[str]]:
        """Let no fault happen that was ordered and has not happened yet; those, by their kind."""
        return self.ask(FAULTS, json.dumps({"calm": ["all"]}).encode())

    def ask(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        """The gateway's answer."""
        request = urllib.request.Request(  # noqa: S310 -- its own http address
            self.url + path, body, {"Authorization": f"Bearer {self.key}"}
        )
        # Without a proxy, whatever this machine's environment says.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=READ_SECONDS) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


@contextmanager
def running(folder: Path, key: str) -> Iterator[Gateway]:
    """Run a gateway whose API key is `key` in a process of its own, which writes its log into `folder`."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        environment = {**processes.plain_environment(), KEY: key}
        process = processes.start("sandbox.gateway_server", [], listening, environment, folder / LOG)
    try:
        yield Gateway(url, key, process)
    finally:
        processes.stop(process)


def main() -> None:
    """Serve on the listening socket that was handed down, until whoever did so is gone."""
    parser = argparse.ArgumentParser(description="Serve a gateway; for the sandbox, not for people.")
    parser.add_argument("socket", type=int, help="file descriptor of the listening socket")
    options = parser.parse_args()
    processes.end_with_parent(lambda: None)
    account = Account(key=os.environ[KEY], slow_seconds=SLOW_SECONDS)
    account.add_customers()
    with Server(account, socket.socket(fileno=options.socket)) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
