"""Executing: the change set that was reviewed, after making sure that it still is that one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.aws import answering
from pipeline.change import change_set as sets
from pipeline.change import releases
from pipeline.change.change_set import Wanted
from pipeline.change.drift import short
from pipeline.change.record import NONE, Plan
from pipeline.change.sessions import RETRIES, ChangeError
from pipeline.change.stack_events import Watch
from pipeline.change.waiting import MOST_SECONDS

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient

Tell = Callable[[str], None]
EXECUTED = "EXECUTE_COMPLETE"
UNDER_WAY = "EXECUTE_IN_PROGRESS"
AVAILABLE = "AVAILABLE"
PATIENCE_SECONDS = 4 * 3600


@dataclass(frozen=True, kw_only=True)
class Approved:
    """What somebody approved, as the approval said it."""

    plan: Plan
    change_set: str
    digest: str
    run: str
    """The run that executes; another one than the plan's where a stage is rolled back."""


def execute(session: boto3.Session, approved: Approved, tell: Tell) -> str:
    """Execute what was approved, and nothing newer; return the digest of the root that then runs.

    A run that planned nothing itself takes the stack back to what its plan was about. Raises ChangeError
    where the change set is not what was approved, the stack moved since, or the change fails.
    """
    plan = approved.plan
    check_record(approved)
    with answering(plan.stack):
        client = session.client("cloudformation", config=RETRIES)
        if approved.run != plan.run:
            return go_back(client, plan, approved.run, tell)
        if not plan.change_set:
            tell(f"{plan.stack}: no changes; nothing is executed")
            return plan.digest
        if describe(client, plan).get("ExecutionStatus") == UNDER_WAY:
            # A build that was ended does not end what it has begun.
            tell(f"{plan.stack}: {name_of(plan.change_set)} is being executed by an earlier try")
            sets.at_rest(client, plan.stack)
        if executed_before(client, plan):
            tell(f"{plan.stack}: {name_of(plan.change_set)} was executed already")
        else:
            check_change_set(client, plan)
            tell(
                f"{plan.stack}: {name_of(plan.change_set)} is what was reviewed, and the stack has not moved"
            )
            carry_out(client, plan.stack, plan.change_set, tell)
        keep_policy(client, plan)
        return arrived(client, plan)


def check_record(approved: Approved) -> None:
    """Raise ChangeError unless the record is what was approved, and no risk is left to accept."""
    plan = approved.plan
    faults = []
    if approved.change_set != (plan.change_set or NONE):
        faults.append(f"the plan is about {plan.change_set or NONE}; expected {approved.change_set}")
    if approved.digest != plan.digest:
        faults.append(f"the plan has the root {plan.digest}; expected {approved.digest}")
    faults += [
        f"nobody has accepted {each}; expected it in review.toml, in the commit that is released"
        for each in plan.blocking
    ]
    if faults:
        raise ChangeError(*(f"{plan.stack}: {fault}" for fault in faults))


def executed_before(client: CloudFormationClient, plan: Plan) -> bool:
    """Whether an earlier try of this step has executed the change set, and the stack is where it led."""
    described = describe(client, plan)
    return described.get("ExecutionStatus") == EXECUTED and live_digest(client, plan.stack) == plan.digest


def check_change_set(client: CloudFormationClient, plan: Plan) -> None:
    """Raise ChangeError unless the change set holds the templates of the plan, for the stack as it was."""
    described = describe(client, plan)
    status, execution = described["Status"], described.get("ExecutionStatus")
    if status != sets.CREATED or execution != AVAILABLE:
        raise ChangeError(
            f"{plan.stack}: {name_of(plan.change_set)} is {status}, {execution}; expected {sets.CREATED}, "
            f"{AVAILABLE}: the stack was changed since it was planned; release again"
        )
    faults = []
    if described["StackName"] != short(plan.stack):
        of_whom = f"{name_of(plan.change_set)} is a change set of {described['StackName']}"
        faults.append(f"{of_whom}; expected one of {plan.stack}")
    found = of_change_set(client, plan.change_set, plan.stack)
    if found != plan.digest:
        faults.append(f"the change set holds the root {found}; expected {plan.digest}")
    for title, child in nested_sets(described).items():
        expected, found = plan.nested.get(title, "nothing of that name"), of_change_set(client, child)
        if found != expected:
            faults.append(f"the change set holds {title} {found}; expected {expected}")
    now = sets.state_of(sets.find(client, plan.stack))
    if now != plan.state:
        faults.append(
            f"the stack is {now}; expected it {plan.state}, as when it was planned for: release again"
        )
    if faults:
        raise ChangeError(*(f"{plan.stack}: {fault}" for fault in faults))


def describe(client: CloudFormationClient, plan: Plan) -> dict[str, Any]:
    """The change set of the plan, with the changes of every page."""
    try:
        found: dict[str, Any] = dict(
            client.describe_change_set(ChangeSetName=plan.change_set, StackName=plan.stack)
        )
        token = found.get("NextToken")
        while token:
            page = client.describe_change_set(
                ChangeSetName=plan.change_set, StackName=plan.stack, NextToken=token
            )
            found["Changes"] += page["Changes"]
            token = page.get("NextToken")
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("ChangeSetNotFound"):
            raise
        raise ChangeError(
            f"{plan.stack}: {name_of(plan.change_set)} is gone: executing another removes it; release again"
        ) from error
    return found


def nested_sets(described: dict[str, Any]) -> dict[str, str]:
    """The ids of the change sets of nested stacks, by logical id."""
    changes = [each.get("ResourceChange", {}) for each in described.get("Changes", [])]
    return {each["LogicalResourceId"]: each["ChangeSetId"] for each in changes if each.get("ChangeSetId")}


def of_change_set(client: CloudFormationClient, change_set: str, stack: str = "") -> str:
    """The digest of the template that a change set holds."""
    named: Any = {"StackName": stack} if stack else {}
    answer = client.get_template(ChangeSetName=change_set, TemplateStage="Original", **named)
    body: Any = answer["TemplateBody"]
    return releases.digest(body)


def live_digest(client: CloudFormationClient, stack: str) -> str:
    """The digest of the template that a stack has."""
    body: Any = client.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    return releases.digest(body)


def carry_out(client: CloudFormationClient, stack: str, change_set: str, tell: Tell) -> None:
    """Execute a change set and tell every event; raise StackError with the first failure if it fails."""
    watch = Watch(client, stack)
    stack_id = client.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    watch.hear_out(stack_id)
    client.execute_change_set(ChangeSetName=change_set, StackName=stack)
    watch.follow(
        stack_id,
        lambda event: tell(str(event)),
        patience_seconds=PATIENCE_SECONDS,
        longest_pause_seconds=MOST_SECONDS,
    )


def keep_policy(client: CloudFormationClient, plan: Plan) -> None:
    """Protect the stack as its parameters say: a change set does not take a stack policy along."""
    policy = plan.given.stack_policy
    if policy:
        client.set_stack_policy(StackName=plan.stack, StackPolicyBody=json.dumps(policy))


def arrived(client: CloudFormationClient, plan: Plan) -> str:
    """The digest of what runs now; ChangeError unless it is the plan's."""
    found = live_digest(client, plan.stack)
    if found != plan.digest:
        raise ChangeError(f"{plan.stack}: runs the root {found}; expected {plan.digest}")
    return found


def go_back(client: CloudFormationClient, plan: Plan, run: str, tell: Tell) -> str:
    """Take the stack back to an earlier plan, which was approved and ran; its release is kept."""
    tell(f"{plan.stack}: goes back to what run {plan.run} released, root {plan.digest}")
    wanted = Wanted(
        name=f"back-{run}",
        description=f"back to run {plan.run}, root {plan.digest}",
        template_url=plan.template_url,
        given=plan.given,
        execution_role=plan.execution_role,
    )
    made = sets.make(client, plan.stack, wanted)
    if not made.change_set:
        tell(f"{plan.stack}: is there already")
        return plan.digest
    found = of_change_set(client, made.change_set, plan.stack)
    if found != plan.digest:
        raise ChangeError(f"{plan.stack}: the way back leads to the root {found}; expected {plan.digest}")
    carry_out(client, plan.stack, made.change_set, tell)
    keep_policy(client, plan)
    return arrived(client, plan)


def name_of(change_set: str) -> str:
    """The name in the id of a change set."""
    return change_set.rpartition("changeSet/")[2].partition("/")[0]


def alone(session: boto3.Session, pipeline: str, run: str) -> None:
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
