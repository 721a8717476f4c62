"""Payments as items of DynamoDB, and back."""

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
"""Sort key of the item that is a transaction's current state."""


def text(value: str) -> AttributeValueTypeDef:
    """Return a string as an attribute."""
    return {"S": value}


def number(value: int) -> AttributeValueTypeDef:
    """Return a whole number as an attribute."""
    return {"N": str(value)}


def key(transaction_id: str) -> dict[str, AttributeValueTypeDef]:
    """Return the key of the item that is the current state of `transaction_id`."""
    return {"transaction_id": text(transaction_id), "timestamp": number(CURRENT)}


def step(transition: Transition) -> AttributeValueTypeDef:
    """Return `transition` as an element of `history`."""
    element = {"status": text(transition.status), "at": number(transition.at)}
    if transition.reason is not None:
        element["reason"] = text(transition.reason)
    return {"M": element}


def new_item(payment: Payment) -> dict[str, AttributeValueTypeDef]:
    """Return the item of a payment that was just validated."""
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
        "history": {"L": [step(transition) for transition in payment.history]},
    }


def payment_of(item: Mapping[str, Any]) -> Payment:
    """Return the payment in `item`."""
    return Payment(
        transaction_id=item["transaction_id"]["S"],
        owner=item["owner"]["S"],
        customer_id=item["customer_id"]["S"],
        money=Money.of(Decimal(item["amount"]["S"]), item["currency"]["S"]),
        status=Status(item["status"]["S"]),
        version=int(item["version"]["N"]),
        attempts=int(item["attempts"]["N"]),
        history=tuple(transition_of(element["M"]) for element in item["history"]["L"]),
        first_attempt_at=whole(item, "first_attempt_at"),
        lease_until=whole(item, "lease_until"),
        lease_holder=item.get("lease_holder", {}).get("S"),
        gateway_reference=item.get("gateway_reference", {}).get("S"),
        due_at=whole(item, "due_at"),
    )


def transition_of(element: Mapping[str, Any]) -> Transition:
    """Return the transition in an element of `history`."""
    status, at = Status(element["status"]["S"]), int(element["at"]["N"])
    return Transition(status, at, element.get("reason", {}).get("S"))


def whole(item: Mapping[str, Any], name: str) -> int | None:
    """Return the whole number in the attribute `name` of `item`, if it has one."""
    return int(item[name]["N"]) if name in item else None
