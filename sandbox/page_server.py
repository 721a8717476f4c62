"""Page server: the page at `/`, for browsers on this machine."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, cast

from sandbox import page
from sandbox.listening import Listening, in_a_thread
from sandbox.processes import LOOPBACK
from sandbox.records import Records
from sandbox.system import SandboxError

STILL = "/?still"


class Server(Listening):
    """Serves the page of `records`, which tells `usage` too."""

    def __init__(self, bound: socket.socket, records: Records, usage: str) -> None:
        super().__init__(bound, Handler)
        self.records = records
        self.usage = usage
        # One look at a time: however many browsers watch, the stack is asked by one.
        self.looking = threading.Lock()

    @property
    def hosts(self) -> set[str]:
        """What a browser on this machine calls the server; another name was made to lead here."""
        return {f"{name}:{self.server_address[1]}" for name in (LOOPBACK, "localhost")}


class Handler(BaseHTTPRequestHandler):
    """Shows the page."""

    def do_GET(self) -> None:
        """Answer."""
        server = cast("Server", self.server)
        if self.headers.get("Host") not in server.hosts:
            self.reply(HTTPStatus.MISDIRECTED_REQUEST, "not the name of this server\n", "text/plain")
        elif self.path not in {"/", STILL}:
            self.reply(HTTPStatus.NOT_FOUND, "nothing here; the page is at /\n", "text/plain")
        else:
            with server.looking:
                shown = page.render(server.records, server.usage, datetime.now(UTC), live=self.path != STILL)
            self.reply(HTTPStatus.OK, shown, "text/html")

    def reply(self, status: HTTPStatus, content: str, kind: str) -> None:
        """Send `content`, and what the browser may make of it."""
        written = content.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(written)))
        self.send_header("Content-Security-Policy", page.policy())
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal is for who started the sandbox."""


def bound(port: int) -> socket.socket:
    """The socket that the page is to be at, on one that is free where `port` is 0.

    Raises SandboxError where it cannot be had.
    """
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as refused:
        reason = os.strerror(refused.errno or 0)
        raise SandboxError(f"sandbox: port {port}: {reason}; expected one that is free") from refused


@contextmanager
def serving(at: socket.socket, records: Records, usage: str) -> Iterator[str]:
    """Serve the page from a thread; the value is its URL."""
    with in_a_thread(Server(at, records, usage)) as url:
        yield f"{url}/"
