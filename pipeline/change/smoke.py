"""Smoke: calls a stack's API as a client does, and says whether it does what it is for."""

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
PATIENCE_SECONDS = 300
AMOUNT, CURRENCY = "1.00", "USD"
DONE = "processed"
OVER = (DONE, "declined", "failed")


@dataclass(frozen=True)
class Answer:
    """What the API answered."""

    status: int
    body: Any


@dataclass(frozen=True)
class Api:
    """A stack's API, called with its key."""

    url: str
    key: str

    def call(self, method: str, path: str, body: object = None) -> Answer:
        """Call it; ChangeError where it does not answer."""
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
    """The API of the stack `stack`."""
    with answering(stack):
        found = session.client("cloudformation", config=RETRIES).describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
        missing = [name for name in ("APIEndpoint", "ApiKeyId") if name not in outputs]
        if missing:
            raise ChangeError(f"{stack}: has no output {', '.join(missing)}; expected a payment stack")
        client = session.client("apigateway", config=RETRIES)
        key = client.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
    return Api(reachable(outputs["APIEndpoint"]), key)


def reachable(url: str) -> str:
    """Where the API `url` answers: an emulator, named by AWS_ENDPOINT_URL, has it under a path of its own."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return url.rstrip("/")
    parts = urlsplit(url)
    return f"{endpoint}/_aws/execute-api/{str(parts.hostname).partition('.')[0]}{parts.path.rstrip('/')}"


def probe(api: Api) -> Iterator[str]:
    """Ask how it is, which changes nothing, and tell what was seen; ChangeError unless it is well."""
    answer = api.call("GET", "/status")
    expect("GET /status", answer, HTTPStatus.OK)
    yield "GET /status: 200"


def pay(api: Api, run: str, customer: str) -> Iterator[str]:
    """Take the payment of `run`, the same one however often it is tried, and see it through; tell each step.

    ChangeError at the first that does not hold.
    """
    transaction = transaction_of(run)
    wanted = {
        "transaction_id": transaction,
        "amount": AMOUNT,
        "currency": CURRENCY,
        "customer_id": customer,
    }
    expect("POST /validate", api.call("POST", "/validate", wanted), HTTPStatus.OK)
    yield f"POST /validate {transaction}: 200"
    answer = api.call("POST", "/process", {"transaction_id": transaction})
    expect("POST /process", answer, HTTPStatus.OK, HTTPStatus.ACCEPTED)
    yield f"POST /process {transaction}: {answer.status}"
    path = f"/transactions/{transaction}"

    def ask() -> Answer:
        found = api.call("GET", path)
        expect("GET /transactions", found, HTTPStatus.OK)
        return found

    found = until(path, ask, lambda each: state(each) in OVER, PATIENCE_SECONDS)
    if state(found) != DONE:
        raise ChangeError(f"{transaction}: is {state(found)}; expected {DONE}")
    yield f"GET {path}: {DONE}"


def transaction_of(run: str) -> str:
    """The id of the payment of `run`."""
    return f"smoke-{run}"


def state(answer: Answer) -> str:
    """The state of a transaction, as the API tells it."""
    body = answer.body
    return str(body.get("status", body.get("state", ""))) if isinstance(body, dict) else ""


def expect(what: str, answer: Answer, *statuses: int) -> None:
    """Raise ChangeError unless the answer has one of `statuses`; a body is not for a log, its title is."""
    if answer.status not in statuses:
        title = answer.body.get("title", "") if isinstance(answer.body, dict) else ""
        wanted = " or ".join(str(int(each)) for each in statuses)
        raise ChangeError(f"{what}: answered {answer.status} {title}".rstrip() + f"; expected {wanted}")
