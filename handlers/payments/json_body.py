"""Reading: the bytes of a body to the fields of a request, with every fault found on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, NoReturn, get_args

import msgspec

from handlers.payments.contract import PLAIN_FIGURE, Amount, Request
from handlers.payments.identifiers import holds_card
from handlers.payments.problem import Fault, invalid, too_large

MOST_BYTES = 64 * 1024
DEEPEST = 16
"""How far JSON may nest; nothing that the routes take comes near."""

PLAIN = re.compile(PLAIN_FIGURE)
MOST_INT_DIGITS = 64
LONGEST_NAME = 64
"""How much of an unknown field's name is told back."""


class NotJsonError(ValueError):
    """A body that is not JSON, or JSON that means different things to different readers."""


def read(kind: type[Request], body: bytes) -> tuple[dict[str, Any], list[Fault]]:
    """The fields of `kind` in `body` that are right, and a fault for each thing that is not.

    Raises Problem where there is no telling fields at all.
    """
    if len(body) > MOST_BYTES:
        raise too_large(MOST_BYTES)
    repeated: list[str] = []
    try:
        content = parse(body, repeated)
    except NotJsonError as wrong:
        raise invalid([Fault("", str(wrong))]) from wrong
    if not isinstance(content, dict):
        raise invalid([Fault("", "expected a JSON object")])
    faults = [Fault(pointer(name), "the name stands twice in one object") for name in repeated]
    return convert(kind, content, faults), faults


def parse(body: bytes, repeated: list[str]) -> Any:
    """The JSON in `body`, numbers exact; names that stand twice are added to `repeated`."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(sorted({name for name in names if names.count(name) > 1}))
        return found

    try:
        # The mark that some editors put first is no part of JSON, and harmless.
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise NotJsonError("expected UTF-8") from wrong
    if not text.strip():
        raise NotJsonError("expected a JSON object, found an empty body")
    try:
        return json.loads(
            text, parse_float=Decimal, parse_int=whole, parse_constant=refuse, object_pairs_hook=once
        )
    except RecursionError as wrong:
        raise NotJsonError(f"expected JSON that nests at most {DEEPEST} deep") from wrong
    except InvalidOperation as wrong:
        raise NotJsonError("expected numbers with a smaller exponent") from wrong
    except json.JSONDecodeError as wrong:
        # Its message tells the kind of error, its position too; neither holds the client's text.
        raise NotJsonError(f"not JSON: {wrong.msg}, line {wrong.lineno} column {wrong.colno}") from wrong


def whole(digits: str) -> int | Decimal:
    """The whole number that `digits` are; Python refuses to make an int of thousands."""
    return int(digits) if len(digits) <= MOST_INT_DIGITS else Decimal(digits)


def refuse(constant: str) -> NoReturn:
    """JSON knows no NaN and no Infinity, though Python's reader does."""
    raise NotJsonError(f"not JSON: {constant} is no number")


def convert(kind: type[Request], content: dict[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """The values in `content` of the fields of `kind`; each that is not right is added to `faults`."""
    values: dict[str, Any] = {}
    fields = msgspec.structs.fields(kind)
    for field in fields:
        if field.name not in content:
            if field.required:
                faults.append(Fault(pointer(field.name), f"required: {expected(field.type)}"))
            continue
        try:
            values[field.name] = msgspec.convert(content[field.name], field.type, dec_hook=decode)
        except msgspec.ValidationError:
            faults.append(Fault(pointer(field.name), f"expected {expected(field.type)}"))
    known = {field.name for field in fields}
    faults.extend(Fault(pointer(name), "unknown field") for name in content if name not in known)
    return values


def decode(kind: type[Any], value: Any) -> Any:
    """What msgspec does not know how to read: an amount, exactly as it was written."""
    if kind is not Amount:
        # Ours: a TypeError or ValueError, msgspec would tell a client of as a fault of theirs.
        raise RuntimeError(f"found a field of {kind}, expected Amount")
    if isinstance(value, str) and not PLAIN.search(value):
        raise ValueError("not a plain figure")
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("not a number")  # noqa: TRY004 - msgspec reports only ValueError as a fault
    return Amount(value)


@cache
def expected(kind: Any) -> str:
    """What a field of type `kind` takes, in the words of the contract."""
    for each in (kind, *get_args(kind)):
        for note in getattr(each, "__metadata__", ()):
            if isinstance(note, msgspec.Meta) and note.description:
                return note.description
    raise TypeError(f"found the field type {kind}, expected one that says what it takes")


def unfit(details: Any) -> Iterator[Fault]:
    """A fault for each thing in `details` that must not reach a store that never forgets."""
    stack: list[tuple[str, Any, int]] = [("/details", details, 1)]
    while stack:
        place, value, depth = stack.pop()
        if depth > DEEPEST:
            yield Fault("/details", f"nests more than {DEEPEST} deep")
            return
        inside: list[tuple[str, Any]] = []
        if isinstance(value, dict):
            inside = list(value.items())
            texts = list(value)
        elif isinstance(value, list):
            inside = [(str(index), each) for index, each in enumerate(value)]
            texts = []
        else:
            texts = [str(value)]
        for text in texts:
            if not text.isprintable() and not encodable(text):
                yield Fault(place, "holds half of a surrogate pair, which is no character")
            elif holds_card(text):
                yield Fault(place, "looks like a card number, which may not be kept")
        stack.extend((place + pointer(name), each, depth + 1) for name, each in inside)


def encodable(text: str) -> bool:
    """Whether `text` is Unicode: JSON can spell half of a surrogate pair, UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def pointer(name: str) -> str:
    """The JSON pointer of the member `name`, told back in printable form and not at length."""
    told = name[:LONGEST_NAME].encode("ascii", "backslashreplace").decode()
    return "/" + told.replace("~", "~0").replace("/", "~1")
