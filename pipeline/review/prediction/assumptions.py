"""The values that a review assumes, one after the other, of parameters and conditions that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.evaluation.stack import Assumptions, Stack
from pipeline.evaluation.values import Atom, Option, StackPath, Unknown, Value, canonical, symbols
from pipeline.review.model import Change


@dataclass(frozen=True)
class Assumed:
    """An assumption about some atoms, and the words for it."""

    values: Assumptions = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def branches(self, atom: Atom, options: Iterable[Option]) -> Iterator[Assumed]:
        """Yield this with each value that the atom may have; those that nothing tells apart are one."""
        found = {option.value: option.tested for option in sorted(options, key=lambda each: str(each.value))}
        strings = [value for value in found if isinstance(value, str)]
        if atom.allowed:
            strings = [value for value in strings if value in atom.allowed]
        for value in found:
            if isinstance(value, bool):
                words = atom.label if value else f"not {atom.label}"
                yield self.with_value(atom, value, words)
        for value in strings:
            yield self.with_value(atom, value, f"{atom.label} is {value!r}")
        listed_whole = bool(atom.allowed) and set(atom.allowed) <= set(strings)
        if any(isinstance(value, str) for value in found) and any(found.values()) and not listed_whole:
            other = Unknown(atom.label, ("any other", atom.key), excluded=frozenset(strings))
            yield self.with_value(atom, other, f"{atom.label} is none of {', '.join(strings)}")

    def with_value(self, atom: Atom, value: str | bool | Unknown, words: str) -> Assumed:
        """Return this with a value for one more atom."""
        return Assumed({**self.values, atom.key: value}, {**self.words, atom.label: words})

    def __str__(self) -> str:
        return " and ".join(self.words.values())


def options(old: Stack, new: Stack, changes: Iterable[Change]) -> dict[Atom, set[Option]]:
    """Return the atoms on which changes hang, or on which it hangs that there are any, with their values."""
    found: dict[Atom, set[Option]] = {}
    for value in (*conditions_that_differ(old, new), *in_changes(old, new, changes)):
        for symbol in symbols(value):
            for option in symbol.options:
                found.setdefault(option.atom, set()).add(option)
    return dict(sorted(found.items(), key=lambda item: (item[0].label, repr(item[0].key))))


def conditions_that_differ(old: Stack, new: Stack) -> Iterator[Value]:
    """Yield the conditions under which resources exist, where both sides have others."""
    before = {stack.path: stack for stack in old.tree()}
    for stack in new.tree():
        was = before.get(stack.path)
        if was is None:
            continue
        for name in {**was.declared, **stack.declared}:
            sides = [existence(side, name) for side in (was, stack)]
            if canonical(sides[0]) != canonical(sides[1]):
                yield from sides


def existence(stack: Stack, name: str) -> bool | Unknown:
    """Return the truth of the condition under which a stack has a resource."""
    if name not in stack.declared:
        return False
    condition = stack.declared[name].get("Condition")
    return stack.condition(condition) if isinstance(condition, str) else True


def in_changes(old: Stack, new: Stack, changes: Iterable[Change]) -> Iterator[Value]:
    """Yield what changed resources hold, and the conditions under which they and their stacks exist."""
    sides = [{stack.path: stack for stack in root.tree()} for root in (old, new)]
    paths: set[StackPath] = set()
    for change in changes:
        for stacks, resource in zip(sides, (change.before, change.after), strict=True):
            if resource is not None:
                yield dict(resource)
                if "Condition" in stacks[change.stack].declared.get(change.resource, {}):
                    yield existence(stacks[change.stack], change.resource)
        paths.update(change.stack[:depth] for depth in range(1, len(change.stack) + 1))
    for path in sorted(paths):
        for stacks in sides:
            if path[:-1] in stacks:
                yield existence(stacks[path[:-1]], path[-1])
