"""Made: the pipeline's templates, as CloudFormation is given them, and what tests look up in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from pipeline import template
from pipeline.delivery import artifact_store_stack, target_account_stack
from templates.stack import standalone

Rendered = dict[str, Any]
MODULES = {"pipeline": template, "store": artifact_store_stack, "target": target_account_stack}


@cache
def rendered() -> dict[str, Rendered]:
    """Every template by name."""
    found = {}
    for name, module in MODULES.items():
        made, _ = standalone(module.build, module.Inputs)
        found[name] = json.loads(made.to_json())
    return found


def resources(name: str, kind: str = "") -> dict[str, Rendered]:
    """The resources of a template, of one type if it is given."""
    held = rendered()[name]["Resources"]
    return {title: each for title, each in held.items() if kind in ("", each["Type"])}


def pipeline() -> Rendered:
    """The pipeline's own properties."""
    properties: Rendered = resources("pipeline")["ReleasePipeline"]["Properties"]
    return properties


def stages() -> dict[str, Rendered]:
    """The stages by name, in order."""
    return {each["Name"]: each for each in pipeline()["Stages"]}


def action(stage: str, name: str) -> Rendered:
    """One action."""
    found: Rendered = next(each for each in stages()[stage]["Actions"] if each["Name"] == name)
    return found


def actions() -> Iterator[tuple[str, Rendered]]:
    """Every action with the name of its stage, in order."""
    for name, stage in stages().items():
        for each in sorted(stage["Actions"], key=lambda one: one["RunOrder"]):
            yield name, each


def buildspec(title: str) -> Rendered:
    """The buildspec of the project `title`."""
    found: Rendered = json.loads(
        resources("pipeline")[f"{title}Project"]["Properties"]["Source"]["BuildSpec"]
    )
    return found


def statements(document: Rendered) -> list[Rendered]:
    """The statements of a policy document."""
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def policy_statements(name: str) -> Iterator[tuple[str, Rendered]]:
    """Every statement of every managed policy of a template, with the policy's logical id."""
    for title, each in resources(name, "AWS::IAM::ManagedPolicy").items():
        for statement in statements(each["Properties"]["PolicyDocument"]):
            yield title, statement
