"""Bounds: the most that the roles of a layer could ever be given, whatever each of them is for."""

from __future__ import annotations

from troposphere import Equals, If, Not, NoValue, Template, iam

from templates.settings import PermissionsBoundaryArn

CONDITION = "RolesAreBounded"


def put_on_roles(template: Template, boundary: PermissionsBoundaryArn) -> None:
    """Put every role of `template` under `boundary`, where one is given."""
    template.add_condition(CONDITION, Not(Equals(boundary, "")))
    for each in template.resources.values():
        if isinstance(each, iam.Role):
            each.PermissionsBoundary = If(CONDITION, boundary, NoValue)
