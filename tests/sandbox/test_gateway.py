"""The gateway keeps to Stripe's rules also with clients that are gone before they are done."""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection, RemoteDisconnected
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox.gateway import FAULTS, Account
from sandbox.gateway_server import serving

FORM = urlencode(
    {
        "amount": "1250",
        "currency": "eur",
        "customer": "cus_1",
        "payment_method": "pm_good",
        "metadata[transaction_id]": "t-1",
    }
)
HEADERS = {"Authorization": "Bearer sk_test_right", "Idempotency-Key": "t-1"}


def post(url: str, body: str, path: str = "/v1/payment_intents") -> int:
    """The status that is answered."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("POST", path, body, HEADERS)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def test_a_request_that_was_cut_off_is_none() -> None:
    """Its key is as good as new: the client that is killed while it asks has asked for nothing."""
    account = Account()
    with serving(account) as url:
        address = urlsplit(url)
        head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        asked = f"POST /v1/payment_intents HTTP/1.1\r\nHost: {address.netloc}\r\n{head}"
        with socket.create_connection((str(address.hostname), address.port or 0), 10) as cut:
            cut.sendall(f"{asked}Content-Length: {len(FORM)}\r\n\r\n{FORM[:20]}".encode())
            cut.shutdown(socket.SHUT_WR)
            assert cut.recv(1) == b""
        assert account.intents == []

        assert post(url, FORM) == 200
        assert len(account.intents) == 1


def test_a_request_that_lacks_something_uses_up_no_key() -> None:
    account = Account()
    with serving(account) as url:
        assert post(url, "amount=1250") == 400
        assert post(url, FORM) == 200


@pytest.mark.parametrize(("drop", "charged"), [("before", 0), ("after", 1)])
def test_what_is_dropped_ends_without_an_answer(drop: str, charged: int) -> None:
    account = Account()
    with serving(account) as url:
        assert post(url, json.dumps({"drops": [drop]}), FAULTS) == 200

        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            post(url, FORM)

        assert len(account.intents) == charged
        assert post(url, FORM) == 200
        assert len(account.intents) == 1
