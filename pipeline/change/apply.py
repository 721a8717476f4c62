"""Executing a change set and checking what the stack runs after it: for releases and for rollbacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipeline.change import releases
from pipeline.change.record import Plan
from pipeline.change.sessions import ChangeError
from pipeline.change.stack_events import Watch
from pipeline.change.waiting import MOST_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

Print = Callable[[str], None]
"""Prints a line of progress."""
TIMEOUT_SECONDS = 4 * 3600


def execute_change_set(client: CloudFormationClient, stack: str, change_set: str, print_line: Print) -> None:
    """Execute a change set, print every event, and wait for its end.

    Raises StackError with the first failure where the change set fails.
    """
    watch = Watch(client, stack)
    stack_id = client.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    watch.hear_out(stack_id)
    client.execute_change_set(ChangeSetName=change_set, StackName=stack)
    watch.follow(
        stack_id,
        lambda event: print_line(str(event)),
        patience_seconds=TIMEOUT_SECONDS,
        longest_pause_seconds=MOST_SECONDS,
    )


def set_stack_policy(client: CloudFormationClient, plan: Plan) -> None:
    """Set the plan's stack policy, if it has one: a change set cannot carry it."""
    policy = plan.given.stack_policy
    if policy:
        client.set_stack_policy(StackName=plan.stack, StackPolicyBody=json.dumps(policy))


def check_stack(client: CloudFormationClient, plan: Plan) -> str:
    """Return the digest of the root template that runs now; ChangeError unless it is the plan's."""
    found = stack_digest(client, plan.stack)
    if found != plan.digest:
        raise ChangeError(f"{plan.stack}: runs the root {found}; expected {plan.digest}")
    return found


def stack_digest(client: CloudFormationClient, stack: str) -> str:
    """Return the digest of the template that a stack has."""
    body: Any = client.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    return releases.digest(body)


def change_set_digest(client: CloudFormationClient, change_set: str, stack: str = "") -> str:
    """Return the digest of the template that a change set has."""
    named: Any = {"StackName": stack} if stack else {}
    answer = client.get_template(ChangeSetName=change_set, TemplateStage="Original", **named)
    body: Any = answer["TemplateBody"]
    return releases.digest(body)
