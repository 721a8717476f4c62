"""Whatever is sent to the running API, the answer is never a fault of the server's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

from hypothesis import HealthCheck, example, given, settings

from handlers.payments.json_body import MOST_BYTES
from sandbox.system import System
from tests.sandbox.requests import ROUTES, Asked, requests

# Through a gateway and two processes, each takes some tens of milliseconds.
EXAMPLES = 250
PROBLEM = "application/problem+json"
LARGE = Asked(
    "/audit",
    "POST",
    "/audit",
    (("content-type", "application/json"),),
    json.dumps({"event_type": "large", "details": {"text": "x" * MOST_BYTES}}).encode(),
    keyed=True,
)


def test_nothing_that_is_sent_is_the_servers_fault(
    running: System, record_property: Callable[[str, object], None]
) -> None:
    """Every refusal is a problem document. Each route is met by what it takes, and by what it does not."""
    met: Counter[tuple[str, int]] = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @example(LARGE)
    @given(requests())
    def hold(asked: Asked) -> None:
        met[asked.route, assert_answered_well(running, asked)] += 1

    hold()

    for route in ROUTES:
        assert {HTTPStatus.OK, HTTPStatus.NOT_FOUND} <= statuses(met, route)
    assert {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT} <= statuses(met, "/validate")
    assert HTTPStatus.BAD_REQUEST in statuses(met, "/process")
    assert {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE} <= statuses(met, "/audit")
    assert HTTPStatus.FORBIDDEN in statuses(met, *ROUTES)
    for (route, status), count in met.items():
        record_property(f"inputs: the running API, meant for {route}: {status}", count)


def statuses(met: Counter[tuple[str, int]], *routes: str) -> set[int]:
    """What was answered to requests that were meant for `routes`."""
    return {status for route, status in met if route in routes}


def assert_answered_well(on: System, asked: Asked) -> int:
    """Send what is `asked`; the status, of an answer that is no fault of the server's, and is as it says."""
    status, media, content = answered(on, asked)

    assert status < HTTPStatus.INTERNAL_SERVER_ERROR, content
    if asked.method == "HEAD":
        assert not content
        return status
    assert media == ("application/json" if status in {HTTPStatus.OK, HTTPStatus.ACCEPTED} else PROBLEM)
    told = json.loads(content)
    assert isinstance(told, dict)
    if media == PROBLEM:
        # One that has no occasion of its own leaves its status out.
        assert told.get("status", status) == status
        assert told["type"].startswith("urn:problem:payments:")
    return status


def answered(on: System, asked: Asked) -> tuple[int, str, bytes]:
    """The status, the type and the bytes of the answer."""
    url = urlsplit(on.api.url)
    connection = HTTPConnection(url.netloc, timeout=60)
    try:
        connection.putrequest(asked.method, url.path + asked.path, skip_accept_encoding=True)
        for name, value in asked.headers:
            connection.putheader(name, value)
        if asked.keyed:
            connection.putheader("x-api-key", on.api.key)
        if asked.body or asked.method in {"POST", "PUT", "PATCH"}:
            connection.putheader("content-length", str(len(asked.body)))
        connection.endheaders(asked.body)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type", ""), answer.read()
    finally:
        connection.close()
