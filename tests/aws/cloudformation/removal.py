"""Resources deleted, kept by their DeletionPolicy, or brought back to what they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tests.aws.cloudformation import evaluating, physical
from tests.aws.cloudformation.physical import ProvisioningError
from tests.aws.cloudformation.provisioning import Step, Steps
from tests.aws.cloudformation.state import Resource, Stack, Undo

if TYPE_CHECKING:
    from tests.aws.cloudformation.cloud import Cloud

Keeps = Callable[[Resource], bool]
"""Returns whether the deletion of a resource leaves it as it is."""


def keeps_on_deletion(resource: Resource) -> bool:
    """Return whether a resource outlives the deletion of its stack, or its removal from the template."""
    return resource.deletion_policy in ("Retain", "RetainExceptOnCreate")


def keeps_on_failed_creation(*, retain_except_on_create: bool) -> Keeps:
    """Return the rule for what the operation that rolls back created itself."""

    def keeps(resource: Resource) -> bool:
        return resource.deletion_policy == "Retain" and not retain_except_on_create

    return keeps


def remove(
    cloud: Cloud, stack: Stack, removed: Iterable[Resource], keeps: Keeps, needed: dict[str, set[str]]
) -> Steps:
    """Delete resources of a stack, those first that others do not need; return what failed.

    What a resource needs stays as long as the resource itself cannot be deleted.
    """
    waiting = {resource.logical_id: resource for resource in removed if resource.exists}
    running: dict[str, Step] = {}
    failed: list[str] = []
    while True:
        for title, step in list(running.items()):
            try:
                next(step)
            except StopIteration as end:
                del running[title]
                if end.value:
                    failed.append(title)
                else:
                    del waiting[title]
        ready = [
            title
            for title in waiting
            if title not in running
            and title not in failed
            and not any(title in needed.get(other, set()) for other in waiting)
        ]
        for title in ready:
            running[title] = delete(cloud, stack, waiting[title], keeps)
        if not running:
            return failed
        yield


def delete(cloud: Cloud, stack: Stack, resource: Resource, keeps: Keeps) -> Step:
    """Delete a resource, unless its policy keeps it."""
    if keeps(resource):
        cloud.inventory.leave(resource)
        stack.mark(resource, "DELETE_SKIPPED")
        resource.physical = resource.nested = None
        return ""
    stack.mark(resource, "DELETE_IN_PROGRESS")
    yield
    reason = yield from destroy(cloud, stack, resource, keeps)
    stack.mark(resource, "DELETE_FAILED" if reason else "DELETE_COMPLETE", reason)
    return reason


def destroy(cloud: Cloud, stack: Stack, resource: Resource, keeps: Keeps) -> Step:
    """Delete what exists of a resource."""
    try:
        cloud.check("DELETE", stack.place(resource.logical_id))
        if resource.nested is None:
            cloud.inventory.delete(resource, final_snapshot=resource.deletion_policy == "Snapshot")
            return ""
    except ProvisioningError as fault:
        return str(fault)
    child = resource.nested
    failed = yield from delete_stack(cloud, child, keeps)
    return f"Embedded stack {child.id} was not successfully deleted: {child.reason}" if failed else ""


def delete_stack(cloud: Cloud, stack: Stack, keeps: Keeps, retained: Iterable[str] = ()) -> Steps:
    """Delete a stack and what is nested in it; what fails leaves it DELETE_FAILED."""
    stack.become("DELETE_IN_PROGRESS", "User Initiated")
    for title in retained:
        cloud.inventory.leave(stack.resources[title])
        stack.mark(stack.resources.pop(title), "DELETE_SKIPPED")
    yield
    failed = yield from remove(cloud, stack, [*stack.resources.values(), *stack.garbage], keeps, order(stack))
    if failed:
        reason = f"The following resource(s) failed to delete: [{', '.join(failed)}]."
        stack.become("DELETE_FAILED", reason)
        return failed
    stack.change_sets.clear()
    stack.become("DELETE_COMPLETE")
    return []


def order(stack: Stack) -> dict[str, set[str]]:
    """Return which resources of a stack need which, by its latest template."""
    return evaluating.dependencies(stack, stack.definition) if stack.definition else {}


def take_back(cloud: Cloud, stack: Stack, skipped: Iterable[str] = ()) -> Steps:
    """Bring updated resources of a stack back to what they were, the latest change first; return what failed.

    What was created stays until `clean_up`.
    """
    failed = []
    for undo in [undo for undo in reversed(stack.undo) if not undo.created]:
        title = undo.resource.logical_id
        if stack.place(title) in skipped:
            stack.mark(undo.resource, "UPDATE_COMPLETE")
            stack.undo.remove(undo)
            continue
        reason = yield from restore(cloud, stack, undo, skipped)
        if reason:
            undo.failed = True
            stack.mark(undo.resource, "UPDATE_FAILED", reason)
            failed.append(title)
        else:
            stack.undo.remove(undo)
    return failed


def restore(cloud: Cloud, stack: Stack, undo: Undo, skipped: Iterable[str]) -> Step:
    """Bring one resource back to what it was."""
    resource, before = undo.resource, undo.before
    if before is None:
        return ""
    place = stack.place(resource.logical_id)
    stack.resources[resource.logical_id] = resource
    stack.garbage = [other for other in stack.garbage if other.physical_id != before.physical_id]
    stack.mark(resource, "UPDATE_IN_PROGRESS")
    yield
    child = resource.nested
    if child is not None:
        if child.stable is not None and (child.undo or not child.status.endswith("_COMPLETE")):
            failed = yield from roll_back_update(cloud, child, skipped)
            if failed:
                return f"Embedded stack {child.id} was not successfully rolled back: {child.reason}"
    else:
        try:
            cloud.check("ROLLBACK", place)
        except ProvisioningError as fault:
            return str(fault)
        if resource.physical is not before.physical and resource.physical is not None:
            replacement = Resource(resource.logical_id, resource.type, deletion_policy="Delete")
            replacement.physical = resource.physical
            stack.garbage.append(replacement)
        resource.physical = before.physical
    resource.properties, resource.deletion_policy = before.properties, before.deletion_policy
    resource.template_url = before.template_url
    if resource.physical is not None:
        resource.physical.protected = physical.is_protected(resource)
    stack.mark(resource, "UPDATE_COMPLETE")
    return ""


def roll_back_update(cloud: Cloud, stack: Stack, skipped: Iterable[str] = ()) -> Steps:
    """Take back the updates of a stack; its clean-up follows once the root got so far."""
    stack.become("UPDATE_ROLLBACK_IN_PROGRESS")
    yield
    failed = yield from take_back(cloud, stack, skipped)
    if failed:
        reason = f"The following resource(s) failed to update: [{', '.join(failed)}]."
        stack.become("UPDATE_ROLLBACK_FAILED", reason)
        return failed
    stack.become("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    return []


def clean_up_rollback(cloud: Cloud, stack: Stack, *, retain_except_on_create: bool) -> Steps:
    """Delete what a rolled-back update created; what cannot be deleted is left behind, and no failure."""
    created = [undo.resource for undo in stack.undo if undo.created]
    keeps = keeps_on_failed_creation(retain_except_on_create=retain_except_on_create)
    needed = order(stack)
    yield from remove(cloud, stack, created, keeps, needed)
    yield from remove(cloud, stack, stack.garbage, lambda _resource: False, {})
    for resource in created:
        cloud.inventory.leave(resource)
        stack.resources.pop(resource.logical_id, None)
    stack.garbage.clear()
    stack.definition = stack.stable
    for child in stack.nested():
        if child.status == "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS":
            yield from clean_up_rollback(cloud, child, retain_except_on_create=retain_except_on_create)
    if stack.definition is not None:
        stack.outputs = evaluating.outputs(stack, stack.definition)
    stack.settle("UPDATE_ROLLBACK_COMPLETE")
    return []


def clean_up_update(cloud: Cloud, stack: Stack) -> Steps:
    """Delete what a successful update removed or replaced; what cannot be deleted is left behind."""
    for child in stack.nested():
        if child.undo or child.garbage or child.status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
            yield from clean_up_update(cloud, child)
    yield from remove(cloud, stack, stack.garbage, keeps_on_deletion, {})
    for resource in stack.garbage:
        cloud.inventory.leave(resource)
    stack.garbage.clear()
    stack.settle("UPDATE_COMPLETE")
    return []
