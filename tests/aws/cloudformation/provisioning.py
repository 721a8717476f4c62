"""Resources brought to what a template asks for, in the order of their dependencies."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import references, same
from tests.aws.cloudformation import evaluating, physical, stack_policy
from tests.aws.cloudformation.evaluating import TemplateError
from tests.aws.cloudformation.physical import ProvisioningError
from tests.aws.cloudformation.state import Definition, Resource, Stack, Undo, snapshot

if TYPE_CHECKING:
    from tests.aws.cloudformation.cloud import Cloud

Steps: TypeAlias = Generator[None, None, list[str]]
"""An operation that advances by a step at every `next`, and returns the logical ids of what failed."""
Step: TypeAlias = Generator[None, None, str]
"""The same of one resource; returns why it failed, or an empty string."""


@dataclass(frozen=True)
class Options:
    """How an operation deals with failures."""

    preserve: bool = False
    """DisableRollback: what succeeded stays, and independent resources go on."""
    retain_except_on_create: bool = False


@dataclass(frozen=True)
class Work:
    """A stack on its way to a definition."""

    cloud: Cloud
    stack: Stack
    definition: Definition
    options: Options
    replaced: set[str] = field(default_factory=set)
    """The resources that were replaced: what refers to them is updated too."""


def provision(cloud: Cloud, stack: Stack, definition: Definition, options: Options) -> Steps:
    """Create and update the resources of a stack; what was removed or replaced is left as its garbage."""
    needed = evaluating.dependencies(stack, definition)
    running: dict[str, Step] = {}
    done: set[str] = set()
    failed: dict[str, str] = {}
    work = Work(cloud, stack, definition, options)
    while True:
        for title, step in list(running.items()):
            try:
                next(step)
            except StopIteration as end:
                del running[title]
                if end.value:
                    failed[title] = end.value
                else:
                    done.add(title)
        # Without DisableRollback nothing new is begun after a failure.
        ready = [
            title
            for title, others in needed.items()
            if others <= done and title not in done and title not in failed and title not in running
        ]
        if failed and not options.preserve:
            ready = []
        for title in ready:
            running[title] = bring(work, title)
        if not running:
            break
        yield
    if not failed:
        collect_garbage(stack, definition)
        stack.outputs = evaluating.outputs(stack, definition)
    return list(failed)


def collect_garbage(stack: Stack, definition: Definition) -> None:
    """Take out of a stack what its template has no longer, to be deleted later."""
    wanted = evaluating.StackEvaluation(stack, definition).resources
    for title in [title for title in stack.resources if title not in wanted]:
        resource = stack.resources.pop(title)
        stack.undo.append(Undo(resource, before=snapshot(resource)))
        stack.garbage.append(resource)


def bring(work: Work, title: str) -> Step:
    """Create or update one resource, or leave it where nothing changed."""
    stack, definition = work.stack, work.definition
    present = stack.resources.get(title)
    creating = present is None or not present.exists
    verb = "CREATE" if creating else "UPDATE"
    resource = (
        Resource(title, definition.template["Resources"][title]["Type"]) if present is None else present
    )
    try:
        evaluation = evaluating.StackEvaluation(stack, definition, evaluating.while_executed(stack))
        wanted = evaluating.wanted(evaluation, title)
        if creating:
            reason = yield from create(work, resource, wanted)
        else:
            reason = yield from update(work, resource, wanted)
    except (ProvisioningError, TemplateError) as fault:
        reason = str(fault)
    if reason:
        stack.resources.setdefault(title, resource)
        stack.mark(resource, f"{verb}_FAILED", reason)
    return reason


def create(work: Work, resource: Resource, wanted: Resource) -> Step:
    """Create a resource."""
    cloud, stack, options = work.cloud, work.stack, work.options
    describe(resource, wanted)
    stack.resources[resource.logical_id] = resource
    stack.mark(resource, "CREATE_IN_PROGRESS")
    if not any(undo.created and undo.resource is resource for undo in stack.undo):
        stack.undo.append(Undo(resource, created=True))
    yield
    cloud.check("CREATE", stack.place(resource.logical_id))
    if resource.type != STACK_TYPE:
        resource.physical = cloud.inventory.create(stack, resource)
        stack.mark(resource, "CREATE_COMPLETE")
        return ""
    definition = nested_definition(cloud, stack, resource)
    child = cloud.child_in_review(stack, resource.logical_id) or cloud.new_stack(
        "", stack, resource.logical_id
    )
    resource.nested = child
    child.become("CREATE_IN_PROGRESS", "User Initiated")
    child.definition = definition
    failed = yield from provision(cloud, child, definition, options)
    if failed:
        child.become("CREATE_FAILED", f"The following resource(s) failed to create: [{', '.join(failed)}].")
        return f"Embedded stack {child.id} was not successfully created: {child.reason}"
    child.settle("CREATE_COMPLETE")
    stack.mark(resource, "CREATE_COMPLETE")
    return ""


def update(work: Work, resource: Resource, wanted: Resource) -> Step:
    """Update or replace a resource that exists, where something of it changed."""
    cloud, stack = work.cloud, work.stack
    place = stack.place(resource.logical_id)
    if resource.type == STACK_TYPE and resource.nested is not None:
        return (yield from update_nested(work, resource, wanted))
    changed = not same(resource.properties, wanted.properties)
    follows = {reference.resource for reference in references(wanted.properties)} & work.replaced
    if not changed and not follows and resource.status not in ("UPDATE_FAILED", "CREATE_FAILED"):
        resource.deletion_policy = wanted.deletion_policy
        return ""
    before = snapshot(resource)
    replaces = physical.is_replaced(resource.type, resource.properties, wanted.properties)
    stack_policy.check(stack.policy, "Replace" if replaces else "Modify", resource)
    stack.mark(resource, "UPDATE_IN_PROGRESS")
    yield
    cloud.check("UPDATE", place)
    stack.undo.append(Undo(resource, before=before))
    describe(resource, wanted)
    if replaces:
        resource.physical = cloud.inventory.create(stack, resource)
        stack.garbage.append(replace(before, deletion_policy=before.update_replace_policy))
        work.replaced.add(resource.logical_id)
    elif resource.physical is not None:
        resource.physical.protected = physical.is_protected(resource)
    stack.mark(resource, "UPDATE_COMPLETE")
    return ""


def update_nested(work: Work, resource: Resource, wanted: Resource) -> Step:
    """Update a nested stack, or continue one whose creation or update failed."""
    cloud, stack, options = work.cloud, work.stack, work.options
    child = resource.nested
    if child is None or child.definition is None:
        raise ProvisioningError(f"{resource.logical_id} has no stack")
    before = snapshot(resource)
    former = resource.properties
    describe(resource, wanted)
    definition = nested_definition(cloud, stack, resource)
    broken = child.status in ("CREATE_FAILED", "UPDATE_FAILED")
    if is_unchanged(child.definition, definition) and not broken:
        return ""
    resource.properties = former
    stack_policy.check(stack.policy, "Modify", resource)
    if child.status == "CREATE_FAILED" and not cloud.nested_creation_continues:
        raise ProvisioningError(f"Stack:{child.id} is in CREATE_FAILED state and can not be updated.")
    describe(resource, wanted)
    stack.mark(resource, "UPDATE_IN_PROGRESS")
    stack.undo.append(Undo(resource, before=before))
    yield
    cloud.check("UPDATE", stack.place(resource.logical_id))
    child.become("UPDATE_IN_PROGRESS", "User Initiated")
    child.definition, child.updated = definition, child.clock.moment()
    failed = yield from provision(cloud, child, definition, options)
    if failed:
        child.become("UPDATE_FAILED", f"The following resource(s) failed to update: [{', '.join(failed)}].")
        return f"Embedded stack {child.id} was not successfully updated: {child.reason}"
    child.become("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    stack.mark(resource, "UPDATE_COMPLETE")
    return ""


def describe(resource: Resource, wanted: Resource) -> None:
    """Give a resource what its template says of it."""
    resource.properties = wanted.properties
    resource.deletion_policy = wanted.deletion_policy
    resource.update_replace_policy = wanted.update_replace_policy
    resource.template_url = wanted.template_url


def is_unchanged(one: Definition, other: Definition) -> bool:
    """Return whether two definitions of a stack are the same."""
    return one.template == other.template and one.parameters == other.parameters and one.tags == other.tags


def nested_definition(cloud: Cloud, stack: Stack, resource: Resource) -> Definition:
    """Return what a nested stack is made from, with parameters as they are now; TemplateError for a fault."""
    template = cloud.template(resource.template_url)
    tags = stack.definition.tags if stack.definition else {}
    definition = Definition(
        template, evaluating.nested_parameters(stack, resource), dict(tags), resource.template_url
    )
    faults = list(evaluating.parameter_faults(definition))
    if faults:
        raise TemplateError(faults[0])
    return definition
