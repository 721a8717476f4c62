"""Telemetry: what the log and the metrics say of a request, and what they never do."""

from __future__ import annotations

import json

import pytest

from handlers import audit_logger, payment_processor, payment_validator
from tests.handlers.entering import EVENT_CONTEXT, Invocation, call, pay
from tests.handlers.world import BUCKET, World


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
    # The gateway's key is read for all requests of a process, not for one.
    of_requests = [line for line in lines if "_aws" not in line and line["outcome"] != "gateway_key_read"]
    assert all(line["correlation_id"] for line in of_requests)
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
    assert counted == {
        "PaymentValidated": [1],
        "HandledFailure": [1],
        "PaymentRetried": [1],
        "GatewayKeyLive": [0],
    }
    assert {each["service"] for each in metrics} == {"payments-test"}


@pytest.mark.parametrize(
    ("key", "mode", "counted"),
    [
        ("sk_live_x", "live", [1]),
        ("rk_live_x", "live", [1]),
        ("sk_test_x", "test", [0]),
        ("rk_test_x", "test", [0]),
        ("pk_live_x", "unknown", None),
    ],
)
def test_the_mode_of_the_gateways_key_is_all_that_is_said_of_it(
    deployed: World, capsys: pytest.CaptureFixture[str], key: str, mode: str, counted: list[int] | None
) -> None:
    deployed.account.key = key
    deployed.secretsmanager.put_secret_value(SecretId=deployed.secret_arn, SecretString=key)
    pay()

    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines()]
    (read,) = (line for line in lines if line.get("outcome") == "gateway_key_read")
    assert read["mode"] == mode
    assert [line["GatewayKeyLive"] for line in lines if "GatewayKeyLive" in line] == [counted] * bool(counted)
    assert key not in printed


def test_a_correlation_id_that_looks_like_a_card_number_is_not_taken(
    deployed: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The request's own id is told in its place."""
    body = {"transaction_id": "t-1", "amount": 1, "currency": "USD", "customer_id": "c"}
    event = {"httpMethod": "POST", "body": json.dumps(body), "requestContext": EVENT_CONTEXT}

    answer = payment_validator.handler({**event, "headers": {"X-Correlation-Id": "4111111111111111"}}, None)

    assert answer["headers"]["X-Correlation-Id"] == "r-1"
    assert "4111" not in capsys.readouterr().out
