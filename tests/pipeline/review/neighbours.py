"""Neighbours: edits of the given templates, written as paths, and reviews of them written as lines."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from pipeline.review.model import Review
from pipeline.review.reviews import of_templates

CASES = Path(__file__).with_name("cases")
GONE = object()
Template = dict[str, Any]


def base(case: str) -> Template:
    """The old template of a given case, by its number."""
    loaded: Template = json.loads(next(CASES.glob(f"{case}-*/old.json")).read_text(encoding="utf-8"))
    return loaded


def edited(template: Template, edits: dict[str, Any]) -> Template:
    """A template with some places set, appended to (a path that ends in +), or taken out (GONE).

    A path that begins with a logical id is within Resources; what follows a dot of it is an attribute, what
    follows a slash a property.
    """
    made = copy.deepcopy(template)
    for path, value in edits.items():
        node: Any = made
        steps = places(path)
        for step in steps[:-1]:
            node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
        last = steps[-1]
        if last == "+":
            node.append(value)
        elif value is GONE:
            del node[int(last) if isinstance(node, list) else last]
        elif isinstance(node, list):
            node[int(last)] = value
        else:
            node[last] = value
    return made


def places(path: str) -> list[str]:
    """The steps of a path."""
    first, *rest = path.split("/")
    if first in ("Parameters", "Mappings", "Conditions", "Outputs", "Resources", "Metadata", "Description"):
        return [first, *rest]
    name, dot, attribute = first.partition(".")
    if dot:
        return ["Resources", name, attribute, *rest]
    return ["Resources", name, *(["Properties", *rest] if rest else [])]


def reviewed(
    old: Template,
    new: Template,
    given: tuple[dict[str, Any], dict[str, Any]] = ({}, {}),
    nested: tuple[dict[str, Template], dict[str, Template]] = ({}, {}),
) -> Review:
    """The judged prediction from one template to another."""
    return of_templates(old, new, nested=nested, given=given)


def told(review: Review) -> set[str]:
    """A review as lines: id, action or replacement, risks."""
    return {
        " ".join(
            [change.id, change.replacement or change.action, *sorted({risk.kind for risk in change.risks})]
        )
        for change in review.changes
    }


def lines(expected: str) -> set[str]:
    """Lines as a set, those of an indented block as well."""
    return {" ".join(line.split()) for line in expected.splitlines() if line.strip()}
