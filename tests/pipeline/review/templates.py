"""Templates: the old ones of the cases, and edits of them written as paths."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

CASES = Path(__file__).with_name("cases")
SECTIONS = (
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
)
Template = dict[str, Any]


def base(case: str) -> Template:
    """Return the old template of a case, by the case's number."""
    return copy.deepcopy(read(folder(case) / "old.json"))


def nested_templates(case: str) -> dict[str, Template]:
    """Return the old nested templates of a case, by the logical ids of their stacks."""
    return {path.stem: copy.deepcopy(read(path)) for path in (folder(case) / "nested" / "old").glob("*.json")}


def folder(case: str) -> Path:
    """Return the folder of a case, by the case's number."""
    (found,) = CASES.glob(f"{case}-*")
    return found


@cache
def read(file: Path) -> Template:
    """Read a template."""
    template: Template = json.loads(file.read_text(encoding="utf-8"))
    return template


def edited(template: Template, values: Mapping[str, Any], removed: Iterable[str] = ()) -> Template:
    """Return a template with values set at some paths, and then other paths removed.

    A path that begins with the name of a section starts at the root. Any other begins with a logical id: what
    follows a dot after it is an attribute, what follows a slash is a property. A last step `+` appends to a
    list.
    """
    result = copy.deepcopy(template)
    for path, value in values.items():
        *above, last = steps(path)
        node = descend(result, above)
        if last == "+":
            node.append(copy.deepcopy(value))
        else:
            node[int(last) if isinstance(node, list) else last] = copy.deepcopy(value)
    for path in removed:
        *above, last = steps(path)
        node = descend(result, above)
        del node[int(last) if isinstance(node, list) else last]
    return result


def at(template: Template, path: str) -> Any:
    """Return a copy of what a template has at a path."""
    node: Any = template
    for step in steps(path):
        node = node[int(step) if isinstance(node, list) else step]
    return copy.deepcopy(node)


def descend(node: Any, path: Iterable[str]) -> Any:
    """Return what is at a path, adding mappings where there is nothing yet."""
    for step in path:
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
    return node


def steps(path: str) -> list[str]:
    """Split a path into its steps from the root."""
    first, *rest = path.split("/")
    if first in SECTIONS:
        return [first, *rest]
    name, dot, attribute = first.partition(".")
    if dot:
        return ["Resources", name, attribute, *rest]
    return ["Resources", name, *(["Properties", *rest] if rest else [])]
