"""Validator: POST /validate stores a payment to be taken later, once."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from handlers.payments import metrics
from handlers.payments.clock import Clock, SystemClock
from handlers.payments.money import accepted
from handlers.payments.payment import Payment, Status, Transition
from handlers.payments.problem import Problem, conflict, unavailable
from handlers.payments.store import Store, StoreError
from handlers.payments.validating import validation
from handlers.runtime import telemetry
from handlers.runtime.api_gateway import Event, Request, Response
from handlers.runtime.settings import setting
from handlers.runtime.wiring.store import store


@cache
def currencies() -> Collection[str]:
    """Return the currencies that this deployment accepts."""
    return accepted(setting("ACCEPTED_CURRENCIES"))


def handler(event: Event, context: Any) -> Response:  # noqa: ARG001 - Lambda passes it
    """Store the payment in the body; the same one again changes nothing."""
    request = Request.of(event)
    try:
        payment = validate(request, store(), currencies(), SystemClock())
    except Problem as problem:
        telemetry.refused(request, problem)
        return request.refuse(problem)
    except StoreError as broken:
        telemetry.broken(request, f"store_{broken}")
        return request.refuse(unavailable())
    telemetry.log(
        "validated",
        counts={metrics.VALIDATED: 1},
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


def validate(request: Request, payments: Store, allowed: Collection[str], clock: Clock) -> Payment:
    """Return the payment in the body as it was first stored; raises Problem where its id is taken."""
    request.only("POST")
    asked, money = validation(request.body(), allowed)
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
    stored = payments.add(payment)
    if stored.content != payment.content:
        raise conflict()
    return stored
