"""Changes of payments, written to the audit trail; payments left in processing enter the due index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from handlers.payments.audit import AuditError, Change, Trail, entries, left_open
from handlers.payments.store import Store, StoreError

RESERVE_SECONDS = 3.0


@dataclass
class Batch:
    """The result of a batch of changes."""

    written: int = 0
    watched: int = 0
    stopped_at: list[str] = field(default_factory=list)
    """Sequence number of the first change to deliver again, if there is one; all later ones follow it."""

    faults: list[str] = field(default_factory=list)


def record(changes: Sequence[Change], trail: Trail, store: Store, seconds_left: Callable[[], float]) -> Batch:
    """Watch the payments that `changes` leave open, then write every transition, in order."""
    batch = Batch()
    for payment in left_open(changes):
        try:
            batch.watched += store.watch(payment, payment.lease_until or 0)
        except StoreError as broken:
            batch.faults.append(f"store_{broken}")
            batch.stopped_at = [changes[0].sequence_number]
            return batch
    for change in changes:
        fault = None
        if seconds_left() < RESERVE_SECONDS:
            fault = "out_of_time"
        else:
            try:
                for entry in entries(change):
                    batch.written += trail.write(entry)
            except AuditError as broken:
                fault = f"audit_{broken}"
        if fault:
            batch.faults.append(fault)
            batch.stopped_at = [change.sequence_number]
            break
    return batch
