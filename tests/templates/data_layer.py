"""The data layer as it is rendered, for the tests of its parts."""

from __future__ import annotations

import json
from typing import Any

from templates import data
from templates.stack import synthesize

Rendered = dict[str, Any]

TEMPLATE: Rendered = json.loads(synthesize(data.build, data.Inputs)[0].to_json())
RESOURCES: dict[str, Rendered] = TEMPLATE["Resources"]


def properties(name: str) -> Rendered:
    """Properties of the resource `name`."""
    found: Rendered = RESOURCES[name]["Properties"]
    return found


def statements(name: str) -> dict[str, Rendered]:
    """Statements of the policy `name`, by Sid."""
    return {each["Sid"]: each for each in properties(name)["PolicyDocument"]["Statement"]}


def named(role: str) -> Rendered:
    """The physical name of what plays `role`."""
    return {"Fn::Sub": f"{role}-${{EnvironmentSuffix}}"}


def ref(name: str) -> Rendered:
    """Reference to the parameter or resource `name`."""
    return {"Ref": name}


def arn(name: str) -> Rendered:
    """ARN of the resource `name`."""
    return {"Fn::GetAtt": [name, "Arn"]}
