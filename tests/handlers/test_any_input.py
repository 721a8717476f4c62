"""Whatever is sent to a function: an answer that is no 500, and amounts that are kept to the last digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers import audit_logger, payment_processor, payment_validator
from handlers.payments.adapters.dynamodb import DynamoDBStore
from handlers.payments.money import MINOR_DIGITS
from handlers.payments.probing import Answer, Report
from tests.handlers.bodies import GOOD, changed, encoded
from tests.handlers.entering import Invocation
from tests.handlers.events import CONTEXT
from tests.handlers.world import TABLE, client

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Half of a surrogate pair included: JSON can spell it, and Lambda hands it over.
TEXT = st.text(st.characters(), max_size=30) | st.sampled_from(
    ["\ud800", "4111111111111111", "t-1", "%E9", "\x00", "\uff11"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(TEXT, inside, max_size=4),
    max_leaves=8,
)
BYTES = st.binary(max_size=80).map(encoded) | st.fixed_dictionaries(
    {"body": TEXT, "isBase64Encoded": st.just(True)}
)


def almost(good: dict[str, Any]) -> st.SearchStrategy[str]:
    """Bodies that are nearly `good`."""
    optional = {name: st.just(value) | ANYTHING for name, value in good.items()}
    return st.fixed_dictionaries({}, optional=optional).map(json.dumps)


def bodies(good: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any text, any JSON, any bytes, and what is nearly `good`."""
    text = TEXT | ANYTHING.map(json.dumps) | almost(good)
    return BYTES | text.map(lambda each: {"body": each}) | ANYTHING.map(lambda each: {"body": each})


IDENTITIES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("apiKeyId", "caller", "sourceIp", "userAgent"), ANYTHING)
)
SHAPES = st.fixed_dictionaries(
    {},
    optional={
        "httpMethod": st.sampled_from(["GET", "POST"]) | ANYTHING,
        "headers": st.dictionaries(st.just("X-Correlation-Id") | TEXT, ANYTHING, max_size=3) | ANYTHING,
        "multiValueHeaders": ANYTHING,
        "pathParameters": st.fixed_dictionaries({"transaction_id": ANYTHING}) | ANYTHING,
        "requestContext": st.fixed_dictionaries(
            {}, optional={"requestId": ANYTHING, "identity": IDENTITIES | ANYTHING}
        )
        | ANYTHING,
        "body": ANYTHING | ANYTHING.map(json.dumps),
        "isBase64Encoded": ANYTHING,
    },
)
EVENT = {"httpMethod": "POST", "headers": None, "pathParameters": None, "requestContext": CONTEXT}


def answered(function: Any, event: dict[str, Any]) -> int:
    """The status of an answer that API Gateway can pass on."""
    answer = function.handler(event, Invocation())
    json.loads(answer["body"])
    json.dumps(answer).encode()
    assert all(isinstance(each, str) and each.isprintable() for each in answer["headers"].values())
    return int(answer["statusCode"])


@QUICK
@given(bodies(GOOD))
def test_any_body_for_validate(wired: None, body: dict[str, Any]) -> None:
    assert answered(payment_validator, EVENT | body) in {200, 400, 409, 413}


@QUICK
@given(bodies({"transaction_id": "t-1"}))
def test_any_body_for_process(wired: None, body: dict[str, Any]) -> None:
    assert answered(payment_processor, EVENT | body) in {400, 404, 413}


@QUICK
@given(bodies({"event_type": "login", "transaction_id": "t-1", "details": {"a": 1}}))
def test_any_body_for_audit(wired: None, body: dict[str, Any]) -> None:
    assert answered(audit_logger, EVENT | body) in {200, 400, 413}


@QUICK
@given(TEXT | ANYTHING)
def test_any_id_for_a_transaction(wired: None, name: object) -> None:
    event = {**EVENT, "httpMethod": "GET", "pathParameters": {"transaction_id": name}}

    assert answered(audit_logger, event) == 404


class Known:
    """Probing that knows of the table, and asks nothing."""

    def report(self) -> Report:
        """What it knows."""
        return Report(0, {"table": Answer({}, 0, 0.0)}, frozenset())


@QUICK
@given(SHAPES)
def test_an_event_of_any_shape(wired: None, event: dict[str, Any]) -> None:
    """For every function and, by GET, for /status and /transactions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_logger, "probing", Known)

        for function in (payment_validator, payment_processor, audit_logger):
            assert answered(function, event) in {200, 400, 404, 405, 409, 413}


@QUICK
@given(st.integers(1, 10**12 - 1), st.sampled_from(sorted(MINOR_DIGITS)), st.booleans())
def test_an_amount_is_kept_to_the_last_digit(wired: None, minor: int, currency: str, text: bool) -> None:
    """Never through a float: what is written down is what was sent, in every currency that can be taken."""
    figure = f"{Decimal(minor).scaleb(-MINOR_DIGITS[currency]):f}"
    name = f"{currency}-{minor}-{text}"
    body = changed(transaction_id=name, currency=currency, amount="@")
    sent = body.replace('"@"', f'"{figure}"' if text else figure)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payment_validator, "currencies", lambda: frozenset(MINOR_DIGITS))

        assert answered(payment_validator, {**EVENT, "body": sent}) == 200

    found = DynamoDBStore(client("dynamodb"), TABLE).find(name)
    assert found is not None
    assert found.money.minor == minor
    assert found.money.figure == figure
