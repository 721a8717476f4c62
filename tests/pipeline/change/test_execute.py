"""Only what was approved is executed, and only on the stack that it was planned for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from pipeline.change import execute
from pipeline.change.execute import Approved
from pipeline.change.sessions import ChangeError
from tests.pipeline.change.cloudformation import (
    CHILD,
    CHILD_SET,
    GIVEN,
    MADE,
    ROOT,
    ROOT_SET,
    STACK,
    CloudFormation,
    ExecutingCloudFormation,
    change_set,
    nested,
    plan,
)


def described(**more: Any) -> CloudFormation:
    return CloudFormation(
        change_set(ROOT_SET, STACK, Changes=[nested("Data", CHILD_SET)], **more),
        change_set(CHILD_SET, "payments-dev-Data"),
    )


class Session:
    """A session whose clients are all `client`."""

    def __init__(self, client: CloudFormation) -> None:
        self.made = client

    def client(self, *_name: str, **_more: object) -> CloudFormation:
        """Return the client."""
        return self.made


def check(client: CloudFormation) -> None:
    execute.check_change_set(cast("Any", client), plan())


def approved(**more: Any) -> Approved:
    made = more.pop("plan", None) or plan(blocking=more.pop("blocking", []))
    return Approved(**{"plan": made, "change_set": ROOT_SET, "digest": made.digest, "run": "7", **more})


def test_what_was_planned_passes() -> None:
    check(described())
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


def test_a_change_set_with_another_root_template_is_refused() -> None:
    client = described()
    client.templates[ROOT_SET] = {**ROOT, "Description": "another"}

    with pytest.raises(ChangeError, match="has the root"):
        check(client)


def test_a_change_set_with_another_nested_template_is_refused() -> None:
    client = described()
    client.templates[CHILD_SET] = {**CHILD, "Description": "another"}

    with pytest.raises(ChangeError, match="has Data"):
        check(client)


def test_a_change_set_that_became_obsolete_is_refused() -> None:
    with pytest.raises(
        ChangeError, match=r"OBSOLETE; expected .*changed since it was planned; release again"
    ):
        check(described(ExecutionStatus="OBSOLETE"))


def test_a_stack_that_moved_is_refused() -> None:
    client = described()
    client.updated = MADE + timedelta(seconds=1)

    with pytest.raises(ChangeError, match="as when it was planned for: release again"):
        check(client)


def test_a_change_set_that_is_gone_is_refused() -> None:
    with pytest.raises(ChangeError, match="is gone: executing another removes it"):
        check(CloudFormation())


def test_what_an_earlier_try_executed_is_no_fault() -> None:
    client = described(ExecutionStatus="EXECUTE_COMPLETE")

    assert execute.executed_before(cast("Any", client), plan())
    client.templates[STACK] = CHILD
    assert not execute.executed_before(cast("Any", client), plan())


def test_what_an_earlier_try_has_begun_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that was ended does not end what it has begun."""
    client, told = described(ExecutionStatus="EXECUTE_IN_PROGRESS"), list[str]()
    client.status = "UPDATE_IN_PROGRESS"

    def finish(_seconds: float) -> None:
        client.status = "UPDATE_COMPLETE"
        client.sets[ROOT_SET]["ExecutionStatus"] = "EXECUTE_COMPLETE"

    monkeypatch.setattr("time.sleep", finish)

    assert execute.execute(cast("Any", Session(client)), approved(), told.append) == approved().digest
    assert told == [
        f"{STACK}: run-7 is being executed by an earlier try",
        f"{STACK}: run-7 was executed already",
    ]


def test_what_was_approved_is_executed_under_the_stack_policy_of_the_plan() -> None:
    client = ExecutingCloudFormation(change_set(ROOT_SET, STACK, Changes=[nested("Data", CHILD_SET)]))
    policy = {"Statement": [{"Effect": "Deny"}]}
    protected = plan(given=replace(GIVEN, stack_policy=policy))

    found = execute.execute(cast("Any", Session(client)), approved(plan=protected), list[str]().append)

    assert found == protected.digest
    assert client.asked == [
        ("execute", {"ChangeSetName": ROOT_SET, "StackName": STACK, "RetainExceptOnCreate": True}),
        ("policy", {"StackName": STACK, "StackPolicyBody": json.dumps(policy)}),
    ]


def test_another_run_than_the_plan_s_rolls_back_to_the_plan_s_release() -> None:
    client, lines = ExecutingCloudFormation(change_set(ROOT_SET, STACK)), list[str]()

    found = execute.execute(cast("Any", Session(client)), approved(run="9"), lines.append)

    assert found == plan().digest
    assert lines[0] == f"{STACK}: rolls back to the release of run 7, root {plan().digest}"
    assert client.operations() == ["create", "execute"]


def test_an_update_of_the_pipeline_waits_for_other_runs() -> None:
    class CodePipeline:
        def client(self, *_name: str, **_more: object) -> CodePipeline:
            return self

        def get_pipeline_state(self, **_asked: str) -> dict[str, Any]:
            running = {"status": "InProgress", "pipelineExecutionId": "other"}
            own = {"status": "InProgress", "pipelineExecutionId": "7"}
            return {
                "stageStates": [
                    {"stageName": "Pipeline", "latestExecution": own},
                    {"stageName": "ProdPlan", "latestExecution": running},
                    {"stageName": "Dev"},
                ]
            }

    with pytest.raises(ChangeError, match=r"another run is under way in ProdPlan \(other\)"):
        execute.check_exclusive(cast("Any", CodePipeline()), "payments", "7")
