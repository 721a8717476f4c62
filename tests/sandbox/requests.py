"""Requests: whatever a client could send to the API, much of it close to what the API takes."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from handlers.payments.contract import AuditRequest, ProcessRequest, ValidateRequest

JSON = "application/json"


@dataclass(frozen=True)
class Asked:
    """A request; where it is `keyed`, it is sent with the API's key, which is not among its headers."""

    route: str
    """What it began as a request to, before anything was changed."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    keyed: bool


RARELY_NOT = st.sampled_from([True] * 9 + [False])
# A few, so that requests meet the payments of others: repeated, changed, charged.
TRANSACTIONS = st.sampled_from([f"asked-{number}" for number in range(6)])
CUSTOMERS = st.sampled_from(["cus_1", "cus_1", "cus_declined", "cus_authenticate", "cus_without", "cus_none"])
# What each route takes, as a client who read the documentation would send it.
WANTED: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "/validate": {
        "transaction_id": TRANSACTIONS,
        "amount": st.sampled_from(["1.00", "12.50", 3, "99999.99"]),
        "currency": st.sampled_from(["EUR", "USD", "JPY"]),
        "customer_id": CUSTOMERS,
    },
    "/process": {"transaction_id": TRANSACTIONS},
    "/audit": {
        "event_type": st.sampled_from(["refund.asked", "dispute.opened"]),
        "transaction_id": TRANSACTIONS,
        "details": st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=3),
    },
}
FIELDS = {
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
    | st.sampled_from(["12.50", "EUR", "4242424242424242", "1e5", "-1", "..", "\u0000", "\ud800", "9" * 400])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
# Not JSON, or hardly, or JSON that is no object, or too much of it.
ODD_BODIES = st.sampled_from(
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"[" * 50_000,
        b'{"details":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
        b'{"amount":' + b"9" * 5_000 + b"}",
        b'{"transaction_id":"a","transaction_id":"b"}',
        b"Action=ListQueues&Version=2012-11-05",
        b"--x\r\ncontent-disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n",
    ]
)


@st.composite
def contents(draw: st.DrawFn, route: str) -> bytes:
    """A body: what `route` takes, or that with something else in it, or anything."""
    if route not in WANTED or not draw(RARELY_NOT):
        return draw(ODD_BODIES | st.binary(max_size=60))
    fields = draw(st.fixed_dictionaries(dict(WANTED[route])))
    if draw(st.booleans()):
        fields |= draw(st.dictionaries(st.sampled_from([*FIELDS[route], "unknown"]), VALUES, max_size=2))
    for name in draw(st.lists(st.sampled_from(FIELDS[route]), max_size=1)) if draw(st.booleans()) else ():
        fields.pop(name, None)
    return json.dumps(fields).encode()


# As what it says it is, and as something else.
ENCODED: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "base64": base64.b64encode,
    "identity": bytes,
}
ENCODINGS = ("gzip", "deflate", "identity", "br", "zstd", "gzip, gzip", "aws-chunked", "*", "")
MEDIA = (
    JSON,
    "application/json; charset=utf-8",
    "application/json; charset=utf-16",
    "APPLICATION/JSON",
    "text/plain",
    "application/xml",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/x-amz-json-1.0",
    "application/cbor",
    "image/png",
    ";;=",
    "\xff",
    "",
)
# How the bytes of a message are framed is left out: that is the server's, and the client's own library's.
NAMED_HEADERS: Mapping[str, tuple[str, ...]] = {
    "accept": ("*/*", "image/png", "application/json;q=0"),
    "accept-encoding": ("gzip", "br;q=0, gzip;q=x"),
    "authorization": (
        "Basic Og==",
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=, Signature=",
        "AWS4-HMAC-SHA256 Credential=AKIAX/20260101/eu-west-1/s3/aws4_request, SignedHeaders=a, Signature=f",
    ),
    "cookie": ("a=b; c", "\xff"),
    "if-none-match": ("*",),
    "origin": ("https://example.com",),
    "range": ("bytes=0-1",),
    "user-agent": ("", "\xff" * 300),
    "x-amz-content-sha256": ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "UNSIGNED-PAYLOAD"),
    "x-amz-date": ("today",),
    "x-amz-decoded-content-length": ("1", "many"),
    "x-amz-target": ("DynamoDB_20120810.ListTables",),
    "x-amz-security-token": ("x",),
    "x-correlation-id": ("mine-1", "\xff", "4242424242424242", "a" * 500),
    "x-forwarded-for": ("10.0.0.1, 10.0.0.2", "nobody"),
    "x-forwarded-proto": ("https", "gopher"),
    "x-http-method-override": ("DELETE",),
}
TEXT_OF_HEADERS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))
TOKENS = st.text(st.sampled_from("abcxyz-_.!#$%&'*+^`|~0189"), min_size=1, max_size=12)


@st.composite
def headers(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    """A few headers that mean something to someone, and a few that mean nothing, more than once maybe."""
    known = [
        (name, draw(st.sampled_from(NAMED_HEADERS[name]) | TEXT_OF_HEADERS))
        for name in draw(st.lists(st.sampled_from(sorted(NAMED_HEADERS)), max_size=3))
    ]
    others = draw(st.lists(st.tuples(TOKENS.map("x-own-{}".format), TEXT_OF_HEADERS), max_size=2))
    return (*known, *others)


# What may stand in a path or a query as it is; everything else comes percent-encoded, or is no HTTP.
PLAIN = "/-._~!$&'()*+,;=:@%abcXYZ019"
SEGMENTS = (
    TRANSACTIONS
    | st.text(st.sampled_from(PLAIN), max_size=20)
    | st.binary(max_size=12).map(quote)
    | st.sampled_from(
        ["%00", "%ff", "%zz", "%2F", "%2e%2e", "..", "a" * 3000, "4242424242424242", "%25", "{x}"]
    )
)
QUERIES = (
    st.just("")
    | st.text(st.sampled_from(PLAIN + "?"), max_size=20).map("?{}".format)
    | st.binary(max_size=12).map(quote).map("?{}".format)
    | st.sampled_from(
        [
            "?a=1&a=2&=&&",
            "?%00=%ff",
            "?Action=ListQueues",
            "?list-type=2",
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x&X-Amz-Date=1&X-Amz-Signature=1",
            "?AWSAccessKeyId=a&Signature=b&Expires=c",
        ]
    )
)
ROUTES: Mapping[str, str] = {
    "/validate": "POST",
    "/process": "POST",
    "/audit": "POST",
    "/status": "GET",
    "/transactions/": "GET",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "brew")
UNKNOWN = SEGMENTS.map("/{}".format) | st.sampled_from(["", "/", "//status", "/status/", "/Status"])


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    """A request: in most of its parts what a route takes, in some of them anything."""
    route = draw(st.sampled_from(list(ROUTES)))
    method = ROUTES[route]
    path = route + (draw(TRANSACTIONS) if route.endswith("/") else "")
    body = draw(contents(route)) if method == "POST" else b""
    media, encoding = JSON, ""
    changed = draw(
        st.sets(st.sampled_from(["method", "path", "body", "encoding", "media", "query"]), max_size=2)
    )
    if "method" in changed:
        method = draw(st.sampled_from(METHODS))
    if "path" in changed:
        path = draw(SEGMENTS.map("/transactions/{}".format) | UNKNOWN)
    if "query" in changed:
        path += draw(QUERIES)
    if "body" in changed:
        body = draw(contents("/"))
    if "media" in changed:
        media = draw(st.sampled_from(MEDIA))
    if "encoding" in changed:
        body = ENCODED[draw(st.sampled_from(sorted(ENCODED)))](body)
        encoding = draw(st.sampled_from(ENCODINGS))
    named = (("content-type", media), ("content-encoding", encoding))
    return Asked(
        route,
        method,
        path,
        (*((name, value) for name, value in named if value), *draw(headers())),
        body,
        keyed=draw(RARELY_NOT),
    )
