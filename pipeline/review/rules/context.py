"""Both sides of a review as rules see them, beyond the change that a rule judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TypeAlias, TypeVar

from pipeline.evaluation.values import ABSENT, NoValue, Target, Value, at, mapping, same, spelt
from pipeline.review.model import Change, Review, Risk, World
from pipeline.review.prediction.compare import Difference, differences
from pipeline.review.prediction.renames import renames, translated

Rule: TypeAlias = "Callable[[Change, Context], Iterator[Risk]]"
Place: TypeAlias = "tuple[str, Value | NoValue, Value | NoValue]"
Made = TypeVar("Made")


class Context:
    """Both sides of a review; on the old one, everything goes by the name that it has on the new one."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.after: World = review.after
        self._kept: dict[str, object] = {}
        self._differences: dict[int, list[Difference]] = {}
        self._places: dict[int, list[Place]] = {}

    @cached_property
    def renamed(self) -> dict[Target, Target]:
        """The resources that go, each with the new one that takes its place."""
        return renames(self.review.before, self.review.after)

    @cached_property
    def before(self) -> World:
        """The old side, under the names of the new one."""
        if not self.renamed:
            return self.review.before
        return {
            self.renamed.get(target, target): mapping(translated(dict(resource), self.renamed))
            for target, resource in self.review.before.items()
        }

    @cached_property
    def replaced(self) -> set[Target]:
        """The resources that are certain to be replaced."""
        return {change.target for change in self.review.changes if change.replacement == "True"}

    def keep(self, make: Callable[[Context], Made]) -> Made:
        """Something worked out once for all changes."""
        name = f"{make.__module__}.{make.__qualname__}"
        if name not in self._kept:
            self._kept[name] = make(self)
        return self._kept[name]  # type: ignore[return-value] # what `make` made under its own name

    def sides(self, change: Change) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
        """The properties before and after; those of what a new resource takes the place of, if it does."""
        if change.action == "Remove":
            return change.old(), {}
        before = self.before.get(change.target, change.before or {})
        return mapping(before.get("Properties")), change.new()

    def existed(self, change: Change) -> bool:
        """Tell whether a resource that stays was there before, be it under another name."""
        return change.action != "Remove" and (change.before is not None or change.target in self.before)

    def differences(self, change: Change) -> list[Difference]:
        """Return the places of the properties that differ; nothing for what only comes or only goes."""
        if id(change) not in self._differences:
            self._differences[id(change)] = list(self._differences_of(change))
        return self._differences[id(change)]

    def _differences_of(self, change: Change) -> Iterator[Difference]:
        if not self.existed(change) or is_of_another_type(change):
            return
        if self.review.predicted and not self.renamed:
            for place in change.properties:
                if place.scope in ("Properties", "Tags") and not same(place.before, place.after):
                    yield Difference(place.path, place.before, place.after)
        else:
            old, new = self.sides(change)
            yield from differences(dict(old), dict(new), kind=change.type)

    def places(self, change: Change) -> list[Place]:
        """Each place that differs with its values, those around it, and those in what came or went."""
        if id(change) not in self._places:
            self._places[id(change)] = list(self._places_of(change))
        return self._places[id(change)]

    def _places_of(self, change: Change) -> Iterator[Place]:
        if not self.existed(change) or is_of_another_type(change):
            return
        sides = [dict(side) for side in self.sides(change)]
        around: set[str] = set()
        for difference in self.differences(change):
            steps = difference.path.split("/")
            for path in ("/".join(steps[:depth]) for depth in range(1, len(steps))):
                if path not in around:
                    around.add(path)
                    yield path, at(sides[0], path), at(sides[1], path)
            yield from leaves(difference.path, difference.before, difference.after)

    def new_places(self, change: Change) -> Iterator[Place]:
        """Each place of a resource that takes the place of none."""
        if change.action == "Add" and not self.existed(change):
            for name, value in change.new().items():
                yield from leaves(name, ABSENT, value)


def is_of_another_type(change: Change) -> bool:
    """Tell whether a logical id stands for a resource of another type, so that its properties mean others."""
    return any(each.scope == "Type" for each in change.properties)


def leaves(path: str, before: Value | NoValue, after: Value | NoValue) -> Iterator[Place]:
    """A place, and all places below it."""
    yield path, before, after
    names: dict[str, None] = {}
    for side in (before, after):
        inside = side if isinstance(side, dict) else range(len(side)) if isinstance(side, list) else ()
        names |= dict.fromkeys(str(name) for name in inside)
    for name in names:
        yield from leaves(f"{path}/{name}", at(before, name), at(after, name))


def risk(kind: str, reason: str, before: Value | NoValue = ABSENT, after: Value | NoValue = ABSENT) -> Risk:
    """A risk with the values that it is about."""
    silent = isinstance(before, NoValue) and isinstance(after, NoValue)
    return Risk(kind, reason) if silent else Risk(kind, reason, spelt(before), spelt(after))
