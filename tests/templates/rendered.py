"""The payment stack's templates as they are rendered, and what tests look up in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from troposphere import Template

from templates import account, root
from templates.artifacts import Code
from templates.stack import synthesize
from tests.templates.samples import CODE

Rendered = dict[str, Any]


def render() -> dict[str, Rendered]:
    """Return every template by its title: the root, its layers and the account's own."""
    nest = root.build(Template(), CODE)
    apart, _ = synthesize(account.build, account.Inputs)
    templates = {"Root": nest.template, **nest.layers, "Account": apart}
    return {title: json.loads(template.to_json()) for title, template in templates.items()}


TEMPLATES = render()
LAYERS = [title for title in TEMPLATES if title not in ("Root", "Account")]


def rendered(title: str, code: Code = CODE) -> Rendered:
    """Render one layer now, with whatever a test has changed in its modules, or with other code."""
    layer = import_module(f"templates.{title.lower()}")
    more = [code] if title == "Compute" else []
    template, _ = synthesize(layer.build, layer.Inputs, *more)
    found: Rendered = json.loads(template.to_json())
    return found


def every_resource() -> Iterator[tuple[str, str, Rendered]]:
    """Yield every resource with the title of its template and its logical id."""
    for title, template in TEMPLATES.items():
        for name, resource in template["Resources"].items():
            yield title, name, resource


def of_type(resources: dict[str, Rendered], *types: str) -> dict[str, Rendered]:
    """Return the properties of the resources of these types, by logical id."""
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] in types}


def cases(*types: str) -> list[Any]:
    """Return every resource of these types as a parameter of a test."""
    return [
        pytest.param(resource, id=f"{title}.{name}")
        for title, name, resource in every_resource()
        if resource["Type"] in types
    ]


def statements(document: Rendered) -> list[Rendered]:
    """Return the statements of a policy document."""
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def granted() -> list[Any]:
    """Return every statement of every role's managed policies as a parameter of a test."""
    return [
        pytest.param(statement, id=f"{title}.{name}.{statement.get('Sid')}")
        for title, name, resource in every_resource()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
        for statement in statements(resource["Properties"]["PolicyDocument"])
    ]


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
