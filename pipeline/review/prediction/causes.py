"""The cause of each change, followed back through references, parameters and nested stacks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.evaluation.foreach import unrolled
from pipeline.evaluation.intrinsics import PLACEHOLDER
from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import Reference, StackPath, Target, name_of, references, same
from pipeline.review.prediction.compare import Difference, refers


@dataclass(frozen=True)
class Origin:
    """Where a change comes from: `cause` in a word, nothing for an edit; `chain` from the nearest link on."""

    cause: str | None = None
    chain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sides:
    """One stack before and after, and the resources anywhere that are certain to be others."""

    old: Stack
    new: Stack
    moved: Collection[Target] = ()

    def link(self, name: str) -> str:
        """A link of a chain, with the stack that it is in."""
        return "/".join((*self.new.path, name))

    def above(self) -> Sides | None:
        """The stack around this one."""
        if self.old.parent is None or self.new.parent is None:
            return None
        return Sides(self.old.parent, self.new.parent, self.moved)


Follow: TypeAlias = "Callable[[object, Sides], Iterator[Origin]]"
EDIT = Origin()


def of_place(resource: str, place: Difference, sides: Sides) -> Origin:
    """Why a place among the properties of a resource changes."""
    return of_spelling(*spelt_at(resource, place.path, sides), place, sides)


def of_attribute(resource: str, place: Difference, sides: Sides) -> Origin:
    """Why an attribute of a resource, such as its DeletionPolicy, changes."""
    was, becomes = (side.resources[resource].get(place.name) for side in (sides.old, sides.new))
    return of_spelling(was, becomes, place, sides)


def of_spelling(was: object, becomes: object, place: Difference, sides: Sides) -> Origin:
    """Why what is written in these ways comes to something else."""
    by_reference = of_reference(place, sides)
    if by_reference and was != becomes:
        return by_reference
    if was != becomes:
        return EDIT
    passed_on = next(of_expression(was, sides), EDIT)
    if by_reference and passed_on.cause != by_reference.cause:
        return by_reference
    return passed_on


def spelt_at(resource: str, path: str, sides: Sides) -> tuple[object, object]:
    """What both templates write at a place, or around it where an expression makes it."""
    was: object = sides.old.resources[resource].get("Properties")
    becomes: object = sides.new.resources[resource].get("Properties")
    for step in path.split("/"):
        if isinstance(was, dict) and isinstance(becomes, dict) and not (is_call(was) or is_call(becomes)):
            was, becomes = was.get(step), becomes.get(step)
        elif isinstance(was, list) and isinstance(becomes, list) and len(was) == len(becomes) > int(step):
            was, becomes = was[int(step)], becomes[int(step)]
        else:
            break
    return was, becomes


def is_call(node: dict[str, object]) -> bool:
    """Return whether a node is a function's call rather than data."""
    return len(node) == 1 and any(name == "Ref" or name.startswith("Fn::") for name in node)


def written(stack: Stack, resource: str, name: str) -> object:
    """A property as the template spells it, with nothing where it is not there."""
    properties = stack.resources[resource].get("Properties")
    return properties.get(name) if isinstance(properties, dict) else properties


def of_reference(place: Difference, sides: Sides) -> Origin | None:
    """The new or replaced resource that a changed place refers to; from elsewhere, the stack it is in."""
    for reference in references(place.after):
        if reference.target in sides.moved:
            return Origin(seen_from(sides.new.path, reference), (name_of(reference),))
    return None


def seen_from(here: StackPath, reference: Reference) -> str:
    """The logical id by which a stack knows what another stack offers."""
    if reference.stack == here:
        return reference.resource
    apart = next(
        (depth for depth, name in enumerate(reference.stack) if depth >= len(here) or here[depth] != name),
        None,
    )
    return reference.resource if apart is None else reference.stack[apart]


def of_expression(node: object, sides: Sides) -> Iterator[Origin]:
    """Why an expression, spelt the same on both sides, comes to something else."""
    if isinstance(node, list):
        for item in node:
            yield from of_expression(item, sides)
    elif isinstance(node, dict):
        for name, argument in node.items():
            yield from FOLLOWED.get(name, of_expression)(argument, sides)


def of_sub(argument: object, sides: Sides) -> Iterator[Origin]:
    """Why a Fn::Sub comes to something else."""
    template, *variables = argument if isinstance(argument, list) else [argument]
    yield from of_expression(variables, sides)
    for found in PLACEHOLDER.finditer(template if isinstance(template, str) else ""):
        yield from (of_output if "." in found[1] else of_parameter)(found[1], sides)


def of_parameter(argument: object, sides: Sides) -> Iterator[Origin]:
    """Where the other value of a parameter comes from: the parent's expression, if it is passed one."""
    name = str(argument)
    if name not in sides.old.parameters or name not in sides.new.parameters:
        return
    before, after = sides.old.parameter(name), sides.new.parameter(name)
    if same(before, after) and not refers(after, sides.moved):
        return
    link = sides.link(f"parameter:{name}")
    above = next(of_argument(name, sides), EDIT)
    yield Origin(above.cause or f"parameter:{name}", (link, *above.chain))


def of_argument(name: str, sides: Sides) -> Iterator[Origin]:
    """Why a parent passes another value for a parameter."""
    above = sides.above()
    if above is None or name not in sides.new.given:
        return
    was, becomes = passed(name, sides.old, above.old), passed(name, sides.new, above.new)
    if was == becomes:
        yield from of_expression(was, above)
    for reference in references(sides.new.given[name]):
        if reference.target in sides.moved:
            yield Origin(seen_from(above.new.path, reference), (name_of(reference),))


def passed(name: str, stack: Stack, parent: Stack) -> object:
    """What a parent writes for a parameter of a nested stack."""
    arguments = written(parent, stack.path[-1], "Parameters")
    return arguments.get(name) if isinstance(arguments, dict) else None


def of_output(argument: object, sides: Sides) -> Iterator[Origin]:
    """The nested stack whose output comes to something else."""
    spelt = argument if isinstance(argument, str) else ".".join(str(each) for each in listed(argument))
    resource, _, attribute = spelt.partition(".")
    nested = sides.old.child(resource) and sides.new.child(resource)
    if attribute.startswith("Outputs.") and nested:
        before, after = (side.attribute(resource, attribute) for side in (sides.old, sides.new))
        if not same(before, after):
            yield Origin(resource, (sides.link(spelt),))


def listed(argument: object) -> list[object]:
    """The arguments of a function."""
    return argument if isinstance(argument, list) else [argument]


def of_mapping(argument: object, sides: Sides) -> Iterator[Origin]:
    """Why a lookup finds something else: another key, or another entry."""
    name, *keys = listed(argument)
    yield from of_expression(keys, sides)
    if sides.old.mapped(str(name)) != sides.new.mapped(str(name)):
        yield Origin(f"mapping:{name}", (sides.link(f"mapping:{name}"),))


def of_if(argument: object, sides: Sides) -> Iterator[Origin]:
    """Why a Fn::If comes to something else: its condition, or the branch that holds."""
    name, *branches = listed(argument)
    yield from of_condition(name, sides)
    yield from of_expression(branches, sides)


def of_condition(argument: object, sides: Sides) -> Iterator[Origin]:
    """Why a condition holds on one side only."""
    if not isinstance(argument, str):  # the Condition of a policy statement
        yield from of_expression(argument, sides)
        return
    if sides.old.condition(argument) == sides.new.condition(argument):
        return
    was, becomes = sides.old.conditions.get(argument), sides.new.conditions.get(argument)
    above = next(of_expression(was, sides), EDIT) if was == becomes else EDIT
    yield Origin(above.cause or f"condition:{argument}", (sides.link(f"condition:{argument}"), *above.chain))


FOLLOWED: dict[str, Follow] = {
    "Condition": of_condition,
    "Fn::FindInMap": of_mapping,
    "Fn::GetAtt": of_output,
    "Fn::If": of_if,
    "Fn::Sub": of_sub,
    "Ref": of_parameter,
}


def of_existence(name: str, old: Stack, new: Stack) -> Origin:
    """Why a resource of a stack that stays exists on one side only."""
    if name not in old.declared or name not in new.declared:
        return of_loop(name, Sides(old, new))
    condition = new.declared[name].get("Condition") or old.declared[name].get("Condition")
    return next(of_condition(condition, Sides(old, new)), EDIT) if condition else EDIT


def of_loop(name: str, sides: Sides) -> Origin:
    """Why a loop, written the same on both sides, makes a resource on one side only."""
    for key, loop in sides.old.loops.items():
        if sides.new.loops.get(key) == loop and isinstance(loop, list):
            made = [unrolled({key: loop}, side.resolve) for side in (sides.old, sides.new)]
            if any(name in each for each in made):
                return next(of_expression(loop[1], sides), EDIT)
    return EDIT
