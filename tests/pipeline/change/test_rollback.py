"""A rollback creates a change set of an earlier plan's release, executes it, and checks the result."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from pipeline.change.record import Plan
from pipeline.change.rollback import roll_back
from pipeline.change.sessions import ChangeError
from pipeline.change.stack_events import StackError
from tests.pipeline.change.cloudformation import (
    CHILD,
    GIVEN,
    NO_CHANGES,
    ROOT_SET,
    STACK,
    ExecutingCloudFormation,
    change_set,
    plan,
)

ROLE = "arn:aws:iam::111111111111:role/execution"


def rolled_back(client: ExecutingCloudFormation, earlier: Plan) -> tuple[str, list[str]]:
    """Roll back under run 9; return the digest of the root and the printed lines."""
    lines: list[str] = []
    return roll_back(cast("Any", client), earlier, "9", lines.append), lines


def test_the_change_set_is_of_the_plan_s_release_with_its_parameters_under_its_role() -> None:
    client = ExecutingCloudFormation(change_set(ROOT_SET, STACK))
    earlier = plan(execution_role=ROLE)

    digest, lines = rolled_back(client, earlier)

    _, request = client.asked[0]
    assert request["StackName"] == STACK
    assert request["ChangeSetName"] == "back-9"
    assert request["Description"] == f"back to run 7, root {earlier.digest}"
    assert request["TemplateURL"] == earlier.template_url
    assert request["Parameters"] == [{"ParameterKey": "EnvironmentSuffix", "ParameterValue": "dev"}]
    assert request["RoleARN"] == ROLE
    assert digest == earlier.digest
    assert lines[0] == f"{STACK}: rolls back to the release of run 7, root {digest}"


def test_the_change_set_is_executed_then_the_stack_policy_is_set() -> None:
    client = ExecutingCloudFormation(change_set(ROOT_SET, STACK))
    policy = {"Statement": [{"Effect": "Deny"}]}

    rolled_back(client, plan(given=replace(GIVEN, stack_policy=policy)))

    assert client.asked[1:] == [
        ("execute", {"ChangeSetName": ROOT_SET, "StackName": STACK, "RetainExceptOnCreate": True}),
        ("policy", {"StackName": STACK, "StackPolicyBody": json.dumps(policy)}),
    ]


def test_where_the_stack_runs_that_release_nothing_is_executed() -> None:
    client = ExecutingCloudFormation(change_set(ROOT_SET, STACK, Status="FAILED", StatusReason=NO_CHANGES))

    digest, lines = rolled_back(client, plan())

    assert digest == plan().digest
    assert lines[-1] == f"{STACK}: already runs that release; nothing is executed"
    assert client.operations() == ["create"]


def test_a_change_set_with_another_root_than_the_plan_s_is_not_executed() -> None:
    client = ExecutingCloudFormation(change_set(ROOT_SET, STACK))
    client.templates[ROOT_SET] = CHILD

    with pytest.raises(ChangeError, match=f"the rollback has the root .*; expected {plan().digest}"):
        rolled_back(client, plan())

    assert client.operations() == ["create"]


def test_a_change_set_that_cannot_be_created_is_deleted_and_its_reason_raised() -> None:
    reason = "Template format error"
    client = ExecutingCloudFormation(change_set(ROOT_SET, STACK, Status="FAILED", StatusReason=reason))

    with pytest.raises(ChangeError, match=f"{STACK}: change set back-9: {reason}"):
        rolled_back(client, plan())

    assert ROOT_SET in client.deleted
    assert client.operations() == ["create"]


def test_a_rollback_that_fails_raises_the_first_failure() -> None:
    client = ExecutingCloudFormation(change_set(ROOT_SET, STACK), ends="UPDATE_ROLLBACK_COMPLETE")

    with pytest.raises(StackError, match=rf"{STACK}: UPDATE_ROLLBACK_COMPLETE: {STACK} Data .*UPDATE_FAILED"):
        rolled_back(client, plan())


def test_a_stack_that_runs_another_root_after_it_is_an_error() -> None:
    client = ExecutingCloudFormation(change_set(ROOT_SET, STACK))
    client.result = CHILD

    with pytest.raises(ChangeError, match=f"runs the root .*; expected {plan().digest}"):
        rolled_back(client, plan())
