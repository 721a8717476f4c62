"""Records: what the running stack holds of its payments, read where it lies, past the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3

from handlers.payments.adapters.dynamodb_items import payment_of
from handlers.payments.adapters.postgres import Address, Connection, connection
from handlers.payments.adapters.sqs import SqsQueue
from handlers.payments.audit import PREFIX
from handlers.payments.payment import Payment
from sandbox.database import SUPERUSER
from sandbox.system import System

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class Entry:
    """A line of the ledger; a debit is positive, a credit negative, in minor units."""

    transaction_id: str
    account: str
    currency: str
    amount: int
    reference: str
    """What the gateway calls the charge."""


@dataclass(frozen=True)
class Depth:
    """How many messages a queue holds: to be taken, taken, and delayed."""

    name: str
    waiting: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.in_flight + self.delayed


class Records:
    """What `system` holds; its clients are made when first needed, and kept."""

    def __init__(self, system: System) -> None:
        self.system = system

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The emulator's DynamoDB."""
        return boto3.client("dynamodb", **self.system.emulator.access)

    @cached_property
    def s3(self) -> S3Client:
        """The emulator's S3."""
        return boto3.client("s3", **self.system.emulator.access)

    @cached_property
    def sqs(self) -> SQSClient:
        """The emulator's SQS."""
        return boto3.client("sqs", **self.system.emulator.access)

    @cached_property
    def ledger_address(self) -> Address:
        """Where the ledger is, as whom the server belongs to."""
        rds = boto3.client("rds", **self.system.emulator.access)
        (database,) = rds.describe_db_instances()["DBInstances"]
        endpoint = database["Endpoint"]
        return Address(endpoint["Address"], endpoint["Port"], database["DBName"], SUPERUSER)

    def payments(self) -> list[Payment]:
        """Every payment, in no order."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.system.outputs["DynamoDBTable"], ConsistentRead=True
        )
        return [payment_of(item) for page in pages for item in page["Items"]]

    def audit_keys(self) -> list[str]:
        """The key of every object of the audit trail, in order."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.system.outputs["S3AuditBucket"], Prefix=f"{PREFIX}/"
        )
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def audit_object(self, key: str) -> bytes:
        """The object of the audit trail under `key`."""
        return self.s3.get_object(Bucket=self.system.outputs["S3AuditBucket"], Key=key)["Body"].read()

    def queues(self) -> list[Depth]:
        """How full each queue is, by name."""
        urls = self.sqs.list_queues().get("QueueUrls", [])
        found = [Depth(url.rpartition("/")[2], **SqsQueue(self.sqs, url).depth()) for url in urls]
        return sorted(found, key=lambda each: each.name)

    @contextmanager
    def ledger(self) -> Iterator[Connection]:
        """A connection to the ledger's database, as whom the server belongs to."""
        with closing(connection(self.ledger_address, None, None)) as opened:
            yield opened

    def entries(self) -> list[Entry]:
        """Every line of the ledger."""
        with self.ledger() as opened:
            rows = opened.run(
                "SELECT transaction_id, account, currency, amount, gateway_reference"
                " FROM ledger.entries JOIN ledger.postings USING (transaction_id, currency)"
                " ORDER BY transaction_id, account"
            )
        return [Entry(*row) for row in rows]

    def balances(self) -> list[tuple[str, str, int]]:
        """What each account of the ledger holds of each currency, in minor units."""
        with self.ledger() as opened:
            rows = opened.run(
                "SELECT account, currency, sum(amount)::bigint FROM ledger.entries"
                " GROUP BY account, currency ORDER BY currency, account"
            )
        return [(account, currency, int(amount)) for account, currency, amount in rows]
