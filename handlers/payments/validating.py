"""Validating: a request to the payment that it asks for, or every reason why it is none."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from handlers.payments.contract import (
    MOST_MINOR_DIGITS,
    AuditRequest,
    ProcessRequest,
    ValidateRequest,
)
from handlers.payments.identifiers import looks_like_card
from handlers.payments.json_body import read, unfit
from handlers.payments.money import MINOR_DIGITS, Money, MoneyError, check
from handlers.payments.problem import Fault, invalid


def validation(body: bytes, currencies: Collection[str]) -> tuple[ValidateRequest, Money]:
    """The payment that `body` asks for, in one of `currencies`; raises Problem with every fault."""
    values, faults = read(ValidateRequest, body)
    faults += currency_faults(values, currencies) + amount_faults(values)
    faults += card_faults(values, "transaction_id", "customer_id")
    if faults:
        raise invalid(faults)
    request = ValidateRequest(**values)
    return request, Money.of(request.amount, request.currency)


def card_faults(values: dict[str, Any], *names: str) -> list[Fault]:
    """A fault for each id among `names` that could be a card number: ids reach logs and keys of S3."""
    return [
        Fault(f"/{name}", "looks like a card number, which may not be kept")
        for name in names
        if looks_like_card(values.get(name, ""))
    ]


def currency_faults(values: dict[str, Any], currencies: Collection[str]) -> list[Fault]:
    """A fault if the currency in `values` is none of `currencies`."""
    if values.get("currency") in {None, *currencies}:
        return []
    return [Fault("/currency", f"expected one of {', '.join(sorted(currencies))}")]


def amount_faults(values: dict[str, Any]) -> list[Fault]:
    """A fault if the amount in `values` is none in its currency, or in any where that is not known."""
    if "amount" not in values:
        return []
    try:
        check(values["amount"], MINOR_DIGITS.get(values.get("currency", ""), MOST_MINOR_DIGITS))
    except MoneyError as wrong:
        return [Fault("/amount", str(wrong))]
    return []


def processing(body: bytes) -> ProcessRequest:
    """The payment that `body` wants charged; raises Problem with every fault."""
    values, faults = read(ProcessRequest, body)
    faults += card_faults(values, "transaction_id")
    if faults:
        raise invalid(faults)
    return ProcessRequest(**values)


def auditing(body: bytes) -> AuditRequest:
    """The event that `body` tells; raises Problem with every fault."""
    values, faults = read(AuditRequest, body)
    faults += card_faults(values, "event_type", "transaction_id") + list(unfit(values.get("details", {})))
    if faults:
        raise invalid(faults)
    return AuditRequest(**values)
