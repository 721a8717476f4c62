"""Whatever is sent to the running API, the answer is never a fault of the server's."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.payments.contract import AuditRequest, ProcessRequest, ValidateRequest
from sandbox.processes import LOOPBACK
from sandbox.system import System

# Through a gateway and two processes, each takes some tens of milliseconds.
EXAMPLES = 60
ROUTES = {
    "/validate": ValidateRequest.__struct_fields__,
    "/process": ProcessRequest.__struct_fields__,
    "/audit": AuditRequest.__struct_fields__,
}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["t-1", "12.50", "EUR", "cus_1", "4242424242424242", "1e5", "-1", "..", "\u0000"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
PATHS = st.sampled_from([*ROUTES, "/status", "/transactions/t-1", "/transactions/%00", "/transactions/", "/"])


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, bytes]:
    """A route, and a body that has something to do with it."""
    route = draw(st.sampled_from(list(ROUTES)))
    fields: dict[str, Any] = draw(
        st.dictionaries(st.sampled_from([*ROUTES[route], "unknown"]), VALUES, max_size=5)
    )
    if draw(st.booleans()):
        return route, draw(st.binary(max_size=60))
    return route, json.dumps(fields).encode()


def answered(on: System, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """The status and the body that the API answers."""
    connection = HTTPConnection(LOOPBACK, on.api.port, timeout=60)
    try:
        headers = {"x-api-key": on.api.key, "content-type": "application/json"}
        connection.request(method, on.api.path + path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(asked=bodies())
def test_no_body_is_the_servers_fault(running: System, asked: tuple[str, bytes]) -> None:
    route, body = asked

    status, told = answered(running, "POST", route, body)

    assert status < 500, told
    assert status in {200, 400, 402, 404, 409, 413, 415}
    assert isinstance(json.loads(told), dict)


@settings(
    max_examples=EXAMPLES // 2,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(method=METHODS, path=PATHS)
def test_no_method_and_no_path_is_the_servers_fault(running: System, method: str, path: str) -> None:
    status, told = answered(running, method, path, b"")

    assert status < 500, told
