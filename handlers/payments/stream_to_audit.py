"""Streaming: what the table's stream tells goes to the audit trail, and what it leaves open is watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.payments.adapters.dynamodb import Store, StoreError
from handlers.payments.audit import AuditError, Trail, entries, left_open

RESERVE_SECONDS = 3.0


@dataclass
class Batch:
    """What was done with a batch of records."""

    written: int = 0
    watched: int = 0
    stopped_at: list[str] = field(default_factory=list)
    """Sequence number of the first record that is to come again, if one is; all after it come too."""

    faults: list[str] = field(default_factory=list)


def keep(
    records: list[Mapping[str, Any]], trail: Trail, store: Store, seconds_left: Callable[[], float]
) -> Batch:
    """Watch the payments that `records` leave open, then keep every transition, in order."""
    batch = Batch()
    for payment in left_open(records):
        try:
            batch.watched += store.watch(payment, payment.lease_until or 0)
        except StoreError as broken:
            batch.faults.append(f"store_{broken}")
            batch.stopped_at = [records[0]["dynamodb"]["SequenceNumber"]]
            return batch
    for record in records:
        fault = None
        if seconds_left() < RESERVE_SECONDS:
            fault = "out_of_time"
        else:
            try:
                for entry in entries(record):
                    batch.written += trail.keep(entry)
            except AuditError as broken:
                fault = f"audit_{broken}"
        if fault:
            batch.faults.append(fault)
            batch.stopped_at = [record["dynamodb"]["SequenceNumber"]]
            break
    return batch
