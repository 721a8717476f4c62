"""Executing a change set and checking what the stack runs after it: for releases and for rollbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipeline.change import releases
from pipeline.change.record import Plan
from pipeline.change.sessions import ChangeError
from pipeline.change.stack_events import StackError, Watch
from pipeline.change.states import is_first_execution
from pipeline.change.waiting import MOST_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

Print = Callable[[str], None]
"""Prints a line of progress."""
TIMEOUT_SECONDS = 4 * 3600
ADVICE = (
    "what succeeded stays: repair the cause and plan again, which continues the creation; or begin anew by "
    "`build.py recover --start-over`"
)


def execute_change_set(client: CloudFormationClient, stack: str, change_set: str, print_line: Print) -> None:
    """Execute a change set, print every event, and wait for its end.

    Raises StackError with the first failure where the change set fails. A creation that fails stays as far
    as it got, and a later change set continues it; an update that fails is rolled back, with what it created.
    """
    watch = Watch(client, stack)
    found = client.describe_stacks(StackName=stack)["Stacks"][0]
    stack_id = found["StackId"]
    watch.hear_out(stack_id)
    creating = is_first_execution(client, found)
    # What is not rolled back needs no rule for what a rollback deletes.
    on_failure: Any = {"DisableRollback": True} if creating else {"RetainExceptOnCreate": True}
    client.execute_change_set(ChangeSetName=change_set, StackName=stack, **on_failure)
    try:
        watch.follow(
            stack_id,
            lambda event: print_line(str(event)),
            patience_seconds=TIMEOUT_SECONDS,
            longest_pause_seconds=MOST_SECONDS,
        )
    except StackError as error:
        if not creating:
            raise
        raise StackError(*error.faults, f"{stack}: {ADVICE}") from error


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
