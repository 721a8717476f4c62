"""Audit logger: the table's stream into the audit trail; POST /audit, GET /status, GET /transactions/{id}."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from handlers.payments import audit, validating
from handlers.payments.adapters.dynamodb import Store, StoreError
from handlers.payments.audit import AuditError, Origin, Trail
from handlers.payments.clock import Deadline, SystemClock
from handlers.payments.ledger import LedgerUnavailableError
from handlers.payments.payment import Payment
from handlers.payments.probing import SECONDS, Figures, Probe, Probing
from handlers.payments.problem import Problem, unavailable, unknown_transaction
from handlers.payments.retry import Queue, QueueError
from handlers.payments.stream_to_audit import Batch, keep
from handlers.runtime import clients, telemetry
from handlers.runtime.api_gateway import Event, Request, Response, named_in_path
from handlers.runtime.context import Context, seconds_left
from handlers.runtime.ledgers import ledger
from handlers.runtime.settings import setting


@cache
def store() -> Store:
    """The payments table."""
    return Store(clients.dynamodb(), setting("DYNAMODB_TABLE"))


@cache
def trail() -> Trail:
    """The audit trail."""
    return Trail(clients.s3(), setting("AUDIT_BUCKET"), setting("AUDIT_KEY_ARN"))


def handler(event: Event, context: Context) -> Response:
    """Keep the records of the stream, or answer a request of the API."""
    if "Records" in event:
        return streamed(event["Records"], context)
    request = Request.of(event)
    try:
        return respond(request)
    except Problem as problem:
        telemetry.refused(request, problem)
        return request.refuse(problem)
    except (StoreError, AuditError) as broken:
        telemetry.broken(request, f"{type(broken).__name__}_{broken}")
        return request.refuse(unavailable())


def streamed(records: list[Mapping[str, Any]], context: Context) -> Response:
    """Keep every transition in `records`; name the first that could not be kept, for Lambda to go on from."""
    kept: Batch = keep(records, trail(), store(), lambda: seconds_left(context))
    telemetry.tell(
        "streamed",
        counts={telemetry.AUDITED: kept.written, telemetry.HANDLED_FAILURE: len(kept.faults)},
        correlation_id=context.aws_request_id,
        records=len(records),
        written=kept.written,
        watched=kept.watched,
        faults=kept.faults,
    )
    return {"batchItemFailures": [{"itemIdentifier": each} for each in kept.stopped_at]}


def respond(request: Request) -> Response:
    """What the route answers; raises Problem where that is no success."""
    if request.method == "GET":
        if "transaction_id" in request.path:
            return request.answer(200, shown(found(request, store())))
        report = probing().report()
        telemetry.tell(
            "probed",
            # However many ask meanwhile, what failed once is counted once.
            counts={telemetry.HANDLED_FAILURE: 1 if report.broken else 0},
            correlation_id=request.correlation_id,
            services=report.services,
            asked=sorted(report.asked),
        )
        return request.answer(200 if report.good else 503, report.document())
    request.only("POST")
    return request.answer(200, recorded(request, trail()))


def recorded(request: Request, to: Trail) -> dict[str, str]:
    """Keep the event that the body tells."""
    told = validating.auditing(request.body())
    origin = Origin(request.owner, request.request_id, request.source_ip, request.user_agent)
    entry = audit.event(told, origin, SystemClock().now())
    to.keep(entry)
    telemetry.tell(
        "audited",
        counts={telemetry.AUDITED: 1},
        correlation_id=request.correlation_id,
        s3_key=entry.key,
    )
    return {"message": "Audit log recorded", "s3_key": entry.key}


def found(request: Request, payments: Store) -> Payment:
    """The payment that the path names, if it is the caller's."""
    transaction_id = named_in_path(request.path["transaction_id"])
    payment = payments.find(transaction_id) if transaction_id else None
    if payment is None or payment.owner != request.owner:
        raise unknown_transaction()
    return payment


def shown(payment: Payment) -> dict[str, Any]:
    """What the owner of `payment` is told of it."""
    steps = [{"status": each.status, "at": each.at, "reason": each.reason} for each in payment.history]
    return {
        "transaction_id": payment.transaction_id,
        "status": payment.status,
        "amount": payment.money.figure,
        "currency": payment.money.currency,
        "history": [{name: value for name, value in each.items() if value is not None} for each in steps],
    }


@cache
def probing() -> Probing:
    """Whether table, queues, bucket and database answer, and how much waits."""
    retries = Queue(clients.sqs(), setting("RETRY_QUEUE_URL"))
    dead_letters = Queue(clients.sqs(), setting("DEAD_LETTER_QUEUE_URL"))
    probes: dict[str, Probe] = {
        "table": store_probe(store()),
        "bucket": bucket_probe(trail()),
        "retry_queue": retries.depth,
        "dead_letter_queue": dead_letters.depth,
        "database": database_probe,
    }
    return Probing(probes, SystemClock(), (StoreError, AuditError, QueueError, LedgerUnavailableError))


def store_probe(payments: Store) -> Probe:
    """Reads the table by key; that nothing is there is an answer."""

    def ask() -> Figures:
        payments.find("status-probe")
        return {}

    return ask


def bucket_probe(to: Trail) -> Probe:
    """Asks for the bucket."""

    def ask() -> Figures:
        to.probe()
        return {}

    return ask


def database_probe() -> Figures:
    """Asks the ledger for its version, over a connection that is kept: the answer is the database's own.

    Where none stands, or the one that did has broken, it signs in anew. It ends when nobody waits for it any
    more: no later probe finds the connection in use.
    """
    by = Deadline.after(SECONDS, SystemClock())
    return {"schema_version": ledger().version(by)}
