"""The boundary of the stack's roles: none is left out of it where one is given, and none asks for one."""

from __future__ import annotations

import pytest

from templates.permissions_boundary import CONDITION
from tests.templates.layers import Rendered
from tests.templates.rendered import LAYERS, TEMPLATES

BOUNDED = [title for title in LAYERS if CONDITION in TEMPLATES[title].get("Conditions", {})]
# What an account has once is made by its administrator, and is none of the stack's.
ROLES = [
    pytest.param(each, id=f"{title}.{name}")
    for title in LAYERS
    for name, each in TEMPLATES[title]["Resources"].items()
    if each["Type"] == "AWS::IAM::Role"
]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_of_the_stack_is_bounded_where_a_boundary_is_given(role: Rendered) -> None:
    given = {"Fn::If": [CONDITION, {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]}

    assert given == role["Properties"]["PermissionsBoundary"]


@pytest.mark.parametrize("title", BOUNDED)
def test_a_boundary_is_given_where_its_arn_is(title: str) -> None:
    condition = {"Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundaryArn"}, ""]}]}

    assert condition == TEMPLATES[title]["Conditions"][CONDITION]


def test_layers_with_roles_are_given_the_boundary_of_the_root() -> None:
    fed = {
        title: TEMPLATES["Root"]["Resources"][title]["Properties"]["Parameters"].get("PermissionsBoundaryArn")
        for title in LAYERS
    }

    given = {title: each for title, each in fed.items() if each}
    assert {"Network", "Data", "Compute"} == set(given) == set(BOUNDED)
    assert all(each == {"Ref": "PermissionsBoundaryArn"} for each in given.values())
