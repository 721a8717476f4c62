"""Differences between two values, by path, as a change set lists them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.evaluation.values import ABSENT, NoValue, Target, Value, canonical, references, same


@dataclass(frozen=True)
class Difference:
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
    before: Value | NoValue, after: Value | NoValue, moved: Collection[Target] = (), path: str = ""
) -> Iterator[Difference]:
    """Every place where two values differ, or refer to a resource in `moved`, whose replacement differs."""
    # Down to the leaves at once: to compare at each level would compare what is deep as often as it is deep.
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before if before.keys() == after.keys() else {**before, **after}:
            one, other = before.get(name, ABSENT), after.get(name, ABSENT)
            if isinstance(one, str) and isinstance(other, str) and one == other:
                continue
            yield from differences(one, other, moved, f"{path}/{name}" if path else name)
    elif isinstance(before, list) and isinstance(after, list):
        for index, (one, other) in enumerate(aligned(before, after)):
            yield from differences(one, other, moved, f"{path}/{index}" if path else str(index))
    elif not same(before, after) or refers(after, moved):
        yield Difference(path, before, after)


def refers(value: Value | NoValue, moved: Collection[Target]) -> bool:
    """Tell whether a value refers to one of the resources."""
    return bool(moved) and any(reference.target in moved for reference in references(value))


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
