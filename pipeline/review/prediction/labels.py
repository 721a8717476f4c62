"""Labels of symbols: different ones read differently, and each is shown by what it may come to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace

from pipeline.evaluation.values import NoValue, Reference, Text, Unknown, Value, mapping, same, spelt, symbols
from pipeline.review.model import Review

Labels = Mapping[tuple[str, Hashable], str]


def tell_apart(review: Review) -> None:
    """Give symbols of a review that read the same, and are not, labels of their own.

    Rules compare policies and addresses by how they read: a secret that changes must not read as it did.
    """
    labels = new_labels(
        symbol
        for world in (review.before, review.after)
        for resource in world.values()
        for symbol in symbols(dict(resource))
    )
    if not labels:
        return
    for world in (review.before, review.after):
        for target, resource in world.items():
            world[target] = relabelled(resource, labels)
    for change in review.changes:
        change.before = None if change.before is None else relabelled(change.before, labels)
        change.after = None if change.after is None else relabelled(change.after, labels)
        change.properties = [
            replace(place, before=maybe(place.before, labels), after=maybe(place.after, labels))
            for place in change.properties
        ]


def new_labels(found: Iterable[Unknown]) -> Labels:
    """Return the labels of the symbols that share one with others, for all but the first of these."""
    keys: dict[str, list[Hashable]] = {}
    for symbol in found:
        named = keys.setdefault(symbol.label, [])
        if symbol.key not in named and not is_pseudo(symbol):
            named.append(symbol.key)
    return {
        (label, key): f"{label}, value {number}"
        for label, named in keys.items()
        for number, key in enumerate(named[1:], start=2)
    }


def is_pseudo(symbol: Unknown) -> bool:
    """Return whether a symbol is a pseudo parameter, which reads the same in each stack."""
    return isinstance(symbol.key, tuple) and symbol.key[:1] == ("pseudo parameter",)


def relabelled(resource: Mapping[str, Value], labels: Labels) -> Mapping[str, Value]:
    """Return a resource with new labels; itself where it has none."""
    if not any((symbol.label, symbol.key) in labels for symbol in symbols(dict(resource))):
        return resource
    return mapping(labelled(dict(resource), labels))


def maybe(value: Value | NoValue, labels: Labels) -> Value | NoValue:
    """Return a value with new labels, where there is one."""
    return value if isinstance(value, NoValue) else labelled(value, labels)


def labelled(value: Value, labels: Labels) -> Value:
    """Return a value with new labels."""
    if isinstance(value, Unknown):
        label = labels.get((value.label, value.key))
        return replace(value, label=label) if label else value
    if isinstance(value, Text):
        parts = (
            part if isinstance(part, str | Reference) else labelled(part, labels) for part in value.parts
        )
        return Text(tuple(part for part in parts if isinstance(part, str | Reference | Unknown)))
    if isinstance(value, list):
        return [labelled(item, labels) for item in value]
    if isinstance(value, dict):
        return {name: labelled(member, labels) for name, member in value.items()}
    return value


def contrasted(
    before: Value | NoValue, after: Value | NoValue
) -> list[tuple[str, Value | NoValue, Value | NoValue]]:
    """Return the rows or branches in which two values differ, with both values, where these are choices."""
    sides = [symbols(value) for value in (before, after)]
    if len(sides[0]) != len(sides[1]) or bare(before) != bare(after):
        return []
    return [row for pair in zip(*sides, strict=True) if pair[0] != pair[1] for row in rows(*pair)]


def rows(before: Unknown, after: Unknown) -> Iterator[tuple[str, Value | NoValue, Value | NoValue]]:
    """Yield the choices in which two symbols differ."""
    was, becomes = dict(before.choices), dict(after.choices)
    for name, value in becomes.items():
        if name in was and not same(was[name], value):
            yield name, was[name], value


def bare(value: Value | NoValue) -> str:
    """Return a value as it reads without the numbers that tell symbols apart."""
    if isinstance(value, Unknown):
        return spelt(replace(value, label=value.label.partition(", value ")[0]))
    if isinstance(value, Text):
        return "".join(part if isinstance(part, str) else bare(part) for part in value.parts)
    return spelt(value)
