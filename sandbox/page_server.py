"""Page server: the page at `/`, for browsers on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from sandbox import page
from sandbox.processes import LOOPBACK
from sandbox.records import Records

STILL = "/?still"


class Server(ThreadingHTTPServer):
    """Serves the page of `records`, which tells `usage` too."""

    daemon_threads = True

    def __init__(self, records: Records, usage: str) -> None:
        super().__init__((LOOPBACK, 0), Handler)
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


@contextmanager
def serving(records: Records, usage: str) -> Iterator[str]:
    """Serve the page from a thread; the value is its URL."""
    server = Server(records, usage)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
