"""The functions as Lambda runs them, and invocations of them as the API sends them."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

import handlers
from handlers import audit_logger, payment_processor, payment_validator
from handlers.payments.adapters.dynamodb import DynamoDBStore
from handlers.payments.adapters.s3_audit import S3Trail
from handlers.payments.clock import SystemClock
from handlers.payments.processing import Processing
from handlers.runtime import telemetry
from handlers.runtime.wiring import ledger, processing
from tests.handlers.world import BUCKET, KEY_ARN, TABLE, World, client, create_table

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
    forget()
    yield world
    if processing.transport.cache_info().currsize:
        processing.transport().clear()
    if ledger.database.cache_info().currsize:
        ledger.database().close()
    forget()


@pytest.fixture
def wired(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry points, on a table and a bucket of their own."""
    create_table(client("dynamodb"))
    client("s3").create_bucket(Bucket=BUCKET)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "payments")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Payments")
    monkeypatch.setattr(payment_validator, "store", lambda: DynamoDBStore(client("dynamodb"), TABLE))
    monkeypatch.setattr(payment_validator, "currencies", lambda: frozenset({"USD", "EUR", "GBP"}))
    monkeypatch.setattr(payment_processor, "processing", unwired)
    monkeypatch.setattr(audit_logger, "store", lambda: DynamoDBStore(client("dynamodb"), TABLE))
    monkeypatch.setattr(audit_logger, "trail", lambda: S3Trail(client("s3"), BUCKET, KEY_ARN))


def unwired() -> Processing:
    """Processing over the table alone: no payment that is sent here is there to be charged."""
    nothing: Any = None
    return Processing(
        store=DynamoDBStore(client("dynamodb"), TABLE),
        gateway=nothing,
        ledger=nothing,
        retries=nothing,
        dead_letters=nothing,
        clock=SystemClock(),
        randomly=lambda least, _: least,
    )


def forget() -> None:
    """Clear every cache of the functions, as in a new process, but for the log."""
    for module in pkgutil.walk_packages(handlers.__path__, "handlers."):
        for value in vars(import_module(module.name)).values():
            clear: Callable[[], None] | None = getattr(value, "cache_clear", None)
            if clear is not None and value is not telemetry.logger:
                clear()


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
