"""The change set that CloudFormation would create between two templates, nested stacks included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from pipeline.evaluation.stack import ATTRIBUTES, STACK_TYPE, Stack
from pipeline.evaluation.transforms.sam import BECOMES
from pipeline.evaluation.values import (
    ABSENT,
    NoValue,
    Reference,
    StackPath,
    Target,
    Value,
    mapping,
    plain,
    references,
    same,
    spelt_out,
)
from pipeline.review.model import Change, PropertyChange, Review, Risk, StackFinding, World
from pipeline.review.prediction import causes, deletion_policy, labels, possible_changes, read_at_deployment
from pipeline.review.prediction.compare import Difference, differences, refers
from pipeline.review.prediction.physical_names import given_name
from pipeline.review.prediction.replacement import required


@dataclass
class Comparison:
    """Two sides, resource by resource, and which of them are certain to become something else."""

    before: dict[StackPath, Stack]
    after: dict[StackPath, Stack]
    moved: set[Target] = field(default_factory=set)
    changed: dict[Target, list[PropertyChange]] = field(default_factory=dict)

    def pairs(self) -> Iterator[tuple[Target, Stack, Stack]]:
        """The resources that both sides have."""
        for path, new in self.after.items():
            old = self.before.get(path)
            if old:
                for name in new.resources:
                    if name in old.resources:
                        yield (path, name), old, new

    def only(self, side: dict[StackPath, Stack], other: dict[StackPath, Stack]) -> Iterator[Target]:
        """The resources that one side has and the other has not."""
        for path, stack in side.items():
            for name in stack.resources:
                if path not in other or name not in other[path].resources:
                    yield path, name


def predict(old: Stack, new: Stack, title: str = "predicted change set") -> Review:
    """What a change set from one root template to the other would say, before anybody judges it."""
    old.faces(new)
    compared = Comparison(
        before={stack.path: stack for stack in old.tree()},
        after={stack.path: stack for stack in new.tree()},
    )
    settle(compared)
    changes = [*modified(compared), *added(compared), *removed(compared)]
    listed = {change.target for change in changes}
    changes += automatic(compared, listed)
    chained = {change.id: change for change in changes}
    for change in changes:
        change.unread = change.type == STACK_TYPE and is_missing(change, compared)
        refused(change, compared.after)
        change.chain = lengthened(change, chained)
    places = {
        path: {name: place for place, name in enumerate(stack.resources)}
        for path, stack in compared.after.items()
    }
    changes.sort(key=lambda change: (change.stack, order(places.get(change.stack, {}), change)))
    untouched = sum(target not in compared.changed for target, _, _ in compared.pairs())
    listed = {change.target for change in changes}
    possible = list(possible_changes.possible(compared.after, compared.changed, compared.moved, listed))
    review = Review(title, changes, list(outputs(compared)), possible, untouched - len(possible))
    review.findings += ill_given(new)
    if old.resources:
        review.findings += read_at_deployment.found(new, compared.after)
    review.notes += not_given(compared.after)
    review.fresh, review.predicted = not old.resources, True
    review.before, review.after = world(compared.before), world(compared.after)
    if changes:
        labels.tell_apart(review)
    return review


def world(side: dict[StackPath, Stack]) -> World:
    """Every resource of a side, resolved."""
    return {(path, name): stack.resource(name) for path, stack in side.items() for name in stack.resources}


def order(places: Mapping[str, int], change: Change) -> tuple[int, str]:
    """Where a change stands in its new template, by its `places`; what is removed comes last."""
    return places.get(change.resource, len(places)), change.resource


def settle(compared: Comparison) -> None:
    """Find what changes, following each replacement to what refers to it, until nothing moves any more."""
    compared.moved |= set(compared.only(compared.after, compared.before))
    readers: dict[Target, set[Target]] = {}
    pairs = {target: (old, new) for target, old, new in compared.pairs()}
    for target, (_, new) in pairs.items():
        for reference in references(dict(new.resource(target[1]))):
            readers.setdefault(reference.target, set()).add(target)
    waiting = dict.fromkeys(pairs)
    while waiting:
        target = next(iter(waiting))
        del waiting[target]
        old, new = pairs[target]
        found = list(changes_of(target[1], old, new, compared.moved))
        if found:
            compared.changed[target] = found
        if any(each.requires == "Always" for each in found) and target not in compared.moved:
            compared.moved.add(target)
            waiting.update(dict.fromkeys(sorted(readers.get(target, ()))))


def changes_of(name: str, old: Stack, new: Stack, moved: set[Target]) -> Iterator[PropertyChange]:
    """Every place of a resource that changes, with what the change requires."""
    before, after = old.resource(name), new.resource(name)
    if before["Type"] != after["Type"]:
        requires = "Conditionally" if one_before_sam(before["Type"], after["Type"]) else "Always"
        yield PropertyChange("Type", "Type", before["Type"], after["Type"], requires)
        return
    kind = str(after["Type"])
    properties, others = mapping(before.get("Properties")), mapping(after.get("Properties"))
    unchanged = same(properties, others) and not refers(others, moved)
    found = (
        each
        for each in (() if unchanged else differences(properties, others, moved, kind=kind))
        if refers(each.after, moved) or not same(known_names(each.before, old), known_names(each.after, new))
    )
    for top, group in groupby(found, key=lambda each: each.name):
        places = list(group)
        requires = required(kind, properties.get(top, ABSENT), others.get(top, ABSENT), places)
        for place in places:
            origin = causes.of_place(name, place, causes.Sides(old, new, moved))
            yield property_change(place, requires, origin)
    for attribute in ATTRIBUTES:
        value, other = before.get(attribute, ABSENT), after.get(attribute, ABSENT)
        if not same(value, other) or refers(other, moved):
            place = Difference(attribute, value, other)
            origin = causes.of_attribute(name, place, causes.Sides(old, new, moved))
            yield PropertyChange(attribute, attribute, value, other, "Never", origin.cause, origin.chain)


def one_before_sam(one: Value, other: Value) -> bool:
    """Return whether one type is what SAM makes of the other, so that the resource may be the same."""
    return BECOMES.get(str(one)) == other or BECOMES.get(str(other)) == one


def known_names(value: Value | NoValue, stack: Stack) -> Value | NoValue:
    """A value with the names that Ref returns spelt out, where the template gives them.

    A bucket's name is the same whether it is spelt or referred to; AWS compares what it comes to.
    """
    names = {each: name_known(each, stack) for each in references(value) if not each.attribute}
    return spelt_out(value, {each: name for each, name in names.items() if name is not None})


def name_known(reference: Reference, stack: Stack) -> str | None:
    """The name of a resource that Ref returns, where the template gives it and the registry says so."""
    there = stack.seen_from_here(reference.stack)
    if there is None or reference.resource not in there.resources:
        return None
    return given_name(there.resource(reference.resource))


def property_change(place: Difference, requires: str, origin: causes.Origin) -> PropertyChange:
    """A difference as the model has it."""
    scope = "Tags" if place.name == "Tags" else "Properties"
    return PropertyChange(scope, place.path, place.before, place.after, requires, origin.cause, origin.chain)


def modified(compared: Comparison) -> Iterator[Change]:
    """A change for each resource that stays and differs."""
    for (path, name), properties in compared.changed.items():
        before, after = compared.before[path].resource(name), compared.after[path].resource(name)
        change = Change(path, name, str(after["Type"]), "Modify", before, after, properties=properties)
        needs = {each.requires for each in properties}
        change.replacement = (
            "True" if "Always" in needs else "Conditional" if "Conditionally" in needs else "False"
        )
        if change.replacement != "False":
            change.policy_action = deletion_policy.on_replacement(after)
        change.cause, change.chain = leading(properties)
        yield change


def leading(properties: list[PropertyChange]) -> tuple[str | None, tuple[str, ...]]:
    """Return what caused a change: nothing where a property was edited, else the cause of the weightiest.

    So no edit is put down to a parameter that changes another property.
    """
    if any(place.cause is None for place in properties):
        return None, ()
    weight = {"Always": 0, "Conditionally": 1, "Never": 2}
    heaviest = min(properties, key=lambda place: weight[place.requires])
    return heaviest.cause, heaviest.chain


def added(compared: Comparison) -> Iterator[Change]:
    """A change for each resource that only the new side has."""
    for path, name in compared.only(compared.after, compared.before):
        after = compared.after[path].resource(name)
        change = Change(path, name, str(after["Type"]), "Add", None, after)
        origin = on_one_side((path, name), compared)
        change.cause, change.chain = origin.cause, origin.chain
        yield change


def on_one_side(target: Target, compared: Comparison) -> causes.Origin:
    """Why a resource exists on one side only: for what is in a stack that does, because that stack does."""
    path, name = target
    while path and (path not in compared.before or path not in compared.after):
        *above, name = path
        path = tuple(above)
    old, new = compared.before.get(path), compared.after.get(path)
    return causes.of_existence(name, old, new) if old and new else causes.EDIT


def removed(compared: Comparison) -> Iterator[Change]:
    """A change for each resource that only the old side has, unless the whole of its stack is kept."""
    kept: set[StackPath] = set()
    for path, name in compared.only(compared.before, compared.after):
        if any(path[: len(each)] == each for each in kept):
            continue
        before = compared.before[path].resource(name)
        action = deletion_policy.on_removal(before)
        if before["Type"] == STACK_TYPE and action == "Retain":
            kept.add((*path, name))
        change = Change(path, name, str(before["Type"]), "Remove", before, None, policy_action=action)
        origin = on_one_side((path, name), compared)
        change.cause, change.chain = origin.cause, origin.chain
        yield change


def automatic(compared: Comparison, listed: set[Target]) -> Iterator[Change]:
    """A change for each nested stack that is listed only because something within it changes."""
    inside = {path[:depth] for path, _ in listed for depth in range(1, len(path) + 1)}
    for path in sorted(inside):
        target = (path[:-1], path[-1])
        if target not in listed and path in compared.after and path in compared.before:
            before = compared.before[path[:-1]].resource(path[-1])
            after = compared.after[path[:-1]].resource(path[-1])
            place = PropertyChange("Properties", "TemplateURL", ABSENT, ABSENT, hidden=True, dynamic=True)
            yield Change(
                path[:-1],
                path[-1],
                STACK_TYPE,
                "Modify",
                before,
                after,
                "False",
                properties=[place],
                notes=["listed because something in it changes"],
            )


def lengthened(change: Change, changes: Mapping[str, Change]) -> tuple[str, ...]:
    """The chain of a change, and of what it ends in, and so on to the first edit."""
    chain, seen = list(change.chain), {change.id}
    while chain:
        last = changes.get(chain[-1]) or changes.get(chain[-1].rpartition(".")[0])
        if last is None or last.id in seen:
            break
        seen.add(last.id)
        chain += last.chain
        if not last.chain:
            break
    return tuple(chain)


def refused(change: Change, after: dict[StackPath, Stack]) -> None:
    """Say of a nested stack which parameters its template does not take, or misses."""
    nested = after.get((*change.stack, change.resource)) if change.type == STACK_TYPE else None
    if nested is None:
        return
    for name in sorted(set(nested.given) - set(nested.parameters)):
        change.risks.append(Risk("UPDATE_FAILS", f"passes {name}, which its template does not declare"))
    for name, declared in nested.parameters.items():
        if name not in nested.given and "Default" not in declared:
            change.risks.append(Risk("UPDATE_FAILS", f"passes no {name}, which has no default"))


def ill_given(root: Stack) -> Iterator[StackFinding]:
    """The parameters of the root that are given and not declared, or declared and not given."""
    for name in sorted(set(root.given) - set(root.parameters)):
        yield StackFinding(
            "PARAMETER_UNDECLARED", root.path, name, "is given, but the template does not declare it"
        )
    for name, declared in root.parameters.items():
        if name not in root.given and "Default" not in declared:
            reason = "has no default and was not given; its value is left open"
            yield StackFinding("PARAMETER_MISSING", root.path, name, reason)


def is_missing(change: Change, compared: Comparison) -> bool:
    """Return whether the template of a nested stack is not at hand, before or after the change."""
    path = (*change.stack, change.resource)
    return (change.before is not None and path not in compared.before) or (
        change.after is not None and path not in compared.after
    )


def not_given(side: dict[StackPath, Stack]) -> Iterator[str]:
    """The nested stacks whose templates are not at hand, so that what is in them is not seen."""
    for path, stack in side.items():
        for name, raw in stack.resources.items():
            if raw.get("Type") == STACK_TYPE and (*path, name) not in side:
                yield f"{'/'.join((*path, name))}: its template was not given; what is in it is not seen"


def outputs(compared: Comparison) -> Iterator[StackFinding]:
    """What changes among the outputs of the stacks that both sides have."""
    for path, new in compared.after.items():
        old = compared.before.get(path)
        if old is None:
            continue
        for name in (*old.outputs, *(name for name in new.outputs if name not in old.outputs)):
            yield from output(compared, old, new, name)


def output(compared: Comparison, old: Stack, new: Stack, name: str) -> Iterator[StackFinding]:
    """What changes about one output, and about the export that other stacks may import."""
    if name not in old.outputs:
        yield StackFinding("OUTPUT_ADDED", new.path, name, "a new output")
        return
    before = exported(old, name)
    if name not in new.outputs:
        yield StackFinding("OUTPUT_REMOVED", new.path, name, "an output that readers of the stack may miss")
    after = exported(new, name) if name in new.outputs else None
    if before and before != after:
        yield StackFinding(
            "EXPORT_REMOVED",
            new.path,
            name,
            f"the export {before} goes; the update fails where it is imported",
        )
    if name in new.outputs and list(differences(old.output(name), new.output(name), compared.moved)):
        yield StackFinding("OUTPUT_CHANGED", new.path, name, "its value changes")


def exported(stack: Stack, name: str) -> str | None:
    """The name under which an output is exported."""
    export = stack.resolve(stack.outputs[name].get("Export", {}))
    given: Value = mapping(export).get("Name")
    return None if given is None else plain(given) or str(given)
