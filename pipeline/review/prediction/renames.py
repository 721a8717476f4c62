"""Removed resources paired with the new ones that take their place, so that the two are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

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
    for target in gone:
        if target in found:
            continue
        best = max(
            (candidate for candidate in free if before[target].get("Type") == after[candidate].get("Type")),
            key=lambda candidate: likeness(target, candidate, before, after),
            default=None,
        )
        if best is not None and likeness(target, best, before, after) >= SIMILAR:
            found[target] = best
            free.remove(best)
    return found


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


def likeness(gone: Target, come: Target, before: World, after: World) -> float:
    """How much two resources have in common, from 0 to 1; 1 for the same properties or logical id."""
    if gone[1] == come[1]:
        return 1.0
    old, new = features(before[gone]), features(after[come])
    total = sum((old | new).values())
    return sum((old & new).values()) / total if total else 1.0


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
