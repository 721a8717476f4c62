"""The data layer as it is rendered, for the tests of its parts."""

from __future__ import annotations

from tests.templates.layers import Rendered, rendered

TEMPLATE = rendered("Data")
RESOURCES: dict[str, Rendered] = TEMPLATE["Resources"]


def properties(name: str) -> Rendered:
    """Return the properties of the resource `name`."""
    found: Rendered = RESOURCES[name]["Properties"]
    return found


def statements(name: str) -> dict[str, Rendered]:
    """Return the statements of the policy `name`, by Sid."""
    return {each["Sid"]: each for each in properties(name)["PolicyDocument"]["Statement"]}


def named(role: str) -> Rendered:
    """Return the physical name of the resource in `role`."""
    return {"Fn::Sub": f"{role}-${{EnvironmentSuffix}}"}


def ref(name: str) -> Rendered:
    """Return a reference to the parameter or resource `name`."""
    return {"Ref": name}


def arn(name: str) -> Rendered:
    """Return the ARN of the resource `name`."""
    return {"Fn::GetAtt": [name, "Arn"]}
