"""Removed resources paired with the new ones that take their place, so that the two are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import Reference, StackPath, Target, Text, Unknown, Value, canonical, mapping
from pipeline.review.model import World

SIMILAR = 0.5


def renames(before: World, after: World) -> dict[Target, Target]:
    """The resources that go, each with the new one of its type that takes its place, if one does."""
    gone = [target for target in before if target not in after]
    come = [target for target in after if target not in before]
    found = moved_along(gone, come, before, after)
    free = [target for target in come if target not in found.values()]
    by_type: dict[str, list[Candidate]] = {}
    for target in free:
        by_type.setdefault(str(after[target].get("Type")), []).append(Candidate.of(target, after))
    for target in gone:
        candidates = by_type.get(str(before[target].get("Type")), [])
        if target in found or not candidates:
            continue
        mine = Candidate.of(target, before)
        # The first that is the same in all is taken at once: stacks of one kind hold many that are alike.
        best = next((each for each in candidates if mine.is_like(each)), None) or max(
            candidates, key=mine.likeness
        )
        if mine.likeness(best) >= SIMILAR:
            found[target] = best.target
            candidates.remove(best)
    return found


@dataclass(frozen=True, eq=False)
class Candidate:
    """A resource that goes or comes, and its properties as something to count."""

    target: Target
    features: Counter[object]

    @staticmethod
    def of(target: Target, world: World) -> Candidate:
        """Return a resource of a side."""
        return Candidate(target, features(world[target]))

    def is_like(self, other: Candidate) -> bool:
        """Return whether two resources have the same properties or logical id."""
        return self.target[1] == other.target[1] or self.features == other.features

    def likeness(self, other: Candidate) -> float:
        """Return how much two resources have in common, from 0 to 1."""
        if self.is_like(other):
            return 1.0
        total = sum((self.features | other.features).values())
        return sum((self.features & other.features).values()) / total if total else 1.0


def moved_along(gone: list[Target], come: list[Target], before: World, after: World) -> dict[Target, Target]:
    """The resources of a nested stack that goes, each with its namesake in the stack that takes its place."""
    found: dict[Target, Target] = {}
    new_stacks = [each for each in come if after[each].get("Type") == STACK_TYPE]
    for target in (each for each in gone if before[each].get("Type") == STACK_TYPE):
        inside = within(target, gone)
        best = max(new_stacks, key=lambda each: len(inside.keys() & within(each, come).keys()), default=None)
        if best is None or 2 * len(inside.keys() & within(best, come).keys()) < len(inside):
            continue
        new_stacks.remove(best)
        found[target] = best
        others = within(best, come)
        found |= {inner: others[name] for name, inner in inside.items() if name in others}
    return found


def within(stack: Target, targets: list[Target]) -> dict[tuple[StackPath, str], Target]:
    """The resources nested in a stack, by where they are in it."""
    path = (*stack[0], stack[1])
    return {(each[0][len(path) :], each[1]): each for each in targets if each[0][: len(path)] == path}


def features(resource: Mapping[str, Value]) -> Counter[object]:
    """The properties, as something to count; what a resource refers to does not tell it from another."""
    properties = mapping(resource.get("Properties"))
    return Counter((name, canonical(anonymous(value))) for name, value in properties.items())


def anonymous(value: Value) -> Value:
    """A value without the names of the resources in it."""
    if isinstance(value, Reference):
        return Reference((), "", value.attribute)
    if isinstance(value, Text):
        return Text(
            tuple(
                Reference((), "", part.attribute) if isinstance(part, Reference) else part
                for part in value.parts
            )
        )
    if isinstance(value, Unknown):
        return Unknown(value.label, value.label)
    if isinstance(value, list):
        return [anonymous(item) for item in value]
    if isinstance(value, dict):
        return {name: anonymous(member) for name, member in value.items()}
    return value


def translated(value: Value, names: Mapping[Target, Target]) -> Value:
    """A value of the old side, with what was renamed under its new name."""
    if isinstance(value, Reference):
        stack, resource = names.get(value.target, value.target)
        return Reference(stack, resource, value.attribute)
    if isinstance(value, Text):
        parts = (translated(part, names) for part in value.parts)
        return Text(tuple(part for part in parts if isinstance(part, str | Reference | Unknown)))
    if isinstance(value, list):
        return [translated(item, names) for item in value]
    if isinstance(value, dict):
        return {name: translated(member, names) for name, member in value.items()}
    return value
