"""Comparisons of two values of a setting: the ways in which one protects less than the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.evaluation.values import NoValue, Value, is_true, listed, plain

Weaker: TypeAlias = "Callable[[Value | NoValue, Value | NoValue], bool]"


@dataclass(frozen=True)
class Loss:
    """A row of the tables: a class of risk, the types and places that may carry it, and the comparison."""

    kind: str
    types: str
    path: str
    weaker: Weaker
    reason: str


def off(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It was true and is not."""
    return is_true(before) and not unsure(after) and not is_true(after)


def on(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It was not true and is."""
    return not is_true(before) and not unsure(before) and is_true(after)


def gone(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It was there and is not."""
    return (
        bool(listed(before))
        and before not in ("", {})
        and (isinstance(after, NoValue) or after in ("", [], {}))
    )


def dropped(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It was there, be it empty, and is not."""
    return not isinstance(before, NoValue) and isinstance(after, NoValue)


def fewer(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It is a list with fewer items, or none."""
    return isinstance(before, list) and (
        isinstance(after, NoValue) or (isinstance(after, list) and len(after) < len(before))
    )


def less(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It is a smaller number."""
    old, new = number(before), number(after)
    return old is not None and new is not None and new < old


def limited(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It is a smaller number, or a number where nothing limited it."""
    return less(before, after) or (isinstance(before, NoValue) and number(after) is not None)


def to_zero(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It was more than nothing and is nothing."""
    return (number(before) or 0) > 0 and (isinstance(after, NoValue) or number(after) == 0)


def becomes(*words: str) -> Weaker:
    """It is one of these words and was none of them."""

    def weaker(before: Value | NoValue, after: Value | NoValue) -> bool:
        return (plain(after) or "") in words and (plain(before) or "") not in words

    return weaker


def was(*words: str) -> Weaker:
    """It was one of these words and is none of them."""

    def weaker(before: Value | NoValue, after: Value | NoValue) -> bool:
        return (plain(before) or "") in words and not unsure(after) and (plain(after) or "") not in words

    return weaker


def unsure(value: Value | NoValue) -> bool:
    """Return whether a value is known only after deployment."""
    if isinstance(value, str):
        return value.startswith("{{resolve:")
    return plain(value) is None and not isinstance(value, NoValue | dict | list)


def number(value: Value | NoValue) -> float | None:
    """A value as a number, where it is one."""
    try:
        return float(plain(value) or "")
    except ValueError:
        return None


def any_change(_before: Value | NoValue, _after: Value | NoValue) -> bool:
    """It is another."""
    return True


def refused(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It is false, where leaving it out means true."""
    return plain(after) == "false" and plain(before) != "false"


def zero(before: Value | NoValue, after: Value | NoValue) -> bool:
    """It is nothing, where leaving it out means no limit."""
    return number(after) == 0 and number(before) != 0
