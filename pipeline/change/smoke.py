"""The smoke test: calls a stack's API as a client does, and checks that it answers and takes a payment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3

from pipeline.aws import answering
from pipeline.change.sessions import RETRIES, ChangeError
from pipeline.change.waiting import until

if TYPE_CHECKING:
    import boto3

# API Gateway times out at 29 s.
TIMEOUT_SECONDS = 30
# How many connections stay open for further calls; urllib3 logs a warning for every one beyond.
CONNECTIONS = 8
# A retry of a payment waits a minute or two.
PAYMENT_TIMEOUT_SECONDS = 300
AMOUNT, CURRENCY = "1.00", "USD"
DONE = "processed"
FINAL = (DONE, "declined", "failed")


class NoAnswerError(ChangeError):
    """A call that the API did not answer; its cause is the error of the connection."""


@dataclass(frozen=True)
class Answer:
    """An answer of the API: its status, and its JSON, or None where it has none."""

    status: int
    body: Any


@dataclass(frozen=True)
class Api:
    """A stack's API, called with its key over connections that stay open."""

    url: str
    key: str = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    pool: urllib3.PoolManager = field(
        init=False,
        repr=False,
        compare=False,
        default_factory=lambda: urllib3.PoolManager(maxsize=CONNECTIONS),
    )

    def call(
        self, method: str, path: str, body: object = None, *, timeout_seconds: float | None = None
    ) -> Answer:
        """Call the API once; NoAnswerError where it does not answer."""
        try:
            answer = self.pool.request(
                method,
                self.url + path,
                headers={"x-api-key": self.key, "content-type": "application/json"},
                body=None if body is None else json.dumps(body),
                timeout=timeout_seconds or self.timeout_seconds,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            reason = type(error).__name__
            raise NoAnswerError(f"{method} {path}: no answer ({reason}); expected one") from error
        try:
            return Answer(answer.status, answer.json())
        except ValueError:
            return Answer(answer.status, None)


def find(session: boto3.Session, stack: str) -> Api:
    """Find the API of the stack `stack`, and its key."""
    with answering(stack):
        found = session.client("cloudformation", config=RETRIES).describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
        missing = [name for name in ("APIEndpoint", "ApiKeyId") if name not in outputs]
        if missing:
            raise ChangeError(f"{stack}: has no output {', '.join(missing)}; expected a payment stack")
        client = session.client("apigateway", config=RETRIES)
        key = client.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
    return Api(reachable(outputs["APIEndpoint"], os.environ.get("AWS_ENDPOINT_URL", "")), key)


def reachable(url: str, endpoint: str) -> str:
    """Return where the API `url` answers: an emulator at `endpoint` serves it under a path of its own."""
    if not endpoint:
        return url.rstrip("/")
    parts = urlsplit(url)
    return f"{endpoint}/_aws/execute-api/{str(parts.hostname).partition('.')[0]}{parts.path.rstrip('/')}"


def probe(api: Api) -> Iterator[str]:
    """Call GET /status, which changes nothing, and yield a line; ChangeError unless the API is well."""
    answer = api.call("GET", "/status")
    expect("GET /status", answer, HTTPStatus.OK)
    yield "GET /status: 200"


def pay(api: Api, run: str, customer: str) -> Iterator[str]:
    """Take the payment of `run`, the same one however often it is tried, and yield a line for every step.

    ChangeError at the first step that fails.
    """
    transaction = transaction_of(run)
    payment = {
        "transaction_id": transaction,
        "amount": AMOUNT,
        "currency": CURRENCY,
        "customer_id": customer,
    }
    expect("POST /validate", api.call("POST", "/validate", payment), HTTPStatus.OK)
    yield f"POST /validate {transaction}: 200"
    answer = api.call("POST", "/process", {"transaction_id": transaction})
    expect("POST /process", answer, HTTPStatus.OK, HTTPStatus.ACCEPTED)
    yield f"POST /process {transaction}: {answer.status}"
    path = f"/transactions/{transaction}"

    def ask() -> Answer:
        found = api.call("GET", path)
        expect("GET /transactions", found, HTTPStatus.OK)
        return found

    found = until(path, ask, lambda answer: state(answer) in FINAL, PAYMENT_TIMEOUT_SECONDS)
    if state(found) != DONE:
        raise ChangeError(f"{transaction}: is {state(found)}; expected {DONE}")
    yield f"GET {path}: {DONE}"


def transaction_of(run: str) -> str:
    """Return the id of the payment of `run`."""
    return f"smoke-{run}"


def state(answer: Answer) -> str:
    """Return the state of a transaction from the API's answer."""
    body = answer.body
    return str(body.get("status", body.get("state", ""))) if isinstance(body, dict) else ""


def expect(what: str, answer: Answer, *statuses: int) -> None:
    """Raise ChangeError unless the answer has one of `statuses`; of the body, only its title is logged."""
    if answer.status not in statuses:
        title = answer.body.get("title", "") if isinstance(answer.body, dict) else ""
        expected = " or ".join(str(int(status)) for status in statuses)
        raise ChangeError(f"{what}: answered {answer.status} {title}".rstrip() + f"; expected {expected}")
