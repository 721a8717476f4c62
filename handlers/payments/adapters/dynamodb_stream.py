"""Records of the payments table's stream, read into changes of payments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from handlers.payments.adapters.dynamodb_items import payment_of
from handlers.payments.audit import Change, Removed, Written


def changes(records: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Return the change that each of `records` reports, in order."""
    return [change(record) for record in records]


def change(record: Mapping[str, Any]) -> Change:
    """Return the change that `record` reports."""
    image = record["dynamodb"]
    if record["eventName"] == "REMOVE":
        return Removed(
            sequence_number=image["SequenceNumber"],
            transaction_id=image["Keys"]["transaction_id"]["S"],
            at=round(float(image["ApproximateCreationDateTime"]) * 1000),
        )
    before = image.get("OldImage", {}).get("history", {}).get("L", [])
    return Written(
        sequence_number=image["SequenceNumber"],
        payment=payment_of(image["NewImage"]),
        transitions_before=len(before),
    )
