"""Audit: every transition of every payment, as an object that is written once and never changes.

An object tells who, what, when and why, and what the gateway calls the charge; the customer is known there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from handlers.payments.adapters.dynamodb_items import payment_of
from handlers.payments.clock import iso
from handlers.payments.contract import AuditRequest
from handlers.payments.payment import Payment, Status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "audit-logs"

# 128 bits: no two entries meet by chance.
DIGEST_DIGITS = 32


class AuditError(Exception):
    """The bucket did not take an object; it may be put again."""


@dataclass(frozen=True)
class Entry:
    """An object of the audit trail."""

    key: str
    body: bytes


@dataclass(frozen=True)
class Origin:
    """Where a request came from."""

    owner: str
    request_id: str
    source_ip: str
    user_agent: str


class Trail:
    """The audit trail in `bucket`, under the key `key_arn`."""

    def __init__(self, client: S3Client, bucket: str, key_arn: str) -> None:
        self.client = client
        self.bucket = bucket
        self.key_arn = key_arn

    def keep(self, entry: Entry) -> bool:
        """Put `entry` unless it is there; say whether it was not."""
        try:
            self.client.put_object(
                Bucket=self.bucket,
                Key=entry.key,
                Body=entry.body,
                ContentType="application/json",
                ServerSideEncryption="aws:kms",
                SSEKMSKeyId=self.key_arn,
                # What is there stays: a record may come twice, and neither time may it change the trail.
                IfNoneMatch="*",
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] == "PreconditionFailed":
                return False
            raise AuditError(refused.response["Error"]["Code"]) from refused
        except BotoCoreError as broken:
            raise AuditError(type(broken).__name__) from broken
        return True

    def probe(self) -> None:
        """Raise AuditError unless the bucket is there."""
        try:
            self.client.head_bucket(Bucket=self.bucket)
        except ClientError as refused:
            raise AuditError(refused.response["Error"]["Code"]) from refused
        except BotoCoreError as broken:
            raise AuditError(type(broken).__name__) from broken


def entries(record: Mapping[str, Any]) -> Iterator[Entry]:
    """An entry for each transition that `record` of the table's stream holds."""
    change = record["dynamodb"]
    if record["eventName"] == "REMOVE":
        yield removal(record)
        return
    before = change.get("OldImage", {}).get("history", {}).get("L", [])
    payment = payment_of(change["NewImage"])
    for sequence in range(len(before) + 1, len(payment.history) + 1):
        yield transition(payment, sequence)


def transition(payment: Payment, sequence: int) -> Entry:
    """The entry of the `sequence`th transition of `payment`."""
    made = payment.history[sequence - 1]
    came_from = payment.history[sequence - 2].status if sequence > 1 else None
    body = {
        "timestamp": iso(made.at),
        "event_type": f"payment.{made.status}",
        "transaction_id": payment.transaction_id,
        "details": {
            "sequence": sequence,
            "from": came_from,
            "to": made.status,
            "reason": made.reason,
            "amount": payment.money.figure,
            "currency": payment.money.currency,
            "attempts": payment.attempts,
            "gateway_reference": payment.gateway_reference,
            "owner": payment.owner,
        },
    }
    return Entry(f"{folder(made.at)}/{in_key(payment.transaction_id)}/{sequence:04d}.json", written(body))


def removal(record: Mapping[str, Any]) -> Entry:
    """The entry that says that an item, which nothing of ours removes, was removed."""
    change = record["dynamodb"]
    at = round(float(change["ApproximateCreationDateTime"]) * 1000)
    transaction_id = change["Keys"]["transaction_id"]["S"]
    body = {
        "timestamp": iso(at),
        "event_type": "payment.removed",
        "transaction_id": transaction_id,
        "details": {"sequence_number": change["SequenceNumber"]},
    }
    name = f"removed-{change['SequenceNumber']}.json"
    return Entry(f"{folder(at)}/{in_key(transaction_id)}/{name}", written(body))


def event(request: AuditRequest, origin: Origin, at: int) -> Entry:
    """The entry of an event that a client tells."""
    body = {
        "timestamp": iso(at),
        "event_type": request.event_type,
        "transaction_id": request.transaction_id if isinstance(request.transaction_id, str) else None,
        "details": request.details,
        "source_ip": origin.source_ip,
        "user_agent": origin.user_agent,
        "owner": origin.owner,
    }
    content = written(body)
    # One request has one id; without one, and where two tell different things, the content tells them apart.
    # What comes to the same key is then the same entry.
    digest = hashlib.sha256(content).hexdigest()[:DIGEST_DIGITS]
    return Entry(f"{folder(at)}/{at / 1000:.3f}-{origin.request_id}-{digest}.json", content)


def left_open(records: list[Mapping[str, Any]]) -> list[Payment]:
    """The payments that `records` leave in somebody's hands and in nobody's sight.

    A first attempt is not put in the index of due payments, which would cost every payment two writes
    for what one in thousands needs; the few that are still under way when the stream tells of them are.
    """
    last: dict[str, Payment] = {}
    for record in records:
        image = record["dynamodb"].get("NewImage")
        if image:
            payment = payment_of(image)
            last[payment.transaction_id] = payment
    return [each for each in last.values() if each.status is Status.PROCESSING and each.due_at is None]


def folder(at: int) -> str:
    """The folder of the day, UTC, that `at` is on."""
    return f"{PREFIX}/{datetime.fromtimestamp(at / 1000, UTC):%Y/%m/%d}"


def in_key(transaction_id: str) -> str:
    """`transaction_id` as a part of a key, where dots alone would mean another folder."""
    return transaction_id if transaction_id.strip(".") else transaction_id.replace(".", "%2E")


# Numbers in `details` stay as exact as they came.
WRITER = msgspec.json.Encoder(decimal_format="number", order="sorted")


def written(body: Mapping[str, Any]) -> bytes:
    """`body` as JSON, the same bytes each time."""
    return WRITER.encode(body)
