"""What clients may send: each body with the status that it gets, and none of it in a log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers import audit_logger, payment_processor, payment_validator
from handlers.payments.audit import Trail
from handlers.payments.store import Store
from tests.handlers.bodies import AUDITS, GOOD, MARK, PROCESSINGS, VALIDATIONS, changed, encoded
from tests.handlers.world import BUCKET, KEY_ARN, TABLE, World, client, create_table


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


@pytest.fixture
def wired(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry points, on a table and a bucket of their own."""
    create_table(client("dynamodb"))
    client("s3").create_bucket(Bucket=BUCKET)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "payments")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Payments")
    monkeypatch.setattr(payment_validator, "store", lambda: Store(client("dynamodb"), TABLE))
    monkeypatch.setattr(payment_validator, "currencies", lambda: frozenset({"USD", "EUR", "GBP"}))
    monkeypatch.setattr(audit_logger, "trail", lambda: Trail(client("s3"), BUCKET, KEY_ARN))


class Invocation:
    """What Lambda tells of an invocation."""

    aws_request_id = "i-1"

    def get_remaining_time_in_millis(self) -> int:
        """All of it."""
        return 28_000


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


def test_there_are_many() -> None:
    assert len(VALIDATIONS) + len(PROCESSINGS) + len(AUDITS) >= 120


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


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_a_wrong_method_is_told_the_right_one(wired: None, method: str) -> None:
    answer = payment_validator.handler(event(changed(), method), None)

    assert answer["statusCode"] == 405
    assert answer["headers"]["Allow"] == "POST"


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


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=10,
)
ALMOST = st.fixed_dictionaries(
    {},
    optional={name: st.just(value) | ANYTHING for name, value in GOOD.items()},
)
WHILE_WIRED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@WHILE_WIRED
@given(st.text() | st.binary().map(encoded) | ANYTHING.map(json.dumps) | ALMOST.map(json.dumps))
def test_whatever_is_sent_gets_an_answer_that_is_no_500(wired: None, sent: object) -> None:
    for answer in (
        payment_validator.handler(event(sent), None),
        audit_logger.handler(event(sent), Invocation()),
    ):
        assert answer["statusCode"] in {200, 400, 409, 413}
        json.loads(answer["body"])


@WHILE_WIRED
@given(st.integers(1, 10**14 - 1), st.sampled_from(["USD", "EUR", "GBP"]), st.booleans())
def test_an_amount_is_kept_to_the_last_cent(wired: None, minor: int, currency: str, text: bool) -> None:
    """Never through a float: what is written down is what was sent."""
    figure = f"{minor // 100}.{minor % 100:02d}"
    name = f"{currency}-{minor}-{text}"
    body = changed(transaction_id=name, currency=currency, amount="@")
    answer = payment_validator.handler(event(body.replace('"@"', f'"{figure}"' if text else figure)), None)

    assert answer["statusCode"] == 200
    found = Store(client("dynamodb"), TABLE).find(name)
    assert found is not None
    assert found.money.minor == minor
    assert found.money.figure == figure
