"""Processor: POST /process charges a validated payment, once, and posts it to the ledger."""

from __future__ import annotations

from handlers.payments import validating
from handlers.payments.clock import Deadline
from handlers.payments.problem import Problem, declined, failed, unavailable, unknown_transaction
from handlers.payments.processing import Outcome, Processing, Result
from handlers.payments.store import StoreError
from handlers.runtime import outcome_metrics, telemetry
from handlers.runtime.api_gateway import Event, Request, Response
from handlers.runtime.context import Context, seconds_left
from handlers.runtime.wiring.processing import processing


def handler(event: Event, context: Context) -> Response:
    """Charge the payment in the body, unless that was done, is being done, or cannot be done."""
    request = Request.of(event)
    try:
        result = process(request, processing(), seconds_left(context))
        outcome_metrics.log(result, correlation_id=request.correlation_id)
        return respond(request, result)
    except Problem as problem:
        telemetry.refused(request, problem)
        return request.refuse(problem)
    except StoreError as broken:
        telemetry.broken(request, f"store_{broken}")
        return request.refuse(unavailable())


def process(request: Request, on: Processing, seconds: float) -> Result:
    """Process the payment in the body; return the result after at most `seconds`."""
    request.only("POST")
    asked = validating.processing(request.body())
    return on.begin(asked.transaction_id, request.owner, Deadline.after(seconds, on.clock))


def respond(request: Request, result: Result) -> Response:
    """Return the response for `result`; raises Problem where it is no success."""
    payment = result.payment
    if payment is None:
        raise unknown_transaction()
    about = {"transaction_id": payment.transaction_id, "timestamp": payment.history[-1].at}
    match result.outcome:
        case Outcome.PROCESSED:
            return request.answer(200, {"message": "Payment processed", **about})
        case Outcome.ALREADY_PROCESSED:
            return request.answer(200, {"message": "Payment already processed", **about})
        case Outcome.DECLINED | Outcome.ALREADY_DECLINED:
            raise declined(payment.reason)
        case Outcome.FAILED | Outcome.ALREADY_FAILED:
            raise failed(payment.reason)
    return request.answer(202, {"message": "Payment under way", "status": payment.status, **about})
