"""The smoke test of a deployed stack: its API answers, and a payment is processed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3

from pipeline.aws import answering
from pipeline.change.sessions import RETRIES, ChangeError
from pipeline.change.waiting import until

if TYPE_CHECKING:
    import boto3

# API Gateway gives up at 29 s.
TIMEOUT_SECONDS = 30
# A retry of a payment waits a minute or two.
PAYMENT_TIMEOUT_SECONDS = 300
AMOUNT, CURRENCY = "1.00", "USD"
DONE = "processed"
FINAL = (DONE, "declined", "failed")


@dataclass(frozen=True)
class Answer:
    """An answer of the API."""

    status: int
    body: Any


@dataclass(frozen=True)
class Api:
    """The API of a stack, called with an API key."""

    url: str
    key: str

    def call(self, method: str, path: str, body: object = None) -> Answer:
        """Send a request and return the answer; ChangeError where there is none."""
        try:
            answer = urllib3.request(
                method,
                self.url + path,
                headers={"x-api-key": self.key, "content-type": "application/json"},
                body=None if body is None else json.dumps(body),
                timeout=TIMEOUT_SECONDS,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise ChangeError(f"{method} {path}: no answer ({type(error).__name__}); expected one") from error
        try:
            return Answer(answer.status, answer.json())
        except ValueError:
            return Answer(answer.status, None)


def find(session: boto3.Session, stack: str) -> Api:
    """Return the API of a stack."""
    with answering(stack):
        found = session.client("cloudformation", config=RETRIES).describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
        missing = [name for name in ("APIEndpoint", "ApiKeyId") if name not in outputs]
        if missing:
            raise ChangeError(f"{stack}: has no output {', '.join(missing)}; expected a payment stack")
        client = session.client("apigateway", config=RETRIES)
        key = client.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
    return Api(reachable(outputs["APIEndpoint"]), key)


def reachable(url: str) -> str:
    """Return the URL of the API; an emulator, named by AWS_ENDPOINT_URL, has it under a path of its own."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return url.rstrip("/")
    parts = urlsplit(url)
    return f"{endpoint}/_aws/execute-api/{str(parts.hostname).partition('.')[0]}{parts.path.rstrip('/')}"


def probe(api: Api) -> Iterator[str]:
    """Ask for the status, which changes nothing; yield a line; ChangeError unless the answer is 200."""
    answer = api.call("GET", "/status")
    expect("GET /status", answer, HTTPStatus.OK)
    yield "GET /status: 200"


def pay(api: Api, run: str, customer: str) -> Iterator[str]:
    """Take the payment of `run`, the same one on every try, and wait until it is processed.

    Yields a line for each step; raises ChangeError at the first that fails.
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
    """Return the id of the payment of a run."""
    return f"smoke-{run}"


def state(answer: Answer) -> str:
    """Return the state of a transaction in an answer of the API."""
    body = answer.body
    return str(body.get("status", body.get("state", ""))) if isinstance(body, dict) else ""


def expect(what: str, answer: Answer, *statuses: int) -> None:
    """Raise ChangeError unless the answer has one of `statuses`; the error has the body's title only."""
    if answer.status not in statuses:
        title = answer.body.get("title", "") if isinstance(answer.body, dict) else ""
        expected = " or ".join(str(int(status)) for status in statuses)
        raise ChangeError(f"{what}: answered {answer.status} {title}".rstrip() + f"; expected {expected}")
