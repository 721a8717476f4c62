"""Entry points: what clients are told, through functions that have nothing but their environment."""

from __future__ import annotations

import json

import pytest
from pg8000.exceptions import InterfaceError

from handlers import audit_logger, payment_processor, payment_validator
from handlers.payments.adapters.database_users import PROBE
from handlers.payments.adapters.dynamodb import DynamoDBStore
from handlers.payments.store import StoreError
from handlers.runtime.wiring import ledger, probing
from tests.handlers.entering import EVENT_CONTEXT, Invocation, call, pay
from tests.handlers.world import World


def test_a_payment_from_end_to_end(deployed: World) -> None:
    """F203: the fields of a validation's answer."""
    body = {"transaction_id": "t-1", "amount": 10.5, "currency": "USD", "customer_id": "cus_1"}

    status, validated = call(payment_validator, body)
    assert (status, set(validated)) == (200, {"message", "transaction_id", "timestamp"})
    assert call(payment_validator, body) == (200, validated)
    assert call(payment_validator, {**body, "amount": 11})[0] == 409
    assert call(payment_processor, {"transaction_id": "t-1"})[1]["message"] == "Payment processed"
    status, again = call(payment_processor, {"transaction_id": "t-1"})
    assert (status, again["message"]) == (200, "Payment already processed")
    assert call(payment_validator, body) == (200, validated)
    assert deployed.posted() == [("gateway.receivable", 1050), ("merchant.payable", -1050)]


def test_the_row_has_what_the_original_had(deployed: World) -> None:
    """F200, F205: the fields of the row; `timestamp` is 0 in the item that is the current state."""
    pay()
    item = deployed.dynamodb.get_item(
        TableName="payments", Key={"transaction_id": {"S": "t-1"}, "timestamp": {"N": "0"}}
    )["Item"]

    assert item["status"] == {"S": "processed"}
    assert item["amount"] == {"S": "10.50"}
    assert {"currency", "customer_id", "validated_at", "processed_at"} <= set(item)


@pytest.mark.parametrize(
    ("customer", "trouble", "status", "kind"),
    [
        ("cus_declined", "", 402, "urn:problem:payments:payment-declined"),
        ("cus_1", "refused", 402, "urn:problem:payments:payment-failed"),
        ("cus_1", "busy", 202, None),
    ],
)
def test_what_a_client_is_told(
    deployed: World, customer: str, trouble: str, status: int, kind: str | None
) -> None:
    """F206: and the second call is told the same."""
    deployed.account.troubles = [trouble]

    for found, told in (pay(customer), call(payment_processor, {"transaction_id": "t-1"})):
        assert found == status
        assert told.get("type") == kind


def test_a_table_that_is_away_is_a_503(deployed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """F201, F206: an error of ours; the client may send the same again."""

    def away(*_: object, **__: object) -> None:
        raise StoreError("ProvisionedThroughputExceededException")

    monkeypatch.setattr(DynamoDBStore, "add", away)
    monkeypatch.setattr(DynamoDBStore, "lease_for_owner", away)
    body = {"transaction_id": "t-1", "amount": 1, "currency": "USD", "customer_id": "c"}

    assert call(payment_validator, body)[0] == 503
    assert call(payment_processor, {"transaction_id": "t-1"})[0] == 503


def test_a_transaction_is_its_owners_alone(deployed: World) -> None:
    pay()
    path = {"httpMethod": "GET", "pathParameters": {"transaction_id": "t-1"}}
    other = {"requestContext": {"requestId": "r-2", "identity": {"apiKeyId": "k-2"}}}

    status, shown = call(audit_logger, **path)
    assert status == 200
    assert [each["status"] for each in shown["history"]] == ["validated", "processing", "processed"]
    assert "cus_1" not in json.dumps(shown)
    assert call(audit_logger, **path, **other)[0] == 404
    assert call(payment_processor, {"transaction_id": "t-1"}, **other)[0] == 404


def test_an_id_in_a_path_may_be_percent_encoded(deployed: World) -> None:
    """Clients encode a colon, which ids may have; whether the API decodes it is not ours to rely on."""
    body = {"transaction_id": "shop:1", "amount": 1, "currency": "USD", "customer_id": "c"}
    call(payment_validator, body)

    for name in ("shop:1", "shop%3A1"):
        assert call(audit_logger, httpMethod="GET", pathParameters={"transaction_id": name})[0] == 200


def test_whoever_has_to_wait_is_told_how_long(deployed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.account.troubles = ["busy"]
    pay()
    event = {"httpMethod": "POST", "body": '{"transaction_id":"t-1"}', "requestContext": EVENT_CONTEXT}

    answer = payment_processor.handler(event, Invocation())

    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (202, "5")


def test_an_id_that_another_key_took_is_told_no_more_of_than_an_own_one(deployed: World) -> None:
    """Neither whose it is nor what: the answer is the one to other content under an id of one's own."""
    body = {"transaction_id": "t-1", "amount": 10, "currency": "USD", "customer_id": "cus_1"}
    call(payment_validator, body)
    before = deployed.payment()
    other = {"requestContext": {"requestId": "r-1", "identity": {"apiKeyId": "k-2"}}}

    answers = [
        call(payment_validator, body, **other),
        call(payment_validator, {**body, "amount": 11}, **other),
        call(payment_validator, {**body, "amount": 11}),
    ]

    assert answers[0][0] == 409
    assert answers[0] == answers[1] == answers[2]
    assert deployed.payment() == before


@pytest.mark.parametrize(
    "name",
    [
        "t-2",
        "t-2%00",
        "%",
        "%25",
        "%E9",
        "t%2F1",
        "",
        "t" * 3000,
        "a b",
        "t/1",
        "\u00e9",
        "\ud800",
        "t-1%ED%A0%80",
        "4111111111111111",
        None,
    ],
)
def test_what_can_be_no_transaction_is_unknown(deployed: World, name: object) -> None:
    """A key that the table would not take is the client's mistake, not ours."""
    assert call(audit_logger, httpMethod="GET", pathParameters={"transaction_id": name})[0] == 404


def test_status_keeps_its_connection_and_tells_of_a_database_that_went_and_came(
    deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_USER", PROBE)
    made = []

    class Breakable:
        """A connection to a database that can be away."""

        away = False

        def __init__(self, seconds: float) -> None:
            if self.away:
                raise InterfaceError("refused")
            self.real = ledger.sign_in(seconds)
            made.append(self)

        def run(self, sql: str, **values: object) -> object:
            if self.away:
                raise InterfaceError("closed")
            return self.real.run(sql, **values)

        def close(self) -> None:
            self.real.close()

    monkeypatch.setattr(ledger.database(), "connect", Breakable)
    monkeypatch.setattr(probing, "SystemClock", lambda: deployed.clock)

    def told() -> str:
        # Longer than an answer is good for.
        deployed.clock.turn(60)
        return str(call(audit_logger, httpMethod="GET")[1]["services"]["database"])

    assert [told(), told()] == ["operational"] * 2
    assert len(made) == 1
    Breakable.away = True
    assert [told(), told()] == ["unavailable"] * 2
    Breakable.away = False
    assert told() == "operational"
    assert len(made) == 2


def test_status_asks_everything_that_payments_stand_on(
    deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F209: status, timestamp and services, from answers instead of from hope."""
    monkeypatch.setenv("DATABASE_USER", PROBE)

    status, told = call(audit_logger, httpMethod="GET")

    assert (status, told["status"]) == (200, "operational")
    assert set(told["services"].values()) == {"operational"}
    assert set(told["services"]) == {"table", "bucket", "retry_queue", "dead_letter_queue", "database"}
    assert told["backlog"]["retry_queue"] == {"waiting": 0, "in_flight": 0, "delayed": 0}
    assert told["backlog"]["database"] == {"schema_version": 2}


@pytest.mark.parametrize(
    ("setting", "value", "service"),
    [
        ("DYNAMODB_TABLE", "nothing", "table"),
        ("AUDIT_BUCKET", "nothing", "bucket"),
        ("RETRY_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/nothing", "retry_queue"),
        ("DATABASE_PORT", "1", "database"),
    ],
)
def test_status_says_what_is_away(
    deployed: World, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, service: str
) -> None:
    monkeypatch.setenv("DATABASE_USER", PROBE)
    monkeypatch.setenv(setting, value)

    status, told = call(audit_logger, httpMethod="GET")

    assert (status, told["status"]) == (503, "degraded")
    assert [name for name, word in told["services"].items() if word != "operational"] == [service]
