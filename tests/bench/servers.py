"""Servers: what the functions call, over TLS on this machine: an emulated AWS and a gateway on one port."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox import emulator
from sandbox.gateway import Account

LOOPBACK = "127.0.0.1"
GATEWAY_PATHS = "/v1/"
# What belongs to the line between two, and is not passed on.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "date", "server", "content-length"}

Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass(frozen=True)
class Call:
    """A request that AWS was sent, and what it answered."""

    service: str
    operation: str
    request: bytes
    answer: bytes


@dataclass
class Servers:
    """The servers, and what they were asked."""

    url: str
    certificate: Path
    account: Account
    calls: list[Call] = field(default_factory=list)


@contextmanager
def serving(folder: Path, now: Callable[[], int]) -> Iterator[Servers]:
    """Serve until the block ends; keys and certificate are in `folder`."""
    certificate, key = authority(folder)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate, key)
    with emulator.running(as_it_is=True) as aws:
        made = Servers("", certificate, Account(now))

        class Front(Passing):
            """Passes on to this emulator and this account."""

            servers = made
            port = aws.port

        server = ThreadingHTTPServer((LOOPBACK, 0), Front)
        server.daemon_threads = True
        server.socket = trust.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        made.url = f"https://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class Passing(BaseHTTPRequestHandler):
    """Takes requests over TLS and keeps the connection for the next, as AWS does."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    servers: Servers
    port: int

    def pass_on(self) -> None:
        """Answer one request, as the gateway or as AWS."""
        answer = self.gateway if self.path.startswith(GATEWAY_PATHS) else self.cloud
        status, headers, told = answer(self.body())
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told)

    do_GET = do_HEAD = do_POST = do_PUT = pass_on  # noqa: N815 - the names that the server looks for

    def body(self) -> bytes:
        """The request's body, which the SDK sends to S3 in chunks: it sums it up as it goes."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def gateway(self, body: bytes) -> Answer:
        """The gateway's answer."""
        (status, content), _ = self.servers.account.answer(
            self.command, self.path, body.decode(), self.headers
        )
        return status, [("Content-Type", "application/json")], json.dumps(content).encode()

    def cloud(self, body: bytes) -> Answer:
        """AWS's answer."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        # A new line each time: the emulator hangs up on one that was idle while instructions were counted.
        with closing(http.client.HTTPConnection(LOOPBACK, self.port)) as aws:
            aws.request(self.command, self.path, body, headers)
            answer = aws.getresponse()
            told = answer.read()
        self.servers.calls.append(Call(*named_call(self.command, self.headers), body, told))
        kept = [pair for pair in answer.getheaders() if pair[0].lower() not in HOP_BY_HOP]
        return answer.status, kept, told

    def log_message(self, *_: Any) -> None:
        """Nothing: a bench prints tables."""


def named_call(method: str, headers: Message) -> tuple[str, str]:
    """Service and operation of a request, as its headers tell them; S3 has only a method."""
    service, _, operation = (headers.get("X-Amz-Target") or "").partition(".")
    return (service.partition("_")[0].lower(), operation) if operation else ("s3", method)


def authority(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address(LOOPBACK))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "localhost.pem", folder / "localhost.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private
