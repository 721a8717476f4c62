"""Operations of a root stack, from its first status to its last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tests.aws.cloudformation import removal
from tests.aws.cloudformation.provisioning import Options, provision
from tests.aws.cloudformation.removal import keeps_on_failed_creation, order, remove
from tests.aws.cloudformation.state import ChangeSet, Stack

if TYPE_CHECKING:
    from tests.aws.cloudformation.cloud import Cloud


def execute(cloud: Cloud, change_set: ChangeSet, options: Options) -> Iterator[None]:
    """Execute a change set: create its stack, or update it."""
    stack = change_set.stack
    creating = stack.status == "REVIEW_IN_PROGRESS"
    stack.become("CREATE_IN_PROGRESS" if creating else "UPDATE_IN_PROGRESS", "User Initiated")
    stack.definition = change_set.definition
    if not creating:
        stack.updated = stack.clock.moment()
    yield
    failed = yield from provision(cloud, stack, change_set.definition, options)
    change_set.execution_status = "EXECUTE_FAILED" if failed else "EXECUTE_COMPLETE"
    if not failed and creating:
        stack.settle("CREATE_COMPLETE")
    elif not failed:
        stack.become("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        yield
        yield from removal.clean_up_update(cloud, stack)
    elif options.preserve:
        preserve(stack, failed, creating=creating)
    elif creating:
        yield from roll_back_creation(cloud, stack, failed, change_set.on_stack_failure, options)
    else:
        yield from roll_back(cloud, stack, retain_except_on_create=options.retain_except_on_create)


def preserve(stack: Stack, failed: list[str], *, creating: bool) -> None:
    """End a failed operation as it is: what succeeded stays."""
    for child in stack.nested():
        if child.status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
            child.become("UPDATE_COMPLETE")
    verb = "create" if creating else "update"
    stack.become(
        f"{verb.upper()}_FAILED", f"The following resource(s) failed to {verb}: [{', '.join(failed)}]."
    )


def roll_back_creation(
    cloud: Cloud, stack: Stack, failed: list[str], on_stack_failure: str, options: Options
) -> Iterator[None]:
    """Delete what a failed creation created; with OnStackFailure DELETE, the stack too."""
    keeps = keeps_on_failed_creation(retain_except_on_create=options.retain_except_on_create)
    if on_stack_failure == "DELETE":
        yield from removal.delete_stack(cloud, stack, keeps)
        return
    reason = f"The following resource(s) failed to create: [{', '.join(failed)}]."
    stack.become("ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")
    yield
    left = yield from remove(cloud, stack, stack.resources.values(), keeps, order(stack))
    if left:
        stack.become("ROLLBACK_FAILED", f"The following resource(s) failed to delete: [{', '.join(left)}].")
    else:
        stack.become("ROLLBACK_COMPLETE")


def roll_back(
    cloud: Cloud, stack: Stack, skipped: Iterable[str] = (), *, retain_except_on_create: bool
) -> Iterator[None]:
    """Bring a stack back to its last stable state, or stop where that fails."""
    failed = yield from removal.roll_back_update(cloud, stack, skipped)
    if not failed:
        yield
        yield from removal.clean_up_rollback(cloud, stack, retain_except_on_create=retain_except_on_create)


def roll_back_to_stable(cloud: Cloud, stack: Stack, *, retain_except_on_create: bool) -> Iterator[None]:
    """Carry out RollbackStack: a stack that was never complete is deleted."""
    if stack.ever_complete:
        yield from roll_back(cloud, stack, retain_except_on_create=retain_except_on_create)
    else:
        keeps = keeps_on_failed_creation(retain_except_on_create=retain_except_on_create)
        yield from removal.delete_stack(cloud, stack, keeps)


def delete(cloud: Cloud, stack: Stack, retained: Iterable[str]) -> Iterator[None]:
    """Carry out DeleteStack."""
    yield from removal.delete_stack(cloud, stack, removal.keeps_on_deletion, retained)
