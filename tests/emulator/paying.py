"""Paying: the stack in an emulator as its clients and its queues see it, and what payments left in it."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3

from handlers.payments.adapters.dynamodb_items import key, payment_of
from handlers.payments.adapters.postgres import Address, connection
from handlers.payments.payment import Payment
from sandbox.emulator import Emulator
from sandbox.gateway import Account
from sandbox.processes import LOOPBACK

SUFFIX = "dev"
POLL_SECONDS = 0.2
PATIENCE_SECONDS = 120

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Stack:
    """The payment stack, running in `emulator`, with its account at the gateway."""

    emulator: Emulator
    outputs: Mapping[str, str]
    gateway: Account

    def client(self, service: str) -> Any:
        """A client of `service`, who may do anything."""
        return boto3.client(service, **self.emulator.access)  # type: ignore[call-overload]

    @cached_property
    def api_key(self) -> str:
        """The API key that the stack made."""
        answer = self.client("apigateway").get_api_key(apiKey=self.outputs["ApiKeyId"], includeValue=True)
        return str(answer["value"])

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """What the API answers to the holder of its key."""
        api = self.outputs["APIEndpoint"].removeprefix("https://").partition(".")[0]
        sent = body if body is None or isinstance(body, str) else json.dumps(body)
        all_headers = {"x-api-key": self.api_key, "content-type": "application/json", **headers}
        with contextlib.closing(http.client.HTTPConnection(LOOPBACK, self.emulator.port)) as caller:
            caller.request(method, f"/_aws/execute-api/{api}/prod{path}", sent, all_headers)
            answer = caller.getresponse()
            return answer.status, json.load(answer)

    def validate(self, transaction_id: str, customer: str = "cus_1") -> Answer:
        """Validate a payment of 10.50 USD."""
        body = {"amount": "10.50", "currency": "USD", "customer_id": customer}
        return self.call("POST", "/validate", {"transaction_id": transaction_id, **body})

    def process(self, transaction_id: str) -> Answer:
        """Process a payment."""
        return self.call("POST", "/process", {"transaction_id": transaction_id})

    def invoke(self, function: str, event: object, qualifier: str = "live") -> Any:
        """What the function `function` (`payment-retrier`) answers to `event`."""
        name = f"{function}-{SUFFIX}"
        sent = json.dumps(event)
        answer = self.client("lambda").invoke(FunctionName=name, Qualifier=qualifier, Payload=sent)
        told = json.load(answer["Payload"])
        assert "FunctionError" not in answer, told
        return told

    def retry(self, transaction_id: str) -> Any:
        """Hand the retrier the message that its payment's last attempt sent."""
        message = {
            "transaction_id": transaction_id,
            "retry_count": self.payment(transaction_id).attempts - 1,
            "failed_at": "",
            "error": "",
        }
        record = {"messageId": f"m-{transaction_id}", "body": json.dumps(message)}
        return self.invoke("payment-retrier", {"Records": [record]})

    def payment(self, transaction_id: str) -> Payment:
        """The payment as the table has it."""
        answer = self.client("dynamodb").get_item(
            TableName=self.outputs["DynamoDBTable"], Key=key(transaction_id), ConsistentRead=True
        )
        return payment_of(answer["Item"])

    def change(self, transaction_id: str, **attributes: Mapping[str, Any]) -> None:
        """Set `attributes` of the item, which only time would change otherwise."""
        self.client("dynamodb").update_item(
            TableName=self.outputs["DynamoDBTable"],
            Key=key(transaction_id),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
            ExpressionAttributeNames={f"#{name}": name for name in attributes},
            ExpressionAttributeValues={f":{name}": value for name, value in attributes.items()},
        )

    def owners_address(self) -> Address:
        """The ledger's database, and its owner."""
        (found,) = self.client("rds").describe_db_instances(
            DBInstanceIdentifier=f"payment-database-{SUFFIX}"
        )["DBInstances"]
        return Address(LOOPBACK, found["Endpoint"]["Port"], found["DBName"], found["MasterUsername"])

    def query(self, sql: str, **values: Any) -> Any:
        """The rows of `sql`, as the ledger's owner sees them."""
        with contextlib.closing(connection(self.owners_address(), None, None)) as opened:
            return opened.run(sql, **values)

    def posted(self, prefix: str) -> dict[str, list[tuple[str, int]]]:
        """The ledger's entries of the transactions whose id begins with `prefix`."""
        rows = self.query(
            "SELECT transaction_id, account, amount FROM ledger.entries "
            "WHERE starts_with(transaction_id, :prefix) ORDER BY transaction_id, account",
            prefix=prefix,
        )
        found: dict[str, list[tuple[str, int]]] = {}
        for transaction_id, account, amount in rows:
            found.setdefault(transaction_id, []).append((account, amount))
        return found

    def audited(self, transaction_id: str) -> list[str]:
        """The transitions that the audit trail tells of, in order."""
        client, bucket = self.client("s3"), self.outputs["S3AuditBucket"]
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="audit-logs/")
        keys = sorted(
            each["Key"]
            for page in pages
            for each in page.get("Contents", [])
            if f"/{transaction_id}/" in each["Key"]
        )
        bodies = [json.load(client.get_object(Bucket=bucket, Key=each)["Body"]) for each in keys]
        return [each["details"]["to"] for each in bodies]


def wait_for(what: str, holds: Callable[[], bool]) -> None:
    """Return once `holds`; what queues and streams deliver comes when it comes."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < give_up, f"found no {what} in {PATIENCE_SECONDS} s"
        time.sleep(POLL_SECONDS)
