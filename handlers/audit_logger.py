"""Audit logger: the table's stream into the audit trail; POST /audit, GET /status, GET /transactions/{id}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.payments import audit, metrics, validating
from handlers.payments.adapters.dynamodb_stream import changes
from handlers.payments.audit import AuditError, Origin, Trail
from handlers.payments.clock import SystemClock
from handlers.payments.payment import Payment
from handlers.payments.problem import Problem, unavailable, unknown_transaction
from handlers.payments.store import Store, StoreError
from handlers.payments.stream_to_audit import record
from handlers.runtime import telemetry
from handlers.runtime.api_gateway import Event, Request, Response, id_in_path
from handlers.runtime.context import Context, seconds_left
from handlers.runtime.wiring.probing import probing
from handlers.runtime.wiring.store import store
from handlers.runtime.wiring.trail import trail


def handler(event: Event, context: Context) -> Response:
    """Write the stream's records to the audit trail, or respond to a request of the API."""
    if "Records" in event:
        return record_stream(event["Records"], context)
    request = Request.of(event)
    try:
        return respond(request)
    except Problem as problem:
        telemetry.refused(request, problem)
        return request.refuse(problem)
    except (StoreError, AuditError) as broken:
        telemetry.broken(request, f"{type(broken).__name__}_{broken}")
        return request.refuse(unavailable())


def record_stream(records: list[Mapping[str, Any]], context: Context) -> Response:
    """Write every transition in `records`; return the first record for Lambda to deliver again, if any."""
    batch = record(changes(records), trail(), store(), lambda: seconds_left(context))
    telemetry.log(
        "streamed",
        counts={metrics.AUDITED: batch.written, metrics.HANDLED_FAILURE: len(batch.faults)},
        correlation_id=context.aws_request_id,
        records=len(records),
        written=batch.written,
        watched=batch.watched,
        faults=batch.faults,
    )
    return {"batchItemFailures": [{"itemIdentifier": number} for number in batch.stopped_at]}


def respond(request: Request) -> Response:
    """Return the route's response; raises Problem where it is no success."""
    if request.method == "GET":
        if "transaction_id" in request.path:
            return request.answer(200, summary(find(request, store())))
        return status(request)
    request.only("POST")
    return request.answer(200, record_event(request, trail()))


def status(request: Request) -> Response:
    """Return the state of every service that payments depend on."""
    report = probing().report()
    telemetry.log(
        "probed",
        # However many people ask meanwhile, one failed probe counts once.
        counts={metrics.HANDLED_FAILURE: 1 if report.broken else 0},
        correlation_id=request.correlation_id,
        services=report.services,
        asked=sorted(report.asked),
    )
    return request.answer(200 if report.good else 503, report.document())


def record_event(request: Request, to: Trail) -> dict[str, str]:
    """Write the event in the body to the audit trail."""
    reported = validating.auditing(request.body())
    origin = Origin(request.owner, request.request_id, request.source_ip, request.user_agent)
    entry = audit.event(reported, origin, SystemClock().now())
    to.write(entry)
    telemetry.log(
        "audited",
        counts={metrics.AUDITED: 1},
        correlation_id=request.correlation_id,
        s3_key=entry.key,
    )
    return {"message": "Audit log recorded", "s3_key": entry.key}


def find(request: Request, payments: Store) -> Payment:
    """Return the payment in the path if it is the caller's; raises Problem otherwise."""
    transaction_id = id_in_path(request.path["transaction_id"])
    payment = payments.find(transaction_id) if transaction_id else None
    if payment is None or payment.owner != request.owner:
        raise unknown_transaction()
    return payment


def summary(payment: Payment) -> dict[str, Any]:
    """Return `payment` as its owner may see it."""
    steps = [{"status": step.status, "at": step.at, "reason": step.reason} for step in payment.history]
    return {
        "transaction_id": payment.transaction_id,
        "status": payment.status,
        "amount": payment.money.figure,
        "currency": payment.money.currency,
        "history": [{name: value for name, value in step.items() if value is not None} for step in steps],
    }
