"""The calls of transforms in a template: those of the whole of it, and those within it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.evaluation.values import scalar

EMBEDDED = "Fn::Transform"
TOP_LEVEL = "Transform"
INCLUDE = "AWS::Include"
SAM = "AWS::Serverless-2016-10-31"
EVALUATED = "AWS::LanguageExtensions"
"""The transform whose functions a stack evaluates itself."""

CONTAINERS = (dict, list)
Place: TypeAlias = tuple[str, ...]
"""The place of a call: the keys from the top of the template to the mapping that has it; () for the top."""


@dataclass(frozen=True)
class Call:
    """A call of a transform: a macro by its name, and what it is given."""

    name: str
    parameters: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def location(self) -> object:
        """The location of what AWS::Include includes, as it is written."""
        return self.parameters.get("Location")

    def __str__(self) -> str:
        if not self.parameters:
            return self.name
        if self.name == INCLUDE and set(self.parameters) == {"Location"}:
            return f"{self.name} of {written(self.location)}"
        given = ", ".join(f"{name}: {written(value)}" for name, value in sorted(self.parameters.items()))
        return f"{self.name} ({given})"


def written(value: object) -> str:
    """A value of a template on one line: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def identity(value: object) -> str:
    """A text that is the same for values that CloudFormation reads alike.

    The order of keys does not matter, nor does 3 for "3", nor how Fn::GetAtt is spelt.
    """
    return json.dumps(alike(value), sort_keys=True)


def alike(value: object) -> object:
    """A value in the one spelling that is compared."""
    if isinstance(value, dict):
        return {
            str(name): member.split(".", 1)
            if name == "Fn::GetAtt" and isinstance(member, str)
            else alike(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [alike(item) for item in value]
    return scalar(value) if value is None or isinstance(value, bool | float | int) else str(value)


def called(node: object) -> list[Call]:
    """The calls in the value of a Transform, which may be a name, a mapping or a list of either."""
    if isinstance(node, list):
        return [call for item in node for call in called(item)]
    if isinstance(node, dict):
        parameters = node.get("Parameters")
        return [Call(str(node.get("Name", "")), parameters if isinstance(parameters, dict) else {})]
    return [Call(node)] if isinstance(node, str) else []


def top_level(template: Mapping[str, object]) -> list[Call]:
    """The transforms of the whole template, in the order in which AWS applies them."""
    return called(template.get(TOP_LEVEL))


def has_embedded(node: object) -> bool:
    """Return whether a transform stands somewhere within."""
    waiting: list[object] = [node]
    seen = set()
    while waiting:
        container = waiting.pop()
        if id(container) in seen:
            continue
        seen.add(id(container))  # an alias of YAML stands in many places
        if isinstance(container, dict):
            if EMBEDDED in container:
                return True
            members: Iterable[object] = container.values()
        else:
            members = container if isinstance(container, list) else ()
        # Most of a template is plain strings, which hold nothing.
        waiting += [member for member in members if isinstance(member, CONTAINERS)]
    return False


def embedded(node: object, place: Place = ()) -> Iterator[tuple[Place, Call, Mapping[str, object]]]:
    """The transforms within a template: where each stands, and what stands beside it, which it may change."""
    if isinstance(node, dict):
        beside = {name: member for name, member in node.items() if name != EMBEDDED}
        for call in called(node.get(EMBEDDED)):
            yield place, call, beside
        for name, member in beside.items():
            yield from embedded(member, (*place, str(name)))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from embedded(item, (*place, str(index)))
