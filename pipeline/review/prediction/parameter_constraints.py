"""Constraints of parameters: what a value breaks, by the guide's "Parameters" section."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.evaluation.stack import Raw, Stack
from pipeline.evaluation.values import Concealed, Unknown, Value, listed, plain

# The quota of CloudFormation, in bytes.
LONGEST_VALUE = 4_096
SHOWN = 60


def broken(stack: Stack, name: str) -> Iterator[str]:
    """Yield what the value of a parameter breaks, as one line: what was found and what was expected."""
    declared = stack.parameters[name]
    if name not in stack.given and "Default" not in declared:
        return
    value = stack.parameter(name)
    hidden = isinstance(value, Unknown) and isinstance(value.key, Concealed)
    where = "/".join((*stack.path, name))
    for text in texts(value):
        for expected in broken_by(declared, text):
            found = "a hidden value" if hidden else text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
            yield f"{where}: found {found or 'an empty value'}, expected {expected}"


def texts(value: Value) -> list[str]:
    """Return the strings of a value that are known, one for each item of a list."""
    if isinstance(value, Unknown):
        return [value.key.value] if isinstance(value.key, Concealed) else []
    return [text for text in map(plain, listed(value)) if text is not None]


def broken_by(declared: Raw, text: str) -> Iterator[str]:
    """Yield what was expected in place of a value, or of an item of a list."""
    kind = str(declared.get("Type", "String"))
    if kind in ("Number", "List<Number>"):
        yield from wrong_number(declared, text)
    elif len(text.encode()) > LONGEST_VALUE:
        yield f"at most {LONGEST_VALUE:,} bytes"
    if kind == "String":
        yield from wrong_length(declared, text)
    allowed = declared.get("AllowedValues")
    if isinstance(allowed, list) and text not in [plain(each) for each in allowed]:
        yield f"one of {', '.join(str(plain(each)) for each in allowed)}"
    pattern = declared.get("AllowedPattern")
    if isinstance(pattern, str) and not matches(pattern, text):
        described = declared.get("ConstraintDescription")
        yield f"a match of {pattern}" + (f" ({described})" if described else "")


def wrong_number(declared: Raw, text: str) -> Iterator[str]:
    """Yield what was expected of a number."""
    number = as_number(text)
    if number is None:
        yield "a number"
        return
    least, most = (as_number(declared.get(name)) for name in ("MinValue", "MaxValue"))
    if least is not None and number < least:
        yield f"at least {declared['MinValue']}"
    if most is not None and number > most:
        yield f"at most {declared['MaxValue']}"


def wrong_length(declared: Raw, text: str) -> Iterator[str]:
    """Yield what was expected of the length of a string."""
    least, most = (as_number(declared.get(name)) for name in ("MinLength", "MaxLength"))
    if least is not None and len(text) < least:
        yield f"at least {declared['MinLength']} characters"
    if most is not None and len(text) > most:
        yield f"at most {declared['MaxLength']} characters"


def as_number(value: object) -> float | None:
    """Return a value as a number, if it is one."""
    try:
        return float(str(value))
    except ValueError:
        return None


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole of a value matches a pattern; one that only Java understands is left open."""
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True
