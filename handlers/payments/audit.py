"""Entries of the audit trail: every transition of every payment, and events that clients report.

An entry says who, what, when and why, and the gateway's reference of the charge; it names no customer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from handlers.payments.clock import iso
from handlers.payments.contract import AuditRequest
from handlers.payments.payment import Payment, Status

PREFIX = "audit-logs"

# 128 bits: no two entries collide by chance.
DIGEST_DIGITS = 32


class AuditError(Exception):
    """The trail did not accept an entry; it may be written again."""


@dataclass(frozen=True)
class Entry:
    """An object of the audit trail."""

    key: str
    body: bytes


class Trail(Protocol):
    """The audit trail; every method raises AuditError where the trail does not respond."""

    def write(self, entry: Entry) -> bool:
        """Write `entry` unless its key exists; return False if it did."""

    def probe(self) -> None:
        """Raise AuditError unless the trail responds."""


@dataclass(frozen=True)
class Origin:
    """The source of a client's request."""

    owner: str
    request_id: str
    source_ip: str
    user_agent: str


@dataclass(frozen=True)
class Written:
    """A payment was added or changed in the table."""

    sequence_number: str
    payment: Payment
    transitions_before: int


@dataclass(frozen=True)
class Removed:
    """A payment was removed from the table, which none of the functions does."""

    sequence_number: str
    transaction_id: str
    at: int


Change = Written | Removed


def entries(change: Change) -> Iterator[Entry]:
    """Yield an entry for each transition that `change` added."""
    if isinstance(change, Removed):
        yield removal(change)
        return
    for sequence in range(change.transitions_before + 1, len(change.payment.history) + 1):
        yield transition(change.payment, sequence)


def transition(payment: Payment, sequence: int) -> Entry:
    """Return the entry of the `sequence`th transition of `payment`."""
    to = payment.history[sequence - 1]
    came_from = payment.history[sequence - 2].status if sequence > 1 else None
    body = {
        "timestamp": iso(to.at),
        "event_type": f"payment.{to.status}",
        "transaction_id": payment.transaction_id,
        "details": {
            "sequence": sequence,
            "from": came_from,
            "to": to.status,
            "reason": to.reason,
            "amount": payment.money.figure,
            "currency": payment.money.currency,
            "attempts": payment.attempts,
            "gateway_reference": payment.gateway_reference,
            "owner": payment.owner,
        },
    }
    return Entry(f"{folder(to.at)}/{in_key(payment.transaction_id)}/{sequence:04d}.json", encoded(body))


def removal(removed: Removed) -> Entry:
    """Return the entry of a removal."""
    body = {
        "timestamp": iso(removed.at),
        "event_type": "payment.removed",
        "transaction_id": removed.transaction_id,
        "details": {"sequence_number": removed.sequence_number},
    }
    name = f"removed-{removed.sequence_number}.json"
    return Entry(f"{folder(removed.at)}/{in_key(removed.transaction_id)}/{name}", encoded(body))


def event(request: AuditRequest, origin: Origin, at: int) -> Entry:
    """Return the entry of an event that a client reports."""
    body = {
        "timestamp": iso(at),
        "event_type": request.event_type,
        "transaction_id": request.transaction_id if isinstance(request.transaction_id, str) else None,
        "details": request.details,
        "source_ip": origin.source_ip,
        "user_agent": origin.user_agent,
        "owner": origin.owner,
    }
    content = encoded(body)
    # Requests without an id, and two events of one request, differ by content; equal content is one entry.
    digest = hashlib.sha256(content).hexdigest()[:DIGEST_DIGITS]
    return Entry(f"{folder(at)}/{at / 1000:.3f}-{origin.request_id}-{digest}.json", content)


def left_open(changes: Iterable[Change]) -> list[Payment]:
    """Return the payments that `changes` leave in processing and outside the index of due payments.

    A first attempt does not enter the index, which would cost every payment two more writes; those few
    that are still in processing when the stream reports them do.
    """
    last = {
        change.payment.transaction_id: change.payment for change in changes if isinstance(change, Written)
    }
    return [
        payment for payment in last.values() if payment.status is Status.PROCESSING and payment.due_at is None
    ]


def folder(at: int) -> str:
    """Return the folder of the UTC day of `at`."""
    return f"{PREFIX}/{datetime.fromtimestamp(at / 1000, UTC):%Y/%m/%d}"


def in_key(transaction_id: str) -> str:
    """Return `transaction_id` as a part of a key, where dots alone would name another folder."""
    return transaction_id if transaction_id.strip(".") else transaction_id.replace(".", "%2E")


# Numbers in `details` keep every digit.
ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return `body` as JSON: equal bodies are equal bytes."""
    return ENCODER.encode(body)
