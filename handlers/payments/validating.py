"""Requests read from bodies, or every fault of the body as a Problem."""

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
    """Return the payment in `body`, in one of `currencies`; raises Problem with every fault."""
    values, faults = read(ValidateRequest, body)
    faults += currency_faults(values, currencies) + amount_faults(values)
    faults += card_faults(values, "transaction_id", "customer_id")
    if faults:
        raise invalid(faults)
    request = ValidateRequest(**values)
    return request, Money.of(request.amount, request.currency)


def card_faults(values: dict[str, Any], *names: str) -> list[Fault]:
    """Return a fault for every id among `names` that looks like a card number: ids are logged."""
    return [
        Fault(f"/{name}", "looks like a card number, which may not be kept")
        for name in names
        if looks_like_card(values.get(name, ""))
    ]


def currency_faults(values: dict[str, Any], currencies: Collection[str]) -> list[Fault]:
    """Return a fault if the currency in `values` is none of `currencies`."""
    if values.get("currency") in {None, *currencies}:
        return []
    return [Fault("/currency", f"expected one of {', '.join(sorted(currencies))}")]


def amount_faults(values: dict[str, Any]) -> list[Fault]:
    """Return a fault if the amount in `values` is invalid in its currency, or in any if that is unknown."""
    if "amount" not in values:
        return []
    try:
        check(values["amount"], MINOR_DIGITS.get(values.get("currency", ""), MOST_MINOR_DIGITS))
    except MoneyError as wrong:
        return [Fault("/amount", str(wrong))]
    return []


def processing(body: bytes) -> ProcessRequest:
    """Return the request in `body` to charge a payment; raises Problem with every fault."""
    values, faults = read(ProcessRequest, body)
    faults += card_faults(values, "transaction_id")
    if faults:
        raise invalid(faults)
    return ProcessRequest(**values)


def auditing(body: bytes) -> AuditRequest:
    """Return the event in `body`; raises Problem with every fault."""
    values, faults = read(AuditRequest, body)
    faults += card_faults(values, "event_type", "transaction_id") + list(unfit(values.get("details", {})))
    if faults:
        raise invalid(faults)
    return AuditRequest(**values)
