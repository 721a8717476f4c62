"""A rollback creates a change set of an earlier plan's release, executes it, and checks the result."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pipeline.change.record import Plan
from pipeline.change.rollback import roll_back
from pipeline.change.sessions import ChangeError
from pipeline.change.stack_events import StackError
from tests.aws.cloudformation.cloud import Cloud
from tests.pipeline.change.deployments import (
    GIVEN,
    ROLE,
    STACK,
    deploy,
    deployed,
    plan,
    planned,
    published,
    with_delay,
)

POLICY = {"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}


def earlier_plan(cloud: Cloud) -> Plan:
    """Deploy a release, then another; return the plan of the first."""
    deployed(cloud)
    earlier = planned(cloud, published(cloud, with_delay(2)))
    cloud.client().execute_change_set(ChangeSetName=earlier.change_set)
    cloud.run()
    deploy(cloud, published(cloud, with_delay(3)), "run-8")
    cloud.calls.clear()
    return earlier


def rolled_back(cloud: Cloud, earlier: Plan) -> tuple[str, list[str]]:
    """Roll back under run 9; return the digest of the root and the printed lines."""
    lines: list[str] = []
    return roll_back(cloud.client(), earlier, "9", lines.append), lines


def test_the_change_set_is_of_the_plan_s_release_with_its_parameters_under_its_role(cloud: Cloud) -> None:
    earlier = earlier_plan(cloud)

    digest, lines = rolled_back(cloud, earlier)

    request = cloud.parameters("CreateChangeSet")
    assert request["StackName"] == STACK
    assert request["ChangeSetName"] == "back-9"
    assert request["Description"] == f"back to run 7, root {earlier.digest}"
    assert request["TemplateURL"] == earlier.template_url
    assert request["Parameters"] == [{"ParameterKey": "EnvironmentSuffix", "ParameterValue": "dev"}]
    assert request["RoleARN"] == ROLE
    assert digest == earlier.digest
    assert lines[0] == f"{STACK}: rolls back to the release of run 7, root {digest}"


def test_the_change_set_is_executed_then_the_stack_policy_is_set(cloud: Cloud) -> None:
    earlier = earlier_plan(cloud)

    rolled_back(cloud, replace(earlier, given=replace(GIVEN, stack_policy=POLICY)))

    assert cloud.called("ExecuteChangeSet", "SetStackPolicy") == ["ExecuteChangeSet", "SetStackPolicy"]
    assert cloud.parameters("SetStackPolicy") == {
        "StackName": STACK,
        "StackPolicyBody": json.dumps(POLICY),
    }


def test_where_the_stack_runs_that_release_nothing_is_executed(cloud: Cloud) -> None:
    earlier = earlier_plan(cloud)
    deploy(cloud, earlier.template_url, "run-9")
    cloud.calls.clear()

    digest, lines = rolled_back(cloud, earlier)

    assert digest == earlier.digest
    assert lines[-1] == f"{STACK}: already runs that release; nothing is executed"
    assert cloud.called("CreateChangeSet", "ExecuteChangeSet") == ["CreateChangeSet"]


def test_a_change_set_with_another_root_than_the_plan_s_is_not_executed(cloud: Cloud) -> None:
    """The object in the bucket was replaced."""
    earlier = earlier_plan(cloud)
    other = cloud.templates[published(cloud, with_delay(4))]
    cloud.store(other, earlier.template_url)

    with pytest.raises(ChangeError, match=f"the rollback has the root .*; expected {earlier.digest}"):
        rolled_back(cloud, earlier)

    assert cloud.called("CreateChangeSet", "ExecuteChangeSet") == ["CreateChangeSet"]


def test_a_change_set_that_cannot_be_created_is_deleted_and_its_reason_raised(cloud: Cloud) -> None:
    earlier = earlier_plan(cloud)
    cloud.planning_faults = {"": "Template format error"}

    with pytest.raises(ChangeError, match=f"{STACK}: change set back-9: Template format error"):
        rolled_back(cloud, earlier)

    cloud.run()
    assert "back-9" not in cloud.stack(STACK).change_sets
    assert cloud.called("CreateChangeSet", "ExecuteChangeSet") == ["CreateChangeSet"]


def test_a_rollback_that_fails_raises_the_first_failure(cloud: Cloud) -> None:
    earlier = earlier_plan(cloud)
    cloud.fail("UPDATE", "Api.Queue", "no capacity")

    with pytest.raises(
        StackError, match=rf"{STACK}: UPDATE_ROLLBACK_COMPLETE: {STACK}-Api-\d+ Queue .*no capacity"
    ):
        rolled_back(cloud, earlier)


def test_a_stack_that_runs_another_root_after_it_is_an_error(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = earlier_plan(cloud)
    other = cloud.templates[published(cloud, with_delay(4))]
    turn = cloud.turn

    def interfere() -> None:
        turn()
        definition = cloud.stack(STACK).definition
        if cloud.stack(STACK).status == "UPDATE_COMPLETE" and definition is not None and not cloud.operations:
            definition.template = other

    monkeypatch.setattr(cloud.clock, "turn", interfere)

    with pytest.raises(ChangeError, match=f"runs the root .*; expected {earlier.digest}"):
        rolled_back(cloud, earlier)


def test_what_could_not_be_deleted_is_printed(cloud: Cloud) -> None:
    earlier = earlier_plan(cloud)
    deploy(cloud, earlier.template_url, "run-9")
    cloud.refuse("DeleteChangeSet", "AccessDenied", "not allowed")

    _, lines = rolled_back(cloud, earlier)

    assert lines[1] == (
        f"{STACK}: note: it was not deleted: DeleteChangeSet answered AccessDenied: not allowed"
    )


def test_a_plan_of_a_stack_that_is_gone_creates_it(cloud: Cloud) -> None:
    url = published(cloud)
    earlier = plan(template_url=url, digest=planned(cloud, url).digest)

    digest, _ = rolled_back(cloud, earlier)

    assert digest == earlier.digest
    assert cloud.stack(STACK).status == "CREATE_COMPLETE"
