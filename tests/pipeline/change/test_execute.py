"""Only what was approved is executed, and only on the stack that it was planned for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from pipeline.change import execute
from pipeline.change.execute import Approved
from pipeline.change.record import Plan
from pipeline.change.sessions import ChangeError
from tests.aws.cloudformation.cloud import Cloud
from tests.pipeline.change.deployments import (
    GIVEN,
    STACK,
    Session,
    deploy,
    deployed,
    plan,
    planned,
    published,
    with_delay,
)

POLICY = {"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}


def update_planned(cloud: Cloud, **more: Any) -> Plan:
    """Deploy the stack and plan an update of it."""
    deployed(cloud)
    found = planned(cloud, published(cloud, with_delay(2)), **more)
    cloud.calls.clear()
    return found


def check(cloud: Cloud, expected: Plan) -> None:
    execute.check_change_set(cloud.client(), expected)


def run(cloud: Cloud, approved: Approved) -> tuple[str, list[str]]:
    """Execute; return the digest of the root and the printed lines."""
    lines: list[str] = []
    return execute.execute(cast("Any", Session(cloud)), approved, lines.append), lines


def approved(**more: Any) -> Approved:
    expected = more.pop("plan", None) or plan(blocking=more.pop("blocking", []))
    values = {"plan": expected, "change_set": expected.change_set, "digest": expected.digest, "run": "7"}
    return Approved(**{**values, **more})


def test_what_was_planned_passes(cloud: Cloud) -> None:
    check(cloud, update_planned(cloud))
    execute.check_approval(approved())


def test_another_change_set_than_the_approved_one_is_refused() -> None:
    with pytest.raises(ChangeError, match=r"the plan is about .*run-7.*; expected arn:other"):
        execute.check_approval(approved(change_set="arn:other"))


def test_another_root_than_the_approved_one_is_refused() -> None:
    with pytest.raises(ChangeError, match="expected 0000"):
        execute.check_approval(approved(digest="0000"))


def test_a_risk_that_nobody_accepted_is_refused_whoever_approved() -> None:
    """In prod the approver sees it; a click accepts nothing."""
    with pytest.raises(ChangeError, match=r"nobody has accepted SG_OPENING:Network/Group.*review\.toml"):
        execute.check_approval(approved(blocking=["SG_OPENING:Network/Group"]))


def test_a_change_set_with_another_root_template_is_refused(cloud: Cloud) -> None:
    expected = update_planned(cloud)
    definition = cloud.change_set("run-7", STACK).definition
    definition.template = {**definition.template, "Description": "another"}

    with pytest.raises(ChangeError, match="has the root"):
        check(cloud, expected)


def test_a_change_set_with_another_nested_template_is_refused(cloud: Cloud) -> None:
    expected = update_planned(cloud)
    definition = cloud.change_set("run-7", STACK).children["Api"].definition
    definition.template = {**definition.template, "Description": "another"}

    with pytest.raises(ChangeError, match="has Api"):
        check(cloud, expected)


def test_a_change_set_that_became_obsolete_is_refused(cloud: Cloud) -> None:
    expected = update_planned(cloud)
    cloud.change_set("run-7", STACK).execution_status = "OBSOLETE"

    with pytest.raises(
        ChangeError, match=r"OBSOLETE; expected .*changed since it was planned; release again"
    ):
        check(cloud, expected)


def test_a_stack_that_moved_is_refused(cloud: Cloud) -> None:
    expected = update_planned(cloud)
    cloud.stack(STACK).updated = cloud.clock.now + timedelta(seconds=1)

    with pytest.raises(ChangeError, match="as when it was planned for: release again"):
        check(cloud, expected)


def test_a_change_set_that_is_gone_is_refused(cloud: Cloud) -> None:
    """Another that was executed removed it."""
    expected = update_planned(cloud)
    deploy(cloud, published(cloud, with_delay(3)), "run-8")

    with pytest.raises(ChangeError, match="is gone: executing another removes it"):
        check(cloud, expected)


def test_what_an_earlier_try_executed_is_no_fault(cloud: Cloud) -> None:
    expected = update_planned(cloud)
    cloud.client().execute_change_set(ChangeSetName=expected.change_set)
    cloud.run()

    assert execute.executed_before(cloud.client(), expected)


def test_an_executed_change_set_counts_only_while_the_stack_runs_its_root(cloud: Cloud) -> None:
    expected = update_planned(cloud)
    cloud.client().execute_change_set(ChangeSetName=expected.change_set)
    cloud.run()
    stack = cloud.stack(STACK)
    assert stack.definition is not None
    stack.definition.template = {**stack.definition.template, "Description": "another"}

    assert not execute.executed_before(cloud.client(), expected)


def test_what_an_earlier_try_has_begun_is_waited_for(cloud: Cloud) -> None:
    """A build that was ended does not end what it has begun."""
    expected = update_planned(cloud)
    cloud.client().execute_change_set(ChangeSetName=expected.change_set)
    cloud.turn()

    digest, lines = run(cloud, approved(plan=expected))

    assert digest == expected.digest
    assert lines == [
        f"{STACK}: run-7 is being executed by an earlier try",
        f"{STACK}: run-7 was executed already",
    ]


def test_what_was_approved_is_executed_under_the_stack_policy_of_the_plan(cloud: Cloud) -> None:
    protected = update_planned(cloud, given=replace(GIVEN, stack_policy=POLICY))

    found, _ = run(cloud, approved(plan=protected))

    assert found == protected.digest
    assert cloud.stack(STACK).status == "UPDATE_COMPLETE"
    assert cloud.called("ExecuteChangeSet", "SetStackPolicy") == ["ExecuteChangeSet", "SetStackPolicy"]
    assert cloud.parameters("ExecuteChangeSet")["ChangeSetName"] == protected.change_set
    assert json.loads(cloud.parameters("SetStackPolicy")["StackPolicyBody"]) == POLICY
    assert cloud.stack(STACK).policy == POLICY


def test_another_run_than_the_plan_s_rolls_back_to_the_plan_s_release(cloud: Cloud) -> None:
    earlier = update_planned(cloud)
    run(cloud, approved(plan=earlier))
    deploy(cloud, published(cloud, with_delay(3)), "run-8")
    cloud.calls.clear()

    found, lines = run(cloud, approved(plan=earlier, run="9"))

    assert found == earlier.digest
    assert lines[0] == f"{STACK}: rolls back to the release of run 7, root {earlier.digest}"
    changing = cloud.called("CreateChangeSet", "ExecuteChangeSet")
    assert changing == ["CreateChangeSet", "ExecuteChangeSet"]


def test_a_plan_without_changes_executes_nothing(cloud: Cloud) -> None:
    url = deployed(cloud)
    expected = planned(cloud, url)
    cloud.calls.clear()

    found, lines = run(cloud, approved(plan=expected, change_set="none"))

    assert found == expected.digest
    assert lines == [f"{STACK}: no changes; nothing is executed"]
    assert cloud.calls == []


def test_a_creation_that_was_planned_is_executed(cloud: Cloud) -> None:
    expected = planned(cloud, published(cloud))

    run(cloud, approved(plan=expected))

    assert [stack.status for stack in cloud.stack(STACK).tree()] == ["CREATE_COMPLETE"] * 3


def test_an_update_of_the_pipeline_waits_for_other_runs() -> None:
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "nobody", region_name="us-east-1")
    client = session.client("codepipeline")
    stages = [
        stage("Pipeline", pipelineExecutionId="7", status="InProgress"),
        stage("ProdPlan", pipelineExecutionId="other", status="InProgress"),
        stage("Dev"),
    ]

    stub = Stubber(client)
    stub.add_response("get_pipeline_state", {"stageStates": stages}, {"name": "payments"})

    with stub, pytest.raises(ChangeError) as refused:
        execute.check_exclusive(
            cast("Any", SimpleNamespace(client=lambda *_name, **_more: client)), "payments", "7"
        )

    assert "another run is under way in ProdPlan (other)" in str(refused.value)


def stage(name: str, **latest: str) -> dict[str, Any]:
    """Return the state of a stage, with its latest execution if it had one."""
    return {"stageName": name, **({"latestExecution": latest} if latest else {})}
