"""JSON bodies of requests, read into fields, with every fault of the body."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, NoReturn, get_args

import msgspec

from handlers.payments.contract import PLAIN_FIGURE, Amount, Request
from handlers.payments.identifiers import holds_card
from handlers.payments.json_objects import noting_repeated
from handlers.payments.problem import Fault, invalid, too_large

MOST_BYTES = 64 * 1024
DEEPEST = 16
"""Deepest nesting of JSON; no valid request comes near."""

PLAIN = re.compile(PLAIN_FIGURE)
SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
MOST_INT_DIGITS = 64
LONGEST_NAME = 64
"""Characters of an unknown field's name that a fault repeats."""

Path = tuple[str, ...]
"""The names and numbers that lead to a value in JSON."""


class NotJsonError(ValueError):
    """A body that is not JSON."""


def read(kind: type[Request], body: bytes) -> tuple[dict[str, Any], list[Fault]]:
    """Return the valid fields of `kind` in `body`, and a fault for everything else.

    Raises Problem where the body is no JSON object.
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
    # Only an escape can spell half of a surrogate pair in UTF-8.
    halves = list(half_pairs(content)) if SURROGATE_ESCAPE.search(body) else []
    faults += [
        Fault(pointer(*path), "holds half of a surrogate pair, which is no character") for path in halves
    ]
    return convert(kind, content, faults, frozenset(path[0] for path in halves if path)), faults


def parse(body: bytes, repeated: list[str]) -> Any:
    """Return the JSON in `body`, numbers exact; names that an object repeats are added to `repeated`."""
    try:
        # Some editors begin a file with a byte order mark, which is no part of JSON.
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise NotJsonError("expected UTF-8") from wrong
    if not text.strip():
        raise NotJsonError("expected a JSON object, found an empty body")
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_int=whole,
            parse_constant=refuse,
            object_pairs_hook=noting_repeated(repeated),
        )
    except RecursionError as wrong:
        raise NotJsonError(f"expected JSON that nests at most {DEEPEST} deep") from wrong
    except InvalidOperation as wrong:
        raise NotJsonError("expected numbers with a smaller exponent") from wrong
    except json.JSONDecodeError as wrong:
        # Message and position hold nothing of the client's text.
        raise NotJsonError(f"not JSON: {wrong.msg}, line {wrong.lineno} column {wrong.colno}") from wrong


def whole(digits: str) -> int | Decimal:
    """Return the whole number in `digits`; Python refuses to parse an int of thousands."""
    return int(digits) if len(digits) <= MOST_INT_DIGITS else Decimal(digits)


def refuse(constant: str) -> NoReturn:
    """Raise NotJsonError: JSON has no NaN and no Infinity, though Python's reader accepts them."""
    raise NotJsonError(f"not JSON: {constant} is no number")


def convert(
    kind: type[Request], content: Mapping[str, Any], faults: list[Fault], skipped: Collection[str]
) -> dict[str, Any]:
    """Return the valid fields of `kind` in `content` but for those `skipped`; add a fault for each other."""
    values: dict[str, Any] = {}
    fields = msgspec.structs.fields(kind)
    for field in fields:
        if field.name in skipped:
            continue
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
    """Return `value` as an amount, the one type unknown to msgspec, exactly as it was written."""
    if kind is not Amount:
        # Neither TypeError nor ValueError, which msgspec would report as a fault of the client.
        raise RuntimeError(f"found a field of {kind}, expected Amount")
    if isinstance(value, str) and not PLAIN.search(value):
        raise ValueError("not a plain figure")
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("not a number")  # noqa: TRY004 - msgspec reports only ValueError as a fault
    return Amount(value)


@cache
def expected(kind: Any) -> str:
    """Return the description of a field of type `kind` in the contract."""
    for annotation in (kind, *get_args(kind)):
        for note in getattr(annotation, "__metadata__", ()):
            if isinstance(note, msgspec.Meta) and note.description:
                return note.description
    raise TypeError(f"found the field type {kind}, expected one with a description")


def half_pairs(content: Any) -> Iterator[Path]:
    """Yield the path of each value or name in `content` that UTF-8 cannot encode.

    Deeper values than DEEPEST are left out: no route accepts a body that has them.
    """
    for path, value in walk(content, ()):
        if len(path) > DEEPEST:
            return
        if not all(map(encodable, texts(value))):
            yield path


def unfit(details: Any) -> Iterator[Fault]:
    """Yield a fault for each thing in `details` that must not reach a store that never forgets."""
    for path, value in walk(details, ("details",)):
        if len(path) > DEEPEST:
            yield Fault("/details", f"nests more than {DEEPEST} deep")
            return
        if any(map(holds_card, texts(value))):
            yield Fault(pointer(*path), "looks like a card number, which may not be kept")


def walk(content: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield `content`, which is at `path`, and every value within it, shallow ones first."""
    level = [(path, content)]
    while level:
        yield from level
        level = [((*above, name), value) for above, container in level for name, value in members(container)]


def members(value: Any) -> Iterable[tuple[str, Any]]:
    """Return the members of an object or a list, by name or number; a scalar has none."""
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list):
        return ((str(number), element) for number, element in enumerate(value))
    return ()


def texts(value: Any) -> Iterable[str]:
    """Return the names in an object, or a scalar as text; the members of both come by themselves."""
    if isinstance(value, dict | list):
        return value if isinstance(value, dict) else ()
    return (str(value),)


def encodable(text: str) -> bool:
    """Return whether UTF-8 can encode `text`: JSON can spell half of a surrogate pair, UTF-8 cannot."""
    if text.isprintable():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def pointer(*path: str) -> str:
    """Return the JSON pointer (RFC 6901) of `path`, in printable characters and with long names cut."""
    return "".join(f"/{printable(name)}" for name in path)


def printable(name: str) -> str:
    """Return `name` as a part of a pointer."""
    text = name[:LONGEST_NAME].encode("ascii", "backslashreplace").decode()
    return text.replace("~", "~0").replace("/", "~1")
