"""A layer's template as it is rendered, and what tests look up in a template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from templates.artifacts import Code
from templates.stack import synthesize
from tests.templates.samples import CODE

Rendered = dict[str, Any]


def rendered(title: str, code: Code = CODE) -> Rendered:
    """Render one layer now, with whatever a test has changed in its modules, or with other code."""
    layer = import_module(f"templates.{title.lower()}")
    more = [code] if title == "Compute" else []
    template, _ = synthesize(layer.build, layer.Inputs, *more)
    found: Rendered = json.loads(template.to_json())
    return found


def of_type(resources: dict[str, Rendered], *types: str) -> dict[str, Rendered]:
    """Return the properties of the resources of these types, by logical id."""
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] in types}


def statements(document: Rendered) -> list[Rendered]:
    """Return the statements of a policy document."""
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def references(value: object) -> Iterator[str]:
    """Yield every name that `value` refers to: by Ref, Fn::GetAtt, Fn::Sub or Condition."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("Ref", "Condition") and isinstance(inner, str):
                yield inner
            elif key == "Fn::GetAtt":
                yield ".".join(inner) if isinstance(inner, list) else inner
            elif key == "Fn::Sub":
                text = inner[0] if isinstance(inner, list) else inner
                yield from (part.split("}")[0] for part in text.split("${")[1:])
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def variables(value: object) -> Iterator[str]:
    """Yield every name that an Fn::Sub in `value` defines for itself."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Fn::Sub" and isinstance(inner, list):
                yield from inner[1]
            yield from variables(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from variables(inner)
