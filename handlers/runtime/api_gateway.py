"""Front: what API Gateway hands a function, and what it wants back."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from handlers.payments.identifiers import looks_like_card, owner_of
from handlers.payments.json_body import MOST_BYTES
from handlers.payments.problem import Fault, Problem, invalid, too_large, wrong_method

Event = Mapping[str, Any]
Response = dict[str, Any]

CORRELATION_ID = "X-Correlation-Id"
CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
LONGEST_TOLD = 256

# The same request is worth sending again, a little later.
TRY_AGAIN = {HTTPStatus.ACCEPTED, HTTPStatus.SERVICE_UNAVAILABLE}

NOTHING_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class Request:
    """A request as the functions see it."""

    method: str
    correlation_id: str
    request_id: str
    owner: str
    source_ip: str
    user_agent: str
    path: Mapping[str, str]
    event: Event

    @classmethod
    def of(cls, event: Event) -> Request:
        """The request that `event` is; one without the API's particulars is read as far as it goes."""
        context = mapping(event.get("requestContext"))
        identity = mapping(context.get("identity"))
        request_id = named(context.get("requestId")) or "none"
        return cls(
            method=str(event.get("httpMethod") or "").upper(),
            correlation_id=named(header(event, CORRELATION_ID)) or request_id,
            request_id=request_id,
            owner=owner_of(caller(identity)),
            source_ip=told(identity.get("sourceIp")),
            user_agent=told(identity.get("userAgent")),
            path=mapping(event.get("pathParameters")),
            event=event,
        )

    def body(self) -> bytes:
        """The body's bytes; raises Problem where it has none that could be read."""
        body = self.event.get("body")
        if body is None or body == "":
            raise invalid([Fault("", "expected a JSON object, found no body")])
        if not isinstance(body, str):
            raise invalid([Fault("", "expected a body of text")])
        # In base64 four characters stand for three bytes; a character is a byte or more.
        if len(body) > MOST_BYTES * 2:
            raise too_large(MOST_BYTES)
        try:
            # Encoders break lines, which base64 allows for.
            if self.event.get("isBase64Encoded"):
                return base64.b64decode("".join(body.split()), validate=True)
            return body.encode()
        except (binascii.Error, ValueError) as wrong:
            raise invalid([Fault("", "expected UTF-8, or base64 that says so")]) from wrong

    def only(self, method: str) -> None:
        """Raise Problem unless the request is by `method`; whoever invokes without the API names none."""
        if self.method not in {"", method}:
            raise wrong_method(method)

    def answer(self, status: int, body: Mapping[str, Any]) -> Response:
        """`body` as the answer to this request."""
        return self.response(status, "application/json", body, {})

    def refuse(self, problem: Problem) -> Response:
        """`problem` as the answer to this request."""
        allowed = {"Allow": problem.allowed} if problem.allowed else {}
        document = {**problem.document(), "instance": f"urn:request:{self.request_id}"}
        return self.response(problem.status, "application/problem+json", document, allowed)

    def response(
        self, status: int, media: str, body: Mapping[str, Any], extra: Mapping[str, str]
    ) -> Response:
        """An answer in the form that API Gateway wants."""
        again = {"Retry-After": "5"} if status in TRY_AGAIN else {}
        return {
            "statusCode": status,
            "headers": {
                "Content-Type": media,
                CORRELATION_ID: self.correlation_id,
                **NOTHING_KEPT,
                **again,
                **extra,
            },
            "body": json.dumps(body, separators=(",", ":")),
            "isBase64Encoded": False,
        }


def caller(identity: Mapping[str, Any]) -> str:
    """Who calls: the API key, else the signer of the request, else nobody in particular.

    The API demands a key on every route; without one only those who may invoke the function itself
    get here, and share what they validate.
    """
    key = identity.get("apiKeyId")
    if isinstance(key, str) and key:
        return f"key:{key}"
    # Of `AROA...:session` the first part is the role, which stays while sessions come and go.
    principal = identity.get("caller")
    if isinstance(principal, str) and principal:
        return f"iam:{principal.partition(':')[0]}"
    return "nobody"


def header(event: Event, name: str) -> Any:
    """The header `name`, in whatever case it came."""
    for found, value in mapping(event.get("headers")).items():
        if found.lower() == name.lower():
            return value
    return None


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` if it is a mapping: API Gateway writes null for an empty one."""
    return value if isinstance(value, Mapping) else {}


def named(value: Any) -> str | None:
    """`value` if it is an id that may be told to a log: a card number, which would pass for one, is not."""
    fits = isinstance(value, str) and CORRELATION.fullmatch(value) and not looks_like_card(value)
    return value if fits else None


def named_in_path(value: Any) -> str | None:
    """`value` if it is an id, which may have come percent-encoded: no id has a percent sign of its own."""
    return named(unquote(value)) if isinstance(value, str) else None


def told(value: Any) -> str:
    """`value` as text of a length that fits a record, and of characters that fit any."""
    return str(value or "")[:LONGEST_TOLD].encode("ascii", "backslashreplace").decode()
