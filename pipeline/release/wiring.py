"""Wiring: what a root template passes from one nested stack to the next, read off the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.evaluation.stack import STACK_TYPE

SUFFIX = ".template.json"
# Where a wire comes from that is a Parameter of the root itself.
SETTINGS = "Settings"


@dataclass(frozen=True)
class Edge:
    """One value on its way: an Output of `source`, or a Parameter of the root, to a Parameter of `target`."""

    source: str
    output: str
    target: str
    parameter: str


def nested(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The nested stacks of `template`, by logical id."""
    resources: dict[str, dict[str, Any]] = template["Resources"]
    return {title: each for title, each in resources.items() if each["Type"] == STACK_TYPE}


def edges(root: Mapping[str, Any]) -> Iterator[Edge]:
    """Every wire that `root` lays between its nested stacks, and from its own Parameters to them."""
    for target, stack in nested(root).items():
        for parameter, value in stack["Properties"].get("Parameters", {}).items():
            for source, output in sources(value):
                yield Edge(source, output, target, parameter)


def sources(value: object) -> Iterator[tuple[str, str]]:
    """The Outputs and Parameters that `value` refers to, wherever in it."""
    if isinstance(value, list):
        for each in value:
            yield from sources(each)
    elif isinstance(value, dict):
        if "Fn::GetAtt" in value:
            found = value["Fn::GetAtt"]
            title, attribute = found if isinstance(found, list) else found.split(".", 1)
            if attribute.startswith("Outputs."):
                yield title, attribute.removeprefix("Outputs.")
        elif "Ref" in value:
            yield SETTINGS, value["Ref"]
        else:
            yield from sources(list(value.values()))


def unread(root: Mapping[str, Any], layers: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The Outputs that no one reads, each with the logical id of its nested stack."""
    read = set(sources(root))
    for title, layer in layers.items():
        for output in layer.get("Outputs", {}):
            if (title, output) not in read:
                yield title, output
