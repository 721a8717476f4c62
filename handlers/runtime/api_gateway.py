"""API Gateway proxy events and responses."""

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
LONGEST_TEXT = 256

# Statuses after which a client may send the same request again.
TRY_AGAIN = {HTTPStatus.ACCEPTED, HTTPStatus.SERVICE_UNAVAILABLE}

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class Request:
    """A request of the API."""

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
        """Return the request in `event`; whatever it lacks is left empty."""
        context = mapping(event.get("requestContext"))
        identity = mapping(context.get("identity"))
        request_id = loggable_id(context.get("requestId")) or "none"
        return cls(
            method=str(event.get("httpMethod") or "").upper(),
            correlation_id=loggable_id(header(event, CORRELATION_ID)) or request_id,
            request_id=request_id,
            owner=owner_of(caller(identity)),
            source_ip=short_ascii(identity.get("sourceIp")),
            user_agent=short_ascii(identity.get("userAgent")),
            path=mapping(event.get("pathParameters")),
            event=event,
        )

    def body(self) -> bytes:
        """Return the body's bytes; raises Problem where there are none."""
        body = self.event.get("body")
        if body is None or body == "":
            raise invalid([Fault("", "expected a JSON object, found no body")])
        if not isinstance(body, str):
            raise invalid([Fault("", "expected a body of text")])
        # In base64 four characters stand for three bytes; a character is a byte or more.
        if len(body) > MOST_BYTES * 2:
            raise too_large(MOST_BYTES)
        try:
            # Encoders break base64 into lines.
            if self.event.get("isBase64Encoded"):
                return base64.b64decode("".join(body.split()), validate=True)
            return body.encode()
        except (binascii.Error, ValueError) as wrong:
            raise invalid([Fault("", "expected UTF-8, or base64 that says so")]) from wrong

    def only(self, method: str) -> None:
        """Raise Problem if the request is by another method; an invocation without the API has none."""
        if self.method not in {"", method}:
            raise wrong_method(method)

    def answer(self, status: int, body: Mapping[str, Any]) -> Response:
        """Return the response with `body`."""
        return self.response(status, "application/json", body, {})

    def refuse(self, problem: Problem) -> Response:
        """Return the response for `problem`."""
        allowed = {"Allow": problem.allowed} if problem.allowed else {}
        document = {**problem.document(), "instance": f"urn:request:{self.request_id}"}
        return self.response(problem.status, "application/problem+json", document, allowed)

    def response(
        self, status: int, media: str, body: Mapping[str, Any], extra: Mapping[str, str]
    ) -> Response:
        """Return a response in the form of API Gateway's proxy integration."""
        again = {"Retry-After": "5"} if status in TRY_AGAIN else {}
        return {
            "statusCode": status,
            "headers": {
                "Content-Type": media,
                CORRELATION_ID: self.correlation_id,
                **NO_STORE,
                **again,
                **extra,
            },
            "body": json.dumps(body, separators=(",", ":")),
            "isBase64Encoded": False,
        }


def caller(identity: Mapping[str, Any]) -> str:
    """Return the name of the caller: the API key, else the signer of the request, else `nobody`.

    The API requires a key on every route; only those who may invoke the function itself come without
    one, and they share their payments.
    """
    key = identity.get("apiKeyId")
    if isinstance(key, str) and key:
        return f"key:{key}"
    # `AROA...:session`: the role, whatever its session.
    principal = identity.get("caller")
    if isinstance(principal, str) and principal:
        return f"iam:{principal.partition(':')[0]}"
    return "nobody"


def header(event: Event, name: str) -> Any:
    """Return the header `name`, whose case does not matter."""
    for header_name, value in mapping(event.get("headers")).items():
        if header_name.lower() == name.lower():
            return value
    return None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` if it is a mapping: API Gateway writes null for an empty one."""
    return value if isinstance(value, Mapping) else {}


def loggable_id(value: Any) -> str | None:
    """Return `value` if it is an id that may be logged, and no card number."""
    fits = isinstance(value, str) and CORRELATION.fullmatch(value) and not looks_like_card(value)
    return value if fits else None


def id_in_path(value: Any) -> str | None:
    """Return `value` if it is an id, percent-encoded or not: no id has a percent sign of its own."""
    return loggable_id(unquote(value)) if isinstance(value, str) else None


def short_ascii(value: Any) -> str:
    """Return `value` as ASCII text, at most LONGEST_TEXT characters of it."""
    return str(value or "")[:LONGEST_TEXT].encode("ascii", "backslashreplace").decode()
