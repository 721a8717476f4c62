"""Differences between two values, by path, as a change set lists them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from pipeline.evaluation.values import ABSENT, NoValue, Target, Value, canonical, references, same
from pipeline.review.prediction.unordered import without_order


class Difference(NamedTuple):
    """One place that differs; `path` is slash-separated from the top of what was compared."""

    path: str
    before: Value | NoValue
    after: Value | NoValue

    @property
    def kind(self) -> str:
        """Add, Remove or Modify, as AttributeChangeType says it."""
        if isinstance(self.before, NoValue):
            return "Add"
        return "Remove" if isinstance(self.after, NoValue) else "Modify"

    @property
    def name(self) -> str:
        """The top-level name in the path."""
        return self.path.split("/", 1)[0]


def differences(
    before: Value | NoValue,
    after: Value | NoValue,
    moved: Collection[Target] = (),
    path: str = "",
    kind: str = "",
) -> Iterator[Difference]:
    """Yield every place where two values differ, or refer to a resource in `moved`, which is replaced.

    Of properties of the type `kind`, lists whose order says nothing are compared as sets: what they share is
    no difference, wherever it stands.
    """
    # Down to the leaves at once: to compare at each level would compare what is deep as often as it is deep.
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before if before.keys() == after.keys() else {**before, **after}:
            one, other = before.get(name, ABSENT), after.get(name, ABSENT)
            if isinstance(one, str) and isinstance(other, str) and one == other:
                continue
            yield from differences(one, other, moved, f"{path}/{name}" if path else name, kind)
    elif isinstance(before, list) and isinstance(after, list):
        alike = bool(kind) and without_order(kind, path)
        pairs = paired(before, after, kind, path) if alike else enumerate(aligned(before, after))
        for index, (one, other) in pairs:
            yield from differences(one, other, moved, f"{path}/{index}" if path else str(index), kind)
    elif not same(before, after) or refers(after, moved):
        yield Difference(path, before, after)


def refers(value: Value | NoValue, moved: Collection[Target]) -> bool:
    """Return whether a value refers to one of the resources."""
    return bool(moved) and any(reference.target in moved for reference in references(value))


def paired(
    before: list[Value], after: list[Value], kind: str, path: str
) -> Iterator[tuple[int, tuple[Value | NoValue, Value | NoValue]]]:
    """Yield pairs of items, each with its place: equal ones first, then what is left over in its order."""
    if len(before) == len(after) == 1:
        yield 0, (before[0], after[0])
        return
    there: dict[Hashable, list[int]] = {}
    for place, item in enumerate(before):
        there.setdefault(without_orders(item, kind, f"{path}/{place}"), []).append(place)
    fresh = []
    for place, item in enumerate(after):
        places = there.get(without_orders(item, kind, f"{path}/{place}"))
        if places:
            yield place, (before[places.pop(0)], item)
        else:
            fresh.append(place)
    gone = sorted(place for places in there.values() for place in places)
    for one, other in zip_longest(gone, fresh):
        yield (
            one if other is None else other,
            (ABSENT if one is None else before[one], ABSENT if other is None else after[other]),
        )


def without_orders(value: Value, kind: str, path: str) -> Hashable:
    """Return the form in which two values are equal where they differ in orders that say nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return (
            "map",
            *((name, without_orders(value[name], kind, f"{path}/{name}")) for name in sorted(value)),
        )
    if isinstance(value, list):
        items = [without_orders(item, kind, f"{path}/{place}") for place, item in enumerate(value)]
        return ("list", *(sorted(items, key=repr) if without_order(kind, path) else items))
    return canonical(value)


def aligned(before: list[Value], after: list[Value]) -> Iterator[tuple[Value | NoValue, Value | NoValue]]:
    """Pairs of items: those that stayed by content, those between them by position."""
    if len(before) == len(after):
        yield from zip(before, after, strict=True)
        return
    ours, theirs = [canonical(item) for item in before], [canonical(item) for item in after]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        for offset in range(max(end - start, new_end - new_start)):
            one, other = start + offset, new_start + offset
            yield before[one] if one < end else ABSENT, after[other] if other < new_end else ABSENT
