"""Resources that AWS may list although nothing happens to them: they read from one updated in place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pipeline.evaluation.intrinsics import PLACEHOLDER
from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import StackPath, Target, name_of, references
from pipeline.review.model import Possible, PropertyChange
from pipeline.review.prediction.causes import listed as arguments_in
from pipeline.review.prediction.causes import passed


def possible(
    sides: Mapping[StackPath, Stack],
    changed: Mapping[Target, list[PropertyChange]],
    moved: Collection[Target],
    listed: Collection[Target],
) -> Iterator[Possible]:
    """The resources of the new side that AWS may list as Dynamic, and that are not listed for certain."""
    found: dict[Target, str] = {}
    for path, stack in sides.items():
        for name in stack.resources:
            because = reads(stack, name, changed, moved) or reads_output(stack, name, listed, found)
            if because:
                found[path, name] = because
    for (path, name), because in found.items():
        if (path, name) not in listed:
            yield Possible(path, name, str(sides[path].resource(name)["Type"]), because)


def reads(
    stack: Stack, name: str, changed: Mapping[Target, list[PropertyChange]], moved: Collection[Target]
) -> str | None:
    """What a resource reads of one that changes in place, or that may be replaced."""
    for reference in references(dict(stack.resource(name))):
        places = changed.get(reference.target, [])
        if not places or reference.target in moved or reference.target == (stack.path, name):
            continue
        if reference.attribute or any(each.requires == "Conditionally" for each in places):
            return name_of(reference)
    return None


def reads_output(
    stack: Stack, name: str, listed: Collection[Target], found: Mapping[Target, str]
) -> str | None:
    """The output of a listed nested stack that a resource reads, directly or as a parameter of its stack."""
    for mentioned in mentions(stack.resources[name]):
        resource, _, attribute = mentioned.partition(".")
        if attribute.startswith("Outputs.") and (stack.path, resource) in listed:
            return "/".join((*stack.path, mentioned))
        if resource in stack.parameters and stack.path and stack.parent is not None:
            because = found.get((stack.path[:-1], stack.path[-1]), "").rpartition("/")[2]
            if because in mentions(passed(resource, stack, stack.parent)):
                return f"{'/'.join(stack.path)}/parameter:{resource}"
    return None


def mentions(node: object) -> Iterator[str]:
    """What an expression refers to: a name for Ref, a name and an attribute for Fn::GetAtt."""
    if isinstance(node, list):
        for item in node:
            yield from mentions(item)
    if not isinstance(node, dict):
        return
    for name, argument in node.items():
        if name == "Ref" and isinstance(argument, str):
            yield argument
        elif name == "Fn::GetAtt":
            yield (
                argument
                if isinstance(argument, str)
                else ".".join(str(each) for each in arguments_in(argument))
            )
        elif name == "Fn::Sub":
            template = argument[0] if isinstance(argument, list) and argument else argument
            yield from (
                found[1] for found in PLACEHOLDER.finditer(template if isinstance(template, str) else "")
            )
            yield from mentions(argument)
        else:
            yield from mentions(argument)
