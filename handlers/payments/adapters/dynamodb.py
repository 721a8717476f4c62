"""Store: the payments table, changed only by writes that say what they expect to find."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from handlers.payments.adapters.dynamodb_items import key, new_item, number, payment_of, step, text
from handlers.payments.clock import iso
from handlers.payments.payment import Payment, Status, Transition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SHARDS = 4
"""Parts of the index of due payments, so that no single partition takes an outage's whole load."""

DUE_INDEX = "due"

# Words that DynamoDB keeps for itself stand in expressions under another name.
NAMES = {"#status": "status", "#owner": "owner"}

EXISTS = "attribute_exists(transaction_id)"
MINE = "#owner = :owner"
UNTRIED = "#status = :validated"
ABANDONED = "(#status = :processing AND lease_until < :now)"
AS_ANNOUNCED = "(#status IN (:retrying, :failed) AND attempts = :announced)"
UNCHANGED = "version = :version"


class StoreError(Exception):
    """The table did not answer; whether a write took effect is not known."""


@dataclass(frozen=True)
class Lease:
    """What a caller wants to hold: until when, from when, and a name that no other caller has."""

    now: int
    until: int
    holder: str


@dataclass(frozen=True)
class Due:
    """An entry of the index of due payments."""

    transaction_id: str
    due_at: int


class Store:
    """The payments of the table `table`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self.client = client
        self.table = table

    def add(self, payment: Payment) -> Payment:
        """Add `payment` unless there is one of that id; return the one that is there."""
        try:
            with answering():
                self.client.put_item(
                    TableName=self.table,
                    Item=new_item(payment),
                    ConditionExpression="attribute_not_exists(transaction_id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as refused:
            return payment_of(found(refused))
        return payment

    def find(self, transaction_id: str) -> Payment | None:
        """The payment `transaction_id` as it stands now."""
        with answering():
            answer = self.client.get_item(TableName=self.table, Key=key(transaction_id), ConsistentRead=True)
        return payment_of(answer["Item"]) if "Item" in answer else None

    def lease_for_owner(self, transaction_id: str, owner: str, lease: Lease) -> Payment | None:
        """Lease the payment of `owner` if nobody has tried it or holds it; return it as it is then.

        The lease is the caller's if `lease_holder` says so. None: there is no such payment.
        """
        return self.lease(
            transaction_id,
            lease,
            f"{EXISTS} AND {MINE} AND ({UNTRIED} OR {ABANDONED})",
            {":owner": text(owner), ":validated": text(Status.VALIDATED)},
        )

    def lease_for_retry(self, transaction_id: str, announced: int, lease: Lease) -> Payment | None:
        """Lease the payment if it still stands where it did after attempt `announced`, or was abandoned.

        The lease is the caller's if `lease_holder` says so. None: there is no such payment.
        """
        return self.lease(
            transaction_id,
            lease,
            f"{EXISTS} AND ({AS_ANNOUNCED} OR {ABANDONED})",
            {
                ":announced": number(announced),
                ":retrying": text(Status.RETRYING),
                ":failed": text(Status.FAILED),
            },
        )

    def lease(
        self,
        transaction_id: str,
        lease: Lease,
        condition: str,
        values: Mapping[str, AttributeValueTypeDef],
    ) -> Payment | None:
        """Lease the payment under `condition`; return it as it is then."""
        moved = Transition(Status.PROCESSING, lease.now)
        item = self.update(
            transaction_id,
            "SET #status = :processing, lease_until = :until, lease_holder = :holder, "
            "version = version + :one, attempts = attempts + :one, "
            "first_attempt_at = if_not_exists(first_attempt_at, :now), "
            "history = list_append(history, :moved)",
            condition,
            {
                **values,
                ":processing": text(Status.PROCESSING),
                ":now": number(lease.now),
                ":until": number(lease.until),
                ":holder": text(lease.holder),
                ":one": number(1),
                ":moved": {"L": [step(moved)]},
            },
        )
        return payment_of(item) if item else None

    def move(
        self, held: Payment, to: Transition, reference: str | None = None, due_at: int | None = None
    ) -> Payment:
        """Move `held` on and give its lease up, unless it changed since; return it as it is then.

        It keeps the gateway's `reference` of it, and leaves the index of due payments without `due_at`.
        """
        values: dict[str, AttributeValueTypeDef] = {}
        removals = ["lease_until", "lease_holder"]
        if reference is not None:
            values[":gateway_reference"] = text(reference)
        if to.status is Status.PROCESSED:
            values[":processed_at"] = text(iso(to.at))
        if due_at is None:
            removals += ["due_shard", "due_at"]
        else:
            values[":due_shard"] = number(shard(held.transaction_id))
            values[":due_at"] = number(due_at)
        assignments = [f"{name[1:]} = {name}" for name in values]
        item = self.update(
            held.transaction_id,
            f"SET {', '.join(['#status = :status', 'version = version + :one', *assignments])}, "
            f"history = list_append(history, :moved) REMOVE {', '.join(removals)}",
            UNCHANGED,
            {
                **values,
                ":status": text(to.status),
                ":one": number(1),
                ":version": number(held.version),
                ":moved": {"L": [step(to)]},
            },
        )
        if not item:
            raise StoreError(f"{held.transaction_id} is gone from the table")
        return payment_of(item)

    def watch(self, payment: Payment, due_at: int) -> bool:
        """Put `payment` in the index of due payments unless it moved on or is there; say whether."""
        try:
            with answering():
                self.client.update_item(
                    TableName=self.table,
                    Key=key(payment.transaction_id),
                    UpdateExpression="SET due_shard = :due_shard, due_at = :due_at",
                    ConditionExpression=f"{UNCHANGED} AND attribute_not_exists(due_at)",
                    ExpressionAttributeValues={
                        ":due_shard": number(shard(payment.transaction_id)),
                        ":due_at": number(due_at),
                        ":version": number(payment.version),
                    },
                )
        except ClientError:
            return False
        return True

    def due(self, part: int, now: int, most: int) -> list[Due]:
        """At most `most` payments of the index's part `part` that were due before `now`, oldest first."""
        with answering():
            answer = self.client.query(
                TableName=self.table,
                IndexName=DUE_INDEX,
                KeyConditionExpression="due_shard = :part AND due_at < :now",
                ExpressionAttributeValues={":part": number(part), ":now": number(now)},
                Limit=most,
            )
        return [Due(item["transaction_id"]["S"], int(item["due_at"]["N"])) for item in answer["Items"]]

    def postpone(self, due: Due, until: int) -> Payment | None:
        """Let nobody else look after `due` before `until`; None if somebody else already has it."""
        item = self.update(
            due.transaction_id,
            "SET due_at = :until",
            "due_at = :seen",
            {":until": number(until), ":seen": number(due.due_at)},
        )
        payment = payment_of(item) if item else None
        return payment if payment and payment.due_at == until else None

    def update(
        self,
        transaction_id: str,
        expression: str,
        condition: str,
        values: dict[str, AttributeValueTypeDef],
    ) -> Mapping[str, Any]:
        """Update the item under `condition`; return it as it is then, changed or not."""
        used = expression + condition
        try:
            with answering():
                answer = self.client.update_item(
                    TableName=self.table,
                    Key=key(transaction_id),
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **names(used),
                )
        except ClientError as refused:
            return found(refused)
        return answer["Attributes"]


def names(expression: str) -> dict[str, Any]:
    """The argument that explains the stand-ins in `expression`, of which DynamoDB wants none in vain."""
    used = {stand_in: name for stand_in, name in NAMES.items() if stand_in in expression}
    return {"ExpressionAttributeNames": used} if used else {}


@contextmanager
def answering() -> Iterator[None]:
    """Raise StoreError for every error within but a condition that did not hold."""
    try:
        yield
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code != "ConditionalCheckFailedException":
            raise StoreError(code) from refused
        raise
    except BotoCoreError as broken:
        raise StoreError(type(broken).__name__) from broken


def found(refused: ClientError) -> Mapping[str, Any]:
    """The item that a condition did not hold for; empty if there was none."""
    return cast("Mapping[str, Any]", refused.response.get("Item", {}))


def shard(transaction_id: str) -> int:
    """The part of the index of due payments that `transaction_id` belongs to."""
    return zlib.crc32(transaction_id.encode()) % SHARDS


def leased(payment: Payment | None, lease: Lease) -> bool:
    """Whether `payment`, as it came back, is held under `lease`: also when a repeated call won it."""
    return payment is not None and payment.lease_holder == lease.holder


def went(before: Payment, payment: Payment, to: Transition) -> bool:
    """Whether `payment`, as it came back, made the move from `before` to `to`: also by a repeated call."""
    return payment.version == before.version + 1 and payment.history[-1] == to
