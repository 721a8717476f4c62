"""Change sets of a stack and of the stacks nested in it: how they come about and how they go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import Value, same, shown
from tests.aws.cloudformation import evaluating, physical
from tests.aws.cloudformation.evaluating import TemplateError
from tests.aws.cloudformation.state import ChangeSet, Definition, Resource, Stack

if TYPE_CHECKING:
    from tests.aws.cloudformation.cloud import Cloud

NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)
NO_UPDATES = "No updates are to be performed."
Change = dict[str, Any]


def prepare(cloud: Cloud, change_set: ChangeSet) -> Iterator[None]:
    """Create a change set that was requested, with one for each nested stack."""
    change_set.status = "CREATE_IN_PROGRESS"
    yield
    try:
        children = nested_change_sets(cloud, change_set) if change_set.include_nested else {}
    except TemplateError as fault:
        fail(change_set, str(fault))
        return
    yield
    for child in children.values():
        child.status = "CREATE_IN_PROGRESS"
    yield
    for child in children.values():
        yield from prepare_nested(cloud, child)
        if is_broken(child) and change_set.status != "FAILED":
            # The root fails with the first; the others come to their end nevertheless.
            fail(change_set, failure_of(child))
        yield
    if change_set.status != "FAILED":
        finish(cloud, change_set)


def prepare_nested(cloud: Cloud, change_set: ChangeSet) -> Iterator[None]:
    """Create the change set of a nested stack; it validates what siblings' outputs stand for."""
    reason = cloud.planning_faults.get(change_set.stack.path, "")
    definition = change_set.definition
    try:
        faults = list(evaluating.parameter_faults(definition))
        faults += list(evaluating.selection_faults(change_set.stack, definition))
        if len(change_set.stack.change_sets) > cloud.change_set_limit:
            faults.insert(0, f"ChangeSet limit exceeded for stack {change_set.stack.id}")
        if reason or faults:
            fail(change_set, reason or faults[0])
            return
        settle_parameters(change_set)
        children = nested_change_sets(cloud, change_set)
    except TemplateError as fault:
        fail(change_set, str(fault))
        return
    for child in children.values():
        yield from prepare_nested(cloud, child)
        if is_broken(child) and change_set.status != "FAILED":
            fail(change_set, failure_of(child))
    if change_set.status != "FAILED":
        finish(cloud, change_set)


def settle_parameters(change_set: ChangeSet) -> None:
    """Give parameters that an unchanged sibling feeds the value that they have: they do not change."""
    parent, former = change_set.parent, change_set.stack.definition
    if parent is None or former is None:
        return
    settled = {}
    for name, value in change_set.definition.parameters.items():
        sibling = sibling_of(value)
        unchanged = sibling in parent.children and parent.children[sibling].status == "FAILED"
        settled[name] = former.parameters.get(name, value) if sibling and unchanged else value
    change_set.definition.parameters = settled


def sibling_of(value: str) -> str:
    """Return the logical id of the sibling that a placeholder stands for an output of."""
    if not value.startswith(evaluating.PLACEHOLDER):
        return ""
    return value.partition("/")[2].partition(".")[0]


def nested_change_sets(cloud: Cloud, change_set: ChangeSet) -> dict[str, ChangeSet]:
    """Request a change set for each nested stack, in the order in which they feed each other."""
    stack, definition = change_set.stack, change_set.definition
    wanted = evaluating.resources(stack, definition, evaluating.while_planned(stack))
    needed = evaluating.dependencies(stack, definition)
    waiting = [title for title, resource in wanted.items() if resource.type == STACK_TYPE]
    while waiting:
        title = next(title for title in waiting if not needed[title] & set(waiting))
        waiting.remove(title)
        resource = wanted[title]
        present = stack.resources.get(title)
        child_stack = present.nested if present is not None else None
        if child_stack is None:
            child_stack = cloud.child_in_review(stack, title) or cloud.new_stack("", stack, title)
        child = cloud.new_change_set(
            child_stack,
            f"{change_set.name}-{title}-{cloud.token()}"[:128],
            Definition(
                cloud.template(resource.template_url),
                evaluating.nested_parameters(stack, resource),
                definition.tags,
                resource.template_url,
            ),
        )
        child.type = "CREATE" if child_stack.definition is None else "UPDATE"
        child.parent, child.include_nested, child.role = change_set, True, change_set.role
        change_set.children[title] = child
    return change_set.children


def is_broken(change_set: ChangeSet) -> bool:
    """Return whether a change set failed for more than want of changes."""
    return change_set.status == "FAILED" and change_set.reason not in (NO_CHANGES, NO_UPDATES)


def fail(change_set: ChangeSet, reason: str) -> None:
    """Let a change set fail."""
    change_set.status, change_set.reason, change_set.execution_status = "FAILED", reason, "UNAVAILABLE"


def failure_of(child: ChangeSet) -> str:
    """Return what a parent says when a nested change set failed: hardly anything."""
    if child.reason.startswith("ChangeSet limit exceeded"):
        return f"{child.reason}: Resource creation cancelled"
    return f"Nested change set {child.id} was not successfully created: Currently in FAILED."


def finish(cloud: Cloud, change_set: ChangeSet) -> None:
    """List the changes, and let the change set be created, or fail for want of them."""
    reason = cloud.planning_faults.get(change_set.stack.path, "")
    if reason:
        fail(change_set, reason)
        return
    change_set.changes = changes(change_set)
    retags = (
        change_set.stack.definition is None or change_set.definition.tags != change_set.stack.definition.tags
    )
    retries = change_set.stack.status in ("CREATE_FAILED", "UPDATE_FAILED")
    # Of the listed nested stacks, those whose own change set failed have no changes: listed, but none.
    real = [change for change in change_set.changes if not has_no_changes(change_set, change)]
    if not real and not retags and not retries:
        fail(change_set, NO_UPDATES if change_set.children else NO_CHANGES)
        return
    change_set.status = "CREATE_COMPLETE"
    # Nested change sets are executed with their root only.
    change_set.execution_status = "UNAVAILABLE" if change_set.parent else "AVAILABLE"


def has_no_changes(change_set: ChangeSet, change: Change) -> bool:
    """Return whether a listed change is of a nested stack without changes."""
    child = change_set.children.get(change["ResourceChange"]["LogicalResourceId"])
    return child is not None and child.status == "FAILED"


def changes(change_set: ChangeSet) -> list[Change]:
    """Return what a change set changes in its own stack."""
    stack = change_set.stack
    wanted = evaluating.resources(stack, change_set.definition, evaluating.while_planned(stack))
    found = []
    for title, resource in wanted.items():
        present = stack.resources.get(title)
        child = change_set.children.get(title)
        if present is None or not present.exists:
            found.append(described("Add", resource, None, child))
        elif resource.type == STACK_TYPE:
            if is_listed(present, resource, child):
                found.append(described("Modify", resource, present, child))
        elif not same(present.properties, resource.properties) or present.status.endswith("_FAILED"):
            found.append(described("Modify", resource, present, None))
    removed = [
        resource for title, resource in stack.resources.items() if title not in wanted and resource.exists
    ]
    return found + [described("Remove", resource, resource, None) for resource in removed]


def is_listed(present: Resource, wanted: Resource, child: ChangeSet | None) -> bool:
    """Return whether a root lists a nested stack: it changes, or a sibling's output feeds it."""
    if child is None:
        return present.template_url != wanted.template_url
    return child.status == "CREATE_COMPLETE" or evaluating.PLACEHOLDER in json.dumps(shown(wanted.properties))


def described(action: str, wanted: Resource, present: Resource | None, child: ChangeSet | None) -> Change:
    """Return a change as DescribeChangeSet has it, property values included."""
    change: Change = {
        "Action": action,
        "LogicalResourceId": wanted.logical_id,
        "ResourceType": wanted.type,
        "Scope": [],
        "Details": [],
    }
    if present is not None:
        change["PhysicalResourceId"] = present.physical_id
        change["BeforeContext"] = context(present.properties)
    if action != "Remove":
        change["AfterContext"] = context(wanted.properties)
    if child is not None:
        change["ChangeSetId"] = child.id
    if action == "Remove":
        kept = wanted.deletion_policy in ("Retain", "RetainExceptOnCreate")
        change["PolicyAction"] = "Retain" if kept else wanted.deletion_policy
    if action == "Modify" and present is not None:
        replaces = physical.is_replaced(wanted.type, present.properties, wanted.properties)
        change["Replacement"] = "True" if replaces else "False"
        change["Scope"] = ["Properties"]
        change["Details"] = details(present, wanted)
        if replaces:
            kept = present.update_replace_policy in ("Retain", "RetainExceptOnCreate")
            change["PolicyAction"] = (
                "ReplaceAndRetain" if kept else f"ReplaceAnd{present.update_replace_policy}"
            )
    return {"Type": "Resource", "ResourceChange": change}


def details(present: Resource, wanted: Resource) -> list[Change]:
    """Return the properties that change."""
    before, after = present.properties, wanted.properties
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [
        {
            "Target": {
                "Attribute": "Properties",
                "Name": name,
                "RequiresRecreation": "Always"
                if physical.is_replaced(wanted.type, {name: before.get(name)}, {name: after.get(name)})
                else "Never",
                "Path": f"/Properties/{name}",
                **({"BeforeValue": spelt(before[name])} if name in before else {}),
                **({"AfterValue": spelt(after[name])} if name in after else {}),
                "AttributeChangeType": "Modify"
                if name in before and name in after
                else ("Add", "Remove")[name in before],
            },
            "Evaluation": "Dynamic" if evaluating.PLACEHOLDER in spelt(after.get(name)) else "Static",
            "ChangeSource": "DirectModification",
        }
        for name in names
    ]


def spelt(value: Value) -> str:
    """Return a value as text."""
    found = shown(value)
    return found if isinstance(found, str) else json.dumps(found)


def context(properties: dict[str, Value]) -> str:
    """Return properties as the text that BeforeContext and AfterContext are."""
    return json.dumps({"Properties": shown(properties)})


def delete_family(cloud: Cloud, change_set: ChangeSet) -> Iterator[None]:
    """Delete a root's change set with those nested in it, and nested stacks that exist for them only."""
    family = list(change_set.family())
    for member in family:
        member.status = "DELETE_IN_PROGRESS"
    yield
    for member in family:
        member.stack.change_sets.pop(member.name, None)
        if member.parent is not None and member.stack.status == "REVIEW_IN_PROGRESS":
            member.stack.become("DELETE_COMPLETE")
            cloud.in_review.discard(member.stack)


def is_idle(stack: Stack) -> bool:
    """Return whether no operation of a stack is under way."""
    return stack.status == "REVIEW_IN_PROGRESS" or not stack.status.endswith("_IN_PROGRESS")
