"""Validator: POST /validate writes down a payment to be taken, once."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from handlers.payments.adapters.dynamodb import Store, StoreError
from handlers.payments.clock import Clock, SystemClock
from handlers.payments.money import accepted
from handlers.payments.payment import Payment, Status, Transition
from handlers.payments.problem import Problem, conflict, unavailable
from handlers.payments.validating import validation
from handlers.runtime import clients, telemetry
from handlers.runtime.api_gateway import Event, Request, Response
from handlers.runtime.settings import setting


@cache
def store() -> Store:
    """The payments table."""
    return Store(clients.dynamodb(), setting("DYNAMODB_TABLE"))


@cache
def currencies() -> Collection[str]:
    """The currencies that are taken."""
    return accepted(setting("ACCEPTED_CURRENCIES"))


def handler(event: Event, context: Any) -> Response:  # noqa: ARG001 - Lambda passes it
    """Write down the payment that the body asks for; the same one again changes nothing."""
    request = Request.of(event)
    try:
        payment = validate(request, store(), currencies(), SystemClock())
    except Problem as problem:
        telemetry.refused(request, problem)
        return request.refuse(problem)
    except StoreError as broken:
        telemetry.broken(request, f"store_{broken}")
        return request.refuse(unavailable())
    telemetry.tell(
        "validated",
        counts={telemetry.VALIDATED: 1},
        correlation_id=request.correlation_id,
        transaction_id=payment.transaction_id,
    )
    return request.answer(
        200,
        {
            "message": "Payment validated",
            "transaction_id": payment.transaction_id,
            "timestamp": payment.validated_at,
        },
    )


def validate(request: Request, payments: Store, taken: Collection[str], clock: Clock) -> Payment:
    """The payment that `request` asks for, as it was first written down; raises Problem if it is another."""
    request.only("POST")
    asked, money = validation(request.body(), taken)
    payment = Payment(
        transaction_id=asked.transaction_id,
        owner=request.owner,
        customer_id=asked.customer_id,
        money=money,
        status=Status.VALIDATED,
        version=1,
        attempts=0,
        history=(Transition(Status.VALIDATED, clock.now()),),
    )
    there = payments.add(payment)
    if there.content != payment.content:
        raise conflict()
    return there
