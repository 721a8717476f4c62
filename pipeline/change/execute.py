"""Executing an approved change set, after checking that it and its stack are still what was reviewed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.aws import answering
from pipeline.change import apply, change_set, stack_policy
from pipeline.change.apply import Print
from pipeline.change.drift import stack_name
from pipeline.change.record import NONE, Plan
from pipeline.change.rollback import roll_back
from pipeline.change.sessions import RETRIES, ChangeError
from pipeline.review.change_set.fetch import described

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient

EXECUTED = "EXECUTE_COMPLETE"
UNDER_WAY = "EXECUTE_IN_PROGRESS"
AVAILABLE = "AVAILABLE"


@dataclass(frozen=True, kw_only=True)
class Approved:
    """What was approved, as the approval states it."""

    plan: Plan
    change_set: str
    digest: str
    run: str
    """The run that executes; another one than the plan's where a stage is rolled back."""


def execute(session: boto3.Session, approved: Approved, print_line: Print) -> str:
    """Execute what was approved, and nothing newer; return the digest of the root that runs after it.

    A run other than the plan's rolls the stack back to the plan's release. Raises ChangeError where the
    change set is not what was approved, the stack was changed since, or the change fails.
    """
    plan = approved.plan
    check_approval(approved)
    with answering(plan.stack):
        client = session.client("cloudformation", config=RETRIES)
        if approved.run != plan.run:
            return roll_back(client, plan, approved.run, print_line)
        if not plan.change_set:
            print_line(f"{plan.stack}: no changes; nothing is executed")
            return plan.digest
        name = name_of(plan.change_set)
        if describe(client, plan).get("ExecutionStatus") == UNDER_WAY:
            # Stopping a build does not stop the change set that it started.
            print_line(f"{plan.stack}: {name} is being executed by an earlier try")
            change_set.wait_until_idle(client, plan.stack)
        if executed_before(client, plan):
            print_line(f"{plan.stack}: {name} was executed already")
        else:
            check_change_set(client, plan)
            print_line(f"{plan.stack}: {name} is what was reviewed, and the stack is unchanged since")
            with stack_policy.lifted(client, plan):
                apply.execute_change_set(client, plan.stack, plan.change_set, print_line)
        stack_policy.set_policies(client, plan)
        return apply.check_stack(client, plan)


def check_approval(approved: Approved) -> None:
    """Raise ChangeError unless the plan is what was approved, with every risk accepted."""
    plan = approved.plan
    faults = []
    if approved.change_set != (plan.change_set or NONE):
        faults.append(f"the plan is about {plan.change_set or NONE}; expected {approved.change_set}")
    if approved.digest != plan.digest:
        faults.append(f"the plan has the root {plan.digest}; expected {approved.digest}")
    faults += [
        f"nobody has accepted {risk}; expected it in review.toml, in the commit that is released"
        for risk in plan.blocking
    ]
    if faults:
        raise ChangeError(*(f"{plan.stack}: {fault}" for fault in faults))


def executed_before(client: CloudFormationClient, plan: Plan) -> bool:
    """Return whether an earlier try executed the change set and the stack runs its root template."""
    status = describe(client, plan).get("ExecutionStatus")
    return status == EXECUTED and apply.stack_digest(client, plan.stack) == plan.digest


def check_change_set(client: CloudFormationClient, plan: Plan) -> None:
    """Raise ChangeError unless the change set has the plan's templates and the stack is unchanged since."""
    found = describe(client, plan)
    name, status, execution = name_of(plan.change_set), found["Status"], found.get("ExecutionStatus")
    if status != change_set.CREATED or execution != AVAILABLE:
        raise ChangeError(
            f"{plan.stack}: {name} is {status}, {execution}; expected {change_set.CREATED}, "
            f"{AVAILABLE}: the stack was changed since it was planned; release again"
        )
    faults = []
    if found["StackName"] != stack_name(plan.stack):
        faults.append(f"{name} is a change set of {found['StackName']}; expected one of {plan.stack}")
    digest = apply.change_set_digest(client, plan.change_set, plan.stack)
    if digest != plan.digest:
        faults.append(f"the change set has the root {digest}; expected {plan.digest}")
    for title, nested in nested_change_sets(found).items():
        expected, digest = (
            plan.nested.get(title, "no stack of that name"),
            apply.change_set_digest(client, nested),
        )
        if digest != expected:
            faults.append(f"the change set has {title} {digest}; expected {expected}")
    state = change_set.state_of(change_set.find_stack(client, plan.stack))
    if state != plan.state:
        faults.append(
            f"the stack is {state}; expected it {plan.state}, as when it was planned for: release again"
        )
    if faults:
        raise ChangeError(*(f"{plan.stack}: {fault}" for fault in faults))


def describe(client: CloudFormationClient, plan: Plan) -> dict[str, Any]:
    """Return the plan's change set; ChangeError where it does not exist any more."""
    try:
        return described(client, plan.change_set, plan.stack)
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("ChangeSetNotFound"):
            raise
        raise ChangeError(
            f"{plan.stack}: {name_of(plan.change_set)} is gone: executing another removes it; release again"
        ) from error


def nested_change_sets(found: dict[str, Any]) -> dict[str, str]:
    """Return the ids of the change sets of nested stacks, by logical id."""
    changes = [change.get("ResourceChange", {}) for change in found.get("Changes", [])]
    return {
        change["LogicalResourceId"]: change["ChangeSetId"] for change in changes if change.get("ChangeSetId")
    }


def name_of(change_set_id: str) -> str:
    """Return the name in the id of a change set."""
    return change_set_id.rpartition("changeSet/")[2].partition("/")[0]


def check_exclusive(session: boto3.Session, pipeline: str, run: str) -> None:
    """Raise ChangeError while another run of the pipeline is under way: an update would end it."""
    with answering(pipeline):
        state = session.client("codepipeline", config=RETRIES).get_pipeline_state(name=pipeline)
    busy = [
        f"{stage['stageName']} ({stage['latestExecution']['pipelineExecutionId']})"
        for stage in state["stageStates"]
        if stage.get("latestExecution", {}).get("status") == "InProgress"
        and stage["latestExecution"]["pipelineExecutionId"] != run
    ]
    if busy:
        raise ChangeError(
            f"{pipeline}: another run is under way in {', '.join(busy)}, and would end with this update; "
            "expected none: let it finish, then retry this stage"
        )
