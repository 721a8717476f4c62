"""Events: what may reach a function around a body, whoever sent it, and the status that it gets."""

from __future__ import annotations

from typing import Any

from tests.handlers.bodies import amount, changed

CONTEXT = {"requestId": "r-1", "identity": {"apiKeyId": "k-1"}}


def without_body(**particulars: Any) -> dict[str, Any]:
    """An event of the API but for `particulars`; those that are `...` are left out."""
    event = {
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": None,
        "pathParameters": None,
        "queryStringParameters": None,
        "requestContext": CONTEXT,
        "body": None,
        "isBase64Encoded": False,
        **particulars,
    }
    return {name: value for name, value in event.items() if value is not ...}


# Around a good body, each of these is none of the client's faults, or none that keeps it from being read.
AROUND: list[tuple[str, dict[str, Any]]] = [
    ("no headers", {"headers": ...}),
    ("headers null", {"headers": None}),
    ("headers a list", {"headers": ["x"]}),
    ("headers text", {"headers": "x"}),
    ("a header null", {"headers": {"X-Correlation-Id": None}}),
    ("a header that is a number", {"headers": {"X-Correlation-Id": 7}}),
    ("a header in small letters", {"headers": {"x-correlation-id": "c-1"}}),
    ("a header in capitals", {"headers": {"X-CORRELATION-ID": "c-1"}}),
    ("a header twice, in two cases", {"headers": {"x-correlation-id": "a", "X-Correlation-Id": "b"}}),
    ("a correlation id with line breaks", {"headers": {"X-Correlation-Id": "a\r\nSet-Cookie: b"}}),
    ("a correlation id too long", {"headers": {"X-Correlation-Id": "c" * 5000}}),
    ("a correlation id of half a pair", {"headers": {"X-Correlation-Id": "\ud800"}}),
    ("headers of many values", {"multiValueHeaders": {"X-Correlation-Id": ["a", "b"]}}),
    ("headers of many values only", {"headers": None, "multiValueHeaders": {"Accept": ["a", "b"]}}),
    ("no content type", {"headers": {}}),
    ("content type of text", {"headers": {"Content-Type": "text/plain"}}),
    ("content type of a form", {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
    ("content type with a charset", {"headers": {"Content-Type": "application/json; charset=latin-1"}}),
    ("content type that is none", {"headers": {"Content-Type": "\x00"}}),
    ("a query", {"queryStringParameters": {"amount": "1"}}),
    ("no path parameters", {"pathParameters": ...}),
    ("path parameters of another route", {"pathParameters": {"transaction_id": "t-9"}}),
    ("path parameters text", {"pathParameters": "t-9"}),
    ("no method", {"httpMethod": ...}),
    ("method null", {"httpMethod": None}),
    ("method in small letters", {"httpMethod": "post"}),
    ("no context", {"requestContext": ...}),
    ("context null", {"requestContext": None}),
    ("context text", {"requestContext": "x"}),
    ("no identity", {"requestContext": {"requestId": "r-1"}}),
    ("identity null", {"requestContext": {"requestId": "r-1", "identity": None}}),
    ("identity a list", {"requestContext": {"identity": []}}),
    ("key null", {"requestContext": {"identity": {"apiKeyId": None}}}),
    ("key a number", {"requestContext": {"identity": {"apiKeyId": 5}}}),
    ("key of half a pair", {"requestContext": {"identity": {"apiKeyId": "\ud800"}}}),
    ("caller of half a pair", {"requestContext": {"identity": {"caller": "\ud800:x"}}}),
    ("user agent of half a pair", {"requestContext": {"identity": {"userAgent": "\ud800"}}}),
    ("user agent a list", {"requestContext": {"identity": {"userAgent": ["x"]}}}),
    ("user agent megabytes long", {"requestContext": {"identity": {"userAgent": "x" * 10**6}}}),
    ("request id a card", {"requestContext": {"requestId": "4111111111111111"}}),
    ("request id a number", {"requestContext": {"requestId": 5}}),
    ("isBase64Encoded null", {"isBase64Encoded": None}),
    ("isBase64Encoded left out", {"isBase64Encoded": ...}),
    ("a stage variable", {"stageVariables": {"x": "y"}, "unknown": object}),
]

# Methods that each function has no route for.
WRONG_METHODS = ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "\ud800", "POST ")

# Currencies whose minor unit is the major one, and of which a thousand make one.
OTHER_DIGITS: list[tuple[str, str, int, int | None]] = [
    ("yen", changed(amount="500", currency="JPY"), 200, 500),
    ("a yen", changed(amount=1, currency="JPY"), 200, 1),
    ("yen by an exponent", amount("5e2").replace("USD", "JPY"), 200, 500),
    ("half a yen", changed(amount="0.5", currency="JPY"), 400, None),
    ("yen with a zero after the point", changed(amount="500.0", currency="JPY"), 400, None),
    ("yen with two", changed(amount="500.00", currency="JPY"), 400, None),
    ("the most yen", changed(amount="999999999999", currency="JPY"), 200, 999_999_999_999),
    ("too many yen", changed(amount="1000000000000", currency="JPY"), 400, None),
    ("no yen", changed(amount="0", currency="JPY"), 400, None),
    ("dinars", changed(amount="1.234", currency="KWD"), 200, 1234),
    ("whole dinars", changed(amount=7, currency="KWD"), 200, 7000),
    ("a thousandth", changed(amount="0.001", currency="KWD"), 200, 1),
    ("less than a thousandth", changed(amount="0.0001", currency="KWD"), 400, None),
    ("four digits after the point", changed(amount="1.2340", currency="KWD"), 400, None),
    ("the most dinars", changed(amount="999999999999.999", currency="KWD"), 200, 999_999_999_999_999),
    ("yen in dollars' digits", changed(amount="10.50", currency="JPY"), 400, None),
    ("a dollar in dinars' digits", changed(amount="1.234"), 400, None),
]
