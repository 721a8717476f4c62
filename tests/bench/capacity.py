"""Capacity: the calls of AWS that one payment makes, and what of DynamoDB's capacity they use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING, Any

from pipeline.console import table

if TYPE_CHECKING:
    # Their import looks for folders of the user's, and warns where there are none.
    from tests.bench.servers import Call
    from tests.bench.stage import Stage

KILOBYTE = 1024
# Of each list, map and element, whatever is in it.
CONTAINER, ELEMENT = 3, 1
WRITES = {"PutItem", "UpdateItem"}

Invoke = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Used:
    """What a call used of the table's capacity."""

    write_units: int = 0
    item_bytes: int = 0


def calls(
    stage: Stage,
    validate: Callable[[Stage], dict[str, Any]],
    process: Callable[..., dict[str, Any]],
    invoke: Invoke,
) -> str:
    """A table of the calls of one payment: validated, processed, and audited by the stream."""
    asked = validate(stage)
    transaction_id = json.loads(asked["body"])["transaction_id"]
    rows: list[tuple[object, ...]] = []
    images: list[Mapping[str, Any]] = []
    units = 0
    counted = 0
    for name, entry, event in (
        ("validate", "payment_validator", lambda: asked),
        ("process", "payment_processor", lambda: process(stage, transaction_id)),
        ("audit, by the stream", "audit_logger", lambda: {"Records": records(images)}),
    ):
        stage.servers.calls.clear()
        invoke(stage, entry, [(entry, event())])
        for call in stage.servers.calls:
            used = Used()
            if call.service == "dynamodb":
                counted += 1
                image = after(call)
                used = written(images[-1] if images else {}, image)
                images.append(image)
            units += used.write_units
            wcu = used.write_units if call.service == "dynamodb" else "-"
            rows.append((name, f"{call.service} {call.operation}", wcu, used.item_bytes or "-"))
    rows.append(("in all", f"{counted} calls of DynamoDB", units, ""))
    return table(("one payment", "call of AWS", "WCU", "bytes of the item"), rows)


def after(call: Call) -> Mapping[str, Any]:
    """The item as a write left it; raises for what is no write, for a payment reads nothing."""
    if call.operation not in WRITES:
        raise RuntimeError(f"found {call.operation}, expected of {', '.join(sorted(WRITES))}")
    put: Mapping[str, Any] | None = json.loads(call.request).get("Item")
    image: Mapping[str, Any] = put or json.loads(call.answer)["Attributes"]
    return image


def written(before: Mapping[str, Any], image: Mapping[str, Any]) -> Used:
    """What it takes to write `image` over `before`: the larger of the two counts."""
    larger = max(size(before), size(image))
    return Used(ceil(larger / KILOBYTE), size(image))


def size(item: Mapping[str, Any]) -> int:
    """Bytes of `item` as DynamoDB's guide counts them."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:
    """Bytes of one attribute's value."""
    kind, held = next(iter(value.items()))
    if kind == "S":
        return len(held.encode())
    if kind == "N":
        # Two digits to a byte, and one more.
        digits = Decimal(held).normalize().as_tuple().digits
        return ceil(len(digits) / 2) + 1
    if kind == "L":
        return CONTAINER + sum(ELEMENT + value_size(each) for each in held)
    if kind == "M":
        return CONTAINER + sum(ELEMENT + len(name.encode()) + value_size(each) for name, each in held.items())
    raise TypeError(f"found an attribute of type {kind}, expected S, N, L or M")


def records(images: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the table's stream tells of an item that had these images, one after the other."""
    told = []
    for number, image in enumerate(images):
        keys = {name: image[name] for name in ("transaction_id", "timestamp")}
        change: dict[str, Any] = {"Keys": keys, "NewImage": image, "SequenceNumber": str(number)}
        if number:
            change["OldImage"] = images[number - 1]
        told.append({"eventName": "MODIFY" if number else "INSERT", "dynamodb": change})
    return told
