from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from pg8000.exceptions import InterfaceError

from handlers import (
    audit_logger,
    charging,
    clients,
    ledgers,
    payment_processor,
    payment_retrier,
    payment_sweeper,
    payment_validator,
    telemetry,
)
from handlers.payments.payment import Status
from handlers.payments.roles import PROBE
from handlers.payments.store import Store, StoreError
from tests.handlers.world import BUCKET, KEY_ARN, World

CACHED = [
    payment_validator.store,
    payment_validator.currencies,
    payment_sweeper.store,
    payment_sweeper.retries,
    audit_logger.store,
    audit_logger.trail,
    audit_logger.probing,
    charging.processing,
    ledgers.ledger,
    ledgers.trust,
    clients.session,
    clients.dynamodb,
    clients.sqs,
    clients.s3,
    clients.secretsmanager,
    telemetry.metrics,
]


EVENT_CONTEXT = {
    "requestId": "r-1",
    "identity": {"apiKeyId": "k-1", "sourceIp": "192.0.2.1", "userAgent": "curl"},
}


class Invocation:
    """What Lambda tells of an invocation."""

    aws_request_id = "i-1"

    def __init__(self, seconds: float = 28) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        """The time that is left."""
        return int(self.seconds * 1000)


@pytest.fixture
def deployed(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The entry points as Lambda has them: with nothing but their environment."""
    for name, value in {
        "AWS_REGION": "us-east-1",
        "DYNAMODB_TABLE": "payments",
        "ACCEPTED_CURRENCIES": "USD,EUR,GBP",
        "RETRY_QUEUE_URL": world.retries_url,
        "DEAD_LETTER_QUEUE_URL": world.letters_url,
        "GATEWAY_SECRET_ARN": world.secret_arn,
        "PAYMENT_GATEWAY_URL": world.gateway_url,
        "AUDIT_BUCKET": BUCKET,
        "AUDIT_KEY_ARN": KEY_ARN,
        "DATABASE_HOST": world.database.host,
        "DATABASE_PORT": str(world.database.port),
        "DATABASE_NAME": world.database.name,
        "DATABASE_USER": world.database.user,
        "DATABASE_TLS": "off",
        "POWERTOOLS_SERVICE_NAME": "payments-test",
        "POWERTOOLS_METRICS_NAMESPACE": "Payments",
    }.items():
        monkeypatch.setenv(name, value)
    for each in CACHED:
        each.cache_clear()
    yield world
    if charging.processing.cache_info().currsize:
        charging.processing().gateway.transport.clear()  # type: ignore[attr-defined]
    if ledgers.ledger.cache_info().currsize:
        ledgers.ledger().database.close()
    for each in CACHED:
        each.cache_clear()


def call(module: Any, body: object = None, **event: Any) -> tuple[int, dict[str, Any]]:
    """Status and document of what the entry point answers."""
    made = {
        "httpMethod": "POST",
        "body": None if body is None else json.dumps(body),
        "requestContext": EVENT_CONTEXT,
        **event,
    }
    answer = module.handler(made, Invocation())
    return answer["statusCode"], json.loads(answer["body"])


def pay(customer: str = "cus_1") -> tuple[int, dict[str, Any]]:
    """Validate and process a payment."""
    body = {"transaction_id": "t-1", "amount": "10.50", "currency": "USD", "customer_id": customer}
    assert call(payment_validator, body)[0] == 200
    return call(payment_processor, {"transaction_id": "t-1"})


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

    monkeypatch.setattr(Store, "add", away)
    monkeypatch.setattr(Store, "lease_for_owner", away)
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
        "4111111111111111",
        None,
    ],
)
def test_what_can_be_no_transaction_is_unknown(deployed: World, name: object) -> None:
    """A key that the table would not take is the client's mistake, not ours."""
    assert call(audit_logger, httpMethod="GET", pathParameters={"transaction_id": name})[0] == 404


def test_an_event_is_kept_with_where_it_came_from(deployed: World) -> None:
    """F210, F211, F212, F213: the object's key, fields and options."""
    event = {"event_type": "login", "transaction_id": "t-1", "details": {"n": 1.10}}

    status, told = call(audit_logger, event)

    assert (status, set(told)) == (200, {"message", "s3_key"})
    assert told["s3_key"].startswith("audit-logs/20")
    found = deployed.s3.get_object(Bucket=BUCKET, Key=told["s3_key"])
    content = json.loads(found["Body"].read())
    assert found["ContentType"] == "application/json"
    assert found["ServerSideEncryption"] == "aws:kms"
    assert found["SSEKMSKeyId"] == KEY_ARN
    assert content["source_ip"] == "192.0.2.1"
    assert content["user_agent"] == "curl"
    assert content["details"] == {"n": 1.1}
    assert {"timestamp", "event_type", "transaction_id"} <= set(content)


def test_events_of_one_moment_without_a_request_id_are_both_kept(
    deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F211: whoever invokes the function without the API names no request."""
    monkeypatch.setattr(audit_logger, "SystemClock", lambda: deployed.clock)
    events = [{"event_type": "login", "details": {"n": number}} for number in (1, 2, 2)]

    keys = [call(audit_logger, each, requestContext={})[1]["s3_key"] for each in events]

    assert keys[0] != keys[1] == keys[2]
    for key, number in zip(keys, (1, 2, 2), strict=True):
        kept = json.loads(deployed.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        assert kept["details"] == {"n": number}


def test_a_correlation_id_that_looks_like_a_card_number_is_not_taken(
    deployed: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The request's own id is told in its place."""
    body = {"transaction_id": "t-1", "amount": 1, "currency": "USD", "customer_id": "c"}
    event = {"httpMethod": "POST", "body": json.dumps(body), "requestContext": EVENT_CONTEXT}

    answer = payment_validator.handler({**event, "headers": {"X-Correlation-Id": "4111111111111111"}}, None)

    assert answer["headers"]["X-Correlation-Id"] == "r-1"
    assert "4111" not in capsys.readouterr().out


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
            self.real = ledgers.sign_in(seconds)
            made.append(self)

        def run(self, sql: str, **values: object) -> object:
            if self.away:
                raise InterfaceError("closed")
            return self.real.run(sql, **values)

        def close(self) -> None:
            self.real.close()

    monkeypatch.setattr(ledgers.ledger().database, "connect", Breakable)
    monkeypatch.setattr(audit_logger, "SystemClock", lambda: deployed.clock)

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


def test_the_retrier_names_the_messages_that_come_back(deployed: World) -> None:
    deployed.account.troubles = ["busy"]
    pay()
    sent = deployed.sqs.receive_message(QueueUrl=deployed.retries_url).get("Messages", [])
    good = '{"transaction_id":"t-1","retry_count":0,"failed_at":"","error":""}'
    bodies = ["{", '{"transaction_id":5}', good, good]
    records = [{"messageId": f"m-{number}", "body": body} for number, body in enumerate(bodies)]

    answer = payment_retrier.handler({"Records": records}, Invocation())

    assert sent == []
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-0"}, {"itemIdentifier": "m-1"}]}
    assert deployed.payment().status is Status.PROCESSED


def test_the_retrier_begins_nothing_that_it_has_no_time_for(deployed: World) -> None:
    deployed.account.troubles = ["busy"]
    pay()
    body = '{"transaction_id":"t-1","retry_count":0,"failed_at":"","error":""}'

    answer = payment_retrier.handler({"Records": [{"messageId": "m", "body": body}]}, Invocation(10))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert deployed.payment().attempts == 1


def test_the_sweeper_sends_what_is_due(deployed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.account.troubles = ["busy"]
    pay()
    monkeypatch.setattr(payment_sweeper, "SystemClock", lambda: deployed.clock)
    deployed.clock.moment = deployed.payment().history[-1].at

    assert payment_sweeper.handler({}, Invocation())["requeued"] == 0
    deployed.clock.turn(3600)
    assert payment_sweeper.handler({}, Invocation()) == {
        "requeued": 1,
        "stuck": 1,
        "left": 0,
        "faults": 0,
    }
    assert payment_sweeper.handler({}, Invocation())["requeued"] == 0


def test_the_stream_is_kept_and_what_is_left_open_watched(deployed: World) -> None:
    lease = replace(deployed.processing.lease(), until=deployed.clock.now() + 1)
    deployed.validate()
    deployed.plain_store.lease_for_owner("t-1", "owner", lease)
    records = list(deployed.records)

    for _ in range(2):
        assert audit_logger.handler({"Records": records}, Invocation()) == {"batchItemFailures": []}

    assert deployed.audited() == ["validated", "processing"]
    assert deployed.payment().due_at == lease.until


def test_the_stream_stops_where_a_record_was_not_kept(deployed: World) -> None:
    deployed.validate("t-1")
    deployed.validate("t-2")
    deployed.s3.delete_bucket(Bucket=BUCKET)

    answer = audit_logger.handler({"Records": list(deployed.records)}, Invocation())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_an_item_that_somebody_removed_is_told_of(deployed: World) -> None:
    deployed.validate()
    removed = {
        "eventName": "REMOVE",
        "dynamodb": {
            "Keys": deployed.records[0]["dynamodb"]["Keys"],
            "OldImage": deployed.records[0]["dynamodb"]["NewImage"],
            "SequenceNumber": "111",
            "ApproximateCreationDateTime": 1790000000.0,
        },
    }

    audit_logger.handler({"Records": [removed]}, Invocation())

    key = "audit-logs/2026/09/21/t-1/removed-111.json"
    assert json.loads(deployed.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def test_no_customer_no_body_and_no_secret_is_logged_or_audited(
    deployed: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever comes of a payment; the lines are JSON, with the correlation id."""
    for number, customer in enumerate(["cus_1", "cus_declined", "cus_without", "cus_nobody", "cus_slow"]):
        name = f"t-{number}"
        body = {"transaction_id": name, "amount": "77.31", "currency": "USD", "customer_id": customer}
        call(payment_validator, body, headers={"x-correlation-id": f"c-{number}"})
        call(payment_processor, {"transaction_id": name}, headers={"x-correlation-id": f"c-{number}"})
        call(audit_logger, {"event_type": "e", "details": {"note": "77.31"}})
    audit_logger.handler({"Records": list(deployed.records)}, Invocation())

    told = capsys.readouterr().out
    lines = [json.loads(line) for line in told.splitlines()]
    assert all("_aws" in line or line["correlation_id"] for line in lines)
    for secret in ("cus_", "77.31", "sk_test", "Bearer", "made-up"):
        assert secret not in told
    for each in deployed.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        kept = deployed.s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
        assert b"cus_" not in kept


def test_metrics_say_what_came_of_it(deployed: World, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.account.troubles = ["busy"]
    pay()

    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    counted = {name: value for each in metrics for name, value in each.items() if name[0].isupper()}
    assert counted == {"PaymentValidated": [1], "HandledFailure": [1], "PaymentRetried": [1]}
    assert {each["service"] for each in metrics} == {"payments-test"}


def test_the_token_is_the_one_that_the_sdk_makes(deployed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which saves loading the SDK's model of RDS at each cold start."""
    moment = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: moment)

    theirs = boto3.client("rds").generate_db_auth_token("db.example", 5432, "payments_writer")

    assert clients.database_token("db.example", 5432, "payments_writer") == theirs
