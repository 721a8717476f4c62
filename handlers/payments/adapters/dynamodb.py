"""The payments table in DynamoDB, changed only by conditional writes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from handlers.payments.adapters.dynamodb_items import key, new_item, number, payment_of, step, text
from handlers.payments.clock import iso
from handlers.payments.payment import Payment, Status, Transition
from handlers.payments.store import Due, Lease, StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SHARDS = 4
"""Parts of the index of due payments: no single partition takes an outage's whole load."""

DUE_INDEX = "due"

# Reserved words of DynamoDB stand in expressions under another name.
NAMES = {"#status": "status", "#owner": "owner"}

EXISTS = "attribute_exists(transaction_id)"
MINE = "#owner = :owner"
UNTRIED = "#status = :validated"
ABANDONED = "(#status = :processing AND lease_until < :now)"
AS_ANNOUNCED = "(#status IN (:retrying, :failed) AND attempts = :announced)"
UNCHANGED = "version = :version"


class DynamoDBStore:
    """The payments of the table `table`."""

    parts = SHARDS

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self.client = client
        self.table = table

    def add(self, payment: Payment) -> Payment:
        """Add `payment` unless its id is taken; return the stored payment."""
        try:
            with store_errors():
                self.client.put_item(
                    TableName=self.table,
                    Item=new_item(payment),
                    ConditionExpression="attribute_not_exists(transaction_id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as refused:
            return payment_of(stored_item(refused))
        return payment

    def find(self, transaction_id: str) -> Payment | None:
        """Return the payment as it stands now."""
        with store_errors():
            answer = self.client.get_item(TableName=self.table, Key=key(transaction_id), ConsistentRead=True)
        return payment_of(answer["Item"]) if "Item" in answer else None

    def lease_for_owner(self, transaction_id: str, owner: str, lease: Lease) -> Payment | None:
        """Lease the payment of `owner` if it is untried or abandoned; return it as it is then."""
        return self.lease(
            transaction_id,
            lease,
            f"{EXISTS} AND {MINE} AND ({UNTRIED} OR {ABANDONED})",
            {":owner": text(owner), ":validated": text(Status.VALIDATED)},
        )

    def lease_for_retry(self, transaction_id: str, announced: int, lease: Lease) -> Payment | None:
        """Lease the payment if it still stands where attempt `announced` left it, or is abandoned."""
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
        to = Transition(Status.PROCESSING, lease.now)
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
                ":moved": {"L": [step(to)]},
            },
        )
        return payment_of(item) if item else None

    def move(
        self, held: Payment, to: Transition, reference: str | None = None, due_at: int | None = None
    ) -> Payment:
        """Append `to` and end the lease unless `held` has changed since; return it as it is then."""
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
        """Add `payment` to the index of due payments; return False if it has moved on or is in it."""
        try:
            with store_errors():
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
        """Return at most `most` entries of `part` that were due before `now`, oldest first."""
        with store_errors():
            answer = self.client.query(
                TableName=self.table,
                IndexName=DUE_INDEX,
                KeyConditionExpression="due_shard = :part AND due_at < :now",
                ExpressionAttributeValues={":part": number(part), ":now": number(now)},
                Limit=most,
            )
        return [Due(item["transaction_id"]["S"], int(item["due_at"]["N"])) for item in answer["Items"]]

    def postpone(self, due: Due, until: int) -> Payment | None:
        """Make `due` due at `until`; return None if another sweep did so first."""
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
            with store_errors():
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
            return stored_item(refused)
        return answer["Attributes"]


def names(expression: str) -> dict[str, Any]:
    """Return the argument for the placeholders in `expression`; DynamoDB rejects unused ones."""
    used = {placeholder: name for placeholder, name in NAMES.items() if placeholder in expression}
    return {"ExpressionAttributeNames": used} if used else {}


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise StoreError with a short code for every error of the SDK but a failed condition."""
    try:
        yield
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code != "ConditionalCheckFailedException":
            raise StoreError(code) from refused
        raise
    except BotoCoreError as broken:
        raise StoreError(type(broken).__name__) from broken


def stored_item(refused: ClientError) -> Mapping[str, Any]:
    """Return the item that failed the condition; empty if there was none."""
    return cast("Mapping[str, Any]", refused.response.get("Item", {}))


def shard(transaction_id: str) -> int:
    """Return the part of the index of due payments that `transaction_id` belongs to."""
    return zlib.crc32(transaction_id.encode()) % SHARDS
