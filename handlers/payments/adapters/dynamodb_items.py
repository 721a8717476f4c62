"""Items: a payment as DynamoDB writes it down, and back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from handlers.payments.clock import iso
from handlers.payments.money import Money
from handlers.payments.payment import Payment, Status, Transition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

CURRENT = 0
"""The `timestamp` of the item that is a transaction's current state."""


def text(value: str) -> AttributeValueTypeDef:
    """A string as an attribute."""
    return {"S": value}


def number(value: int) -> AttributeValueTypeDef:
    """A whole number as an attribute."""
    return {"N": str(value)}


def key(transaction_id: str) -> dict[str, AttributeValueTypeDef]:
    """The key of the item that is the current state of `transaction_id`."""
    return {"transaction_id": text(transaction_id), "timestamp": number(CURRENT)}


def step(transition: Transition) -> AttributeValueTypeDef:
    """`transition` as an element of `history`."""
    noted = {"status": text(transition.status), "at": number(transition.at)}
    if transition.reason is not None:
        noted["reason"] = text(transition.reason)
    return {"M": noted}


def new_item(payment: Payment) -> dict[str, AttributeValueTypeDef]:
    """The item of a payment that was just validated."""
    return {
        **key(payment.transaction_id),
        "status": text(payment.status),
        "amount": text(payment.money.figure),
        "currency": text(payment.money.currency),
        "customer_id": text(payment.customer_id),
        "validated_at": text(iso(payment.validated_at)),
        "owner": text(payment.owner),
        "version": number(payment.version),
        "attempts": number(payment.attempts),
        "history": {"L": [step(each) for each in payment.history]},
    }


def payment_of(item: Mapping[str, Any]) -> Payment:
    """The payment that `item` is."""
    return Payment(
        transaction_id=item["transaction_id"]["S"],
        owner=item["owner"]["S"],
        customer_id=item["customer_id"]["S"],
        money=Money.of(Decimal(item["amount"]["S"]), item["currency"]["S"]),
        status=Status(item["status"]["S"]),
        version=int(item["version"]["N"]),
        attempts=int(item["attempts"]["N"]),
        history=tuple(transition_of(each["M"]) for each in item["history"]["L"]),
        first_attempt_at=whole(item, "first_attempt_at"),
        lease_until=whole(item, "lease_until"),
        lease_holder=item.get("lease_holder", {}).get("S"),
        gateway_reference=item.get("gateway_reference", {}).get("S"),
        due_at=whole(item, "due_at"),
    )


def transition_of(noted: Mapping[str, Any]) -> Transition:
    """The transition that an element of `history` is."""
    return Transition(Status(noted["status"]["S"]), int(noted["at"]["N"]), noted.get("reason", {}).get("S"))


def whole(item: Mapping[str, Any], name: str) -> int | None:
    """The whole number that the attribute `name` of `item` is, if it has that."""
    return int(item[name]["N"]) if name in item else None
