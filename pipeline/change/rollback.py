"""Rollback: a stack back to the release of an earlier plan, by a change set of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.change import apply, change_set, stack_policy
from pipeline.change.apply import Print
from pipeline.change.change_set import ChangeSetRequest
from pipeline.change.record import Plan
from pipeline.change.sessions import ChangeError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def roll_back(client: CloudFormationClient, plan: Plan, run: str, print_line: Print) -> str:
    """Change the stack back to the release of `plan` and return the digest of its root template.

    The release of an earlier plan is still in the artifact bucket. `run` names the change set. Raises
    ChangeError where the change set has another root than the plan, or fails.
    """
    print_line(f"{plan.stack}: rolls back to the release of run {plan.run}, root {plan.digest}")
    request = ChangeSetRequest(
        name=f"back-{run}",
        description=f"back to run {plan.run}, root {plan.digest}",
        template_url=plan.template_url,
        configuration=plan.given,
        execution_role=plan.execution_role,
    )
    created = change_set.create(client, plan.stack, request)
    for note in created.notes:
        print_line(f"{plan.stack}: {note}")
    if not created.id:
        print_line(f"{plan.stack}: already runs that release; nothing is executed")
        return plan.digest
    found = apply.change_set_digest(client, created.id, plan.stack)
    if found != plan.digest:
        raise ChangeError(f"{plan.stack}: the rollback has the root {found}; expected {plan.digest}")
    apply.execute_change_set(client, plan.stack, created.id, print_line)
    stack_policy.set_policies(client, plan)
    return apply.check_stack(client, plan)
