"""What clients may send: each body with the status that it gets, and none of it in a log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from handlers import audit_logger, payment_processor, payment_validator
from handlers.payments.adapters.dynamodb import DynamoDBStore
from tests.handlers.bodies import AUDITS, MARK, PROCESSINGS, VALIDATIONS, changed
from tests.handlers.entering import Invocation
from tests.handlers.events import AROUND, OTHER_DIGITS, WRONG_METHODS, without_body
from tests.handlers.world import TABLE, World, client


def event(sent: object, method: str = "POST") -> dict[str, Any]:
    """What API Gateway makes of a request."""
    body = sent if isinstance(sent, dict) else {"body": sent, "isBase64Encoded": False}
    return {
        "httpMethod": method,
        "headers": None,
        "pathParameters": None,
        "requestContext": {"requestId": "r-1", "identity": {"apiKeyId": "k-1"}},
        **body,
    }


def assert_told_well(answer: dict[str, Any], status: int, told: str) -> None:
    """The answer has `status`, is JSON of the right kind, and the log has nothing of the body."""
    assert answer["statusCode"] == status
    content = json.loads(answer["body"])
    media = "application/json" if status == 200 else "application/problem+json"
    assert answer["headers"]["Content-Type"] == media
    if status != 200:
        assert content["status"] == status
        assert all(set(each) == {"pointer", "detail"} for each in content.get("errors", []))
    assert len(answer["body"]) < 20_000
    # In full: the time of day in milliseconds may well hold four digits of a card.
    for secret in ("cus_1", "4111111111111111", "4111-1111", "4111.1111", "4111 1111", MARK, '"amount"'):
        assert secret not in told


def test_there_are_many(record_property: Callable[[str, object], None]) -> None:
    rows = {
        "bodies for /validate": len(VALIDATIONS),
        "bodies for /process": len(PROCESSINGS),
        "bodies for /audit": len(AUDITS),
        "amounts of other digits": len(OTHER_DIGITS),
        "events around a body, for each function": 3 * len(AROUND),
        "wrong methods, for each function": 3 * len(WRONG_METHODS),
    }
    for name, count in rows.items():
        record_property(f"inputs: {name}", count)
    assert sum(rows.values()) >= 120


@pytest.mark.parametrize(
    ("sent", "status"), [each[1:] for each in VALIDATIONS], ids=[each[0] for each in VALIDATIONS]
)
def test_validate(wired: None, capsys: pytest.CaptureFixture[str], sent: object, status: int) -> None:
    """F197, F198, F199, F201: what /validate takes, and no 500 for what it does not."""
    answer = payment_validator.handler(event(sent), None)

    assert_told_well(answer, status, capsys.readouterr().out)
    assert bool(client("dynamodb").scan(TableName=TABLE)["Items"]) == (status == 200)


@pytest.mark.parametrize(
    ("sent", "status"), [each[1:] for each in PROCESSINGS], ids=[each[0] for each in PROCESSINGS]
)
def test_process(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    sent: object,
    status: int,
) -> None:
    """F206: what /process takes."""
    monkeypatch.setattr(payment_processor, "processing", lambda: world.processing)

    answer = payment_processor.handler(event(sent), Invocation())

    assert_told_well(answer, status, capsys.readouterr().out)


@pytest.mark.parametrize(("sent", "status"), [each[1:] for each in AUDITS], ids=[each[0] for each in AUDITS])
def test_audit(wired: None, capsys: pytest.CaptureFixture[str], sent: object, status: int) -> None:
    """F210: what /audit takes; a card number would stay in the bucket for years."""
    answer = audit_logger.handler(event(sent), Invocation())

    assert_told_well(answer, status, capsys.readouterr().out)


GOOD_BODIES = {
    payment_validator: changed(),
    payment_processor: '{"transaction_id":"t-1"}',
    audit_logger: '{"event_type":"login"}',
}
FUNCTIONS = pytest.mark.parametrize("function", GOOD_BODIES, ids=lambda each: each.__name__)


@FUNCTIONS
@pytest.mark.parametrize("around", [each[1] for each in AROUND], ids=[each[0] for each in AROUND])
def test_what_is_around_a_body_is_no_reason_to_break(
    wired: None, function: Any, around: dict[str, Any]
) -> None:
    """Read as far as it goes: what is missing is missing, and the answer has what it has to have."""
    answer = function.handler(without_body(body=GOOD_BODIES[function], **around), Invocation())

    # Nobody has validated t-1 in here.
    assert answer["statusCode"] == (404 if function is payment_processor else 200)
    json.dumps(answer).encode()
    told = answer["headers"]["X-Correlation-Id"]
    assert re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", told)
    assert "4111111111111111" not in told


@FUNCTIONS
@pytest.mark.parametrize("body", [None, "", "e30=", 5, b"{}"], ids=repr)
@pytest.mark.parametrize("said", [True, "true", 1], ids=repr)
def test_base64_that_holds_nothing_is_refused(wired: None, function: Any, body: object, said: object) -> None:
    answer = function.handler(without_body(body=body, isBase64Encoded=said), Invocation())

    assert answer["statusCode"] == 400


@FUNCTIONS
@pytest.mark.parametrize("method", WRONG_METHODS, ids=ascii)
def test_a_wrong_method_is_told_the_right_one(wired: None, function: Any, method: str) -> None:
    """The audit logger has routes by GET as well, which say what is there."""
    event = without_body(body=GOOD_BODIES[function], httpMethod=method)
    if function is audit_logger and method == "GET":
        event["pathParameters"] = {"transaction_id": "nobody's"}

    answer = function.handler(event, Invocation())

    if function is audit_logger and method == "GET":
        assert answer["statusCode"] == 404
    else:
        assert answer["statusCode"] == 405
        assert answer["headers"]["Allow"] == "POST"


@pytest.mark.parametrize(
    ("sent", "status", "minor"), [each[1:] for each in OTHER_DIGITS], ids=[each[0] for each in OTHER_DIGITS]
)
def test_each_currency_has_its_own_digits(
    wired: None, monkeypatch: pytest.MonkeyPatch, sent: str, status: int, minor: int | None
) -> None:
    """Where the deployment takes them."""
    monkeypatch.setattr(payment_validator, "currencies", lambda: frozenset({"USD", "JPY", "KWD"}))

    answer = payment_validator.handler(event(sent), None)

    assert answer["statusCode"] == status
    found = DynamoDBStore(client("dynamodb"), TABLE).find("t-1")
    assert (found and found.money.minor) == minor


def test_what_is_missing_is_told_in_the_order_of_the_original(wired: None) -> None:
    """F197: it told the first of them, and here all are told."""
    answer = payment_validator.handler(event("{}"), None)

    assert [each["pointer"] for each in json.loads(answer["body"])["errors"]] == [
        "/transaction_id",
        "/amount",
        "/currency",
        "/customer_id",
    ]


def test_every_fault_is_listed(wired: None) -> None:
    answer = payment_validator.handler(
        event('{"amount":-1,"currency":"usd","customer_id":"4111111111111111","x":1,"x":2}'), None
    )

    assert [each["pointer"] for each in json.loads(answer["body"])["errors"]] == [
        "/x",
        "/transaction_id",
        "/currency",
        "/x",
        "/amount",
        "/customer_id",
    ]
