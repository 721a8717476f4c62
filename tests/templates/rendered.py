"""All templates of the payment stack as they are rendered, for promises that each of them keeps.

Whoever reads a single layer renders that alone, by tests.templates.layers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from troposphere import Template

from templates import account, root
from templates.stack import synthesize
from tests.templates.layers import Rendered, statements
from tests.templates.samples import CODE


def render() -> dict[str, Rendered]:
    """Return every template by its title: the root, its layers and the account's own."""
    nest = root.build(Template(), CODE)
    apart, _ = synthesize(account.build, account.Inputs)
    templates = {"Root": nest.template, **nest.layers, "Account": apart}
    return {title: json.loads(template.to_json()) for title, template in templates.items()}


TEMPLATES = render()
LAYERS = [title for title in TEMPLATES if title not in ("Root", "Account")]


def every_resource() -> Iterator[tuple[str, str, Rendered]]:
    """Yield every resource with the title of its template and its logical id."""
    for title, template in TEMPLATES.items():
        for name, resource in template["Resources"].items():
            yield title, name, resource


def cases(*types: str) -> list[Any]:
    """Return every resource of these types as a parameter of a test."""
    return [
        pytest.param(resource, id=f"{title}.{name}")
        for title, name, resource in every_resource()
        if resource["Type"] in types
    ]


def granted() -> list[Any]:
    """Return every statement of every role's managed policies as a parameter of a test."""
    return [
        pytest.param(statement, id=f"{title}.{name}.{statement.get('Sid')}")
        for title, name, resource in every_resource()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
        for statement in statements(resource["Properties"]["PolicyDocument"])
    ]
