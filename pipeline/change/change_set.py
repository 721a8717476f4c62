"""The change set of a root stack and its nested stacks: create it, wait for it, delete it if it fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.aws import plain, refusal
from pipeline.change.record import StackState
from pipeline.change.sessions import ChangeError
from pipeline.change.states import STATES, UNKNOWN, is_plannable
from pipeline.change.waiting import until
from pipeline.release.configuration import Configuration
from pipeline.review.change_set.fetch import described
from pipeline.review.change_set.parse import has_no_changes

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import (
        DescribeChangeSetOutputTypeDef,
        OperationEventTypeDef,
        StackTypeDef,
    )

# The status of a stack that has nothing yet but a change set.
REVIEW_IN_PROGRESS = "REVIEW_IN_PROGRESS"
CREATED, FAILED = "CREATE_COMPLETE", "FAILED"
NESTED_CHANGE_SET = re.compile(r"arn:aws[a-z-]*:cloudformation:[^\s,]+:changeSet/[^\s,.)\]]+")
# A change set that failed only because a nested one did says so, and the nested one has the reason.
NESTED_FAILED = "Currently in FAILED"
# Creating the change sets of six nested stacks takes a minute or two.
CREATION_TIMEOUT_SECONDS = 1800
# The deletion of a root's change set deletes those of its nested stacks first.
DELETION_TIMEOUT_SECONDS = 600
# An update that is under way may change a database.
UPDATE_TIMEOUT_SECONDS = 3 * 3600


@dataclass(frozen=True, kw_only=True)
class ChangeSetRequest:
    """A change set to create."""

    name: str
    description: str
    template_url: str
    configuration: Configuration
    execution_role: str = ""


@dataclass
class CreatedChangeSet:
    """A change set that was created."""

    id: str
    """Empty where nothing changes: then there is no change set."""
    creates_stack: bool
    state: StackState
    """What the stack was when the change set was created."""
    nested: list[str] = field(default_factory=list)
    """The ids of the change sets of nested stacks."""
    notes: list[str] = field(default_factory=list)
    """What went wrong beside it, and decides nothing."""


def find_stack(client: CloudFormationClient, stack: str) -> StackTypeDef | None:
    """Return the stack, or None where there is none."""
    try:
        return client.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise


def wait_until_idle(client: CloudFormationClient, stack: str) -> StackTypeDef | None:
    """Wait until no operation is under way and return the stack.

    Raises ChangeError where its status allows no change set.
    """
    found = until(
        stack,
        lambda: find_stack(client, stack),
        lambda found: (
            found is None
            or found["StackStatus"] == REVIEW_IN_PROGRESS
            or not found["StackStatus"].endswith("_IN_PROGRESS")
        ),
        UPDATE_TIMEOUT_SECONDS,
    )
    if found is not None and not is_plannable(client, found):
        status = found["StackStatus"]
        meaning = STATES.get(status, UNKNOWN).meaning
        raise ChangeError(f"{stack}: {status}: {meaning}; expected `build.py recover` first")
    return found


def state_of(stack: StackTypeDef | None) -> StackState:
    """Return the status and time by which a later look sees whether the stack was changed."""
    if stack is None or stack["StackStatus"] == REVIEW_IN_PROGRESS:
        return StackState()
    updated = stack.get("LastUpdatedTime") or stack["CreationTime"]
    return StackState(stack["StackStatus"], updated.isoformat())


def create(client: CloudFormationClient, stack: str, request: ChangeSetRequest) -> CreatedChangeSet:
    """Create the change set, and wait for it and for every one nested in it.

    A change set without changes is deleted, and is no error. Where one fails, all are deleted, and
    ChangeError has the reasons of those that failed first; trouble with the deletion comes last.
    """
    before = wait_until_idle(client, stack)
    creates_stack = before is None or before["StackStatus"] == REVIEW_IN_PROGRESS
    # An earlier try of the same run may have left it.
    free_name(client, request.name, stack)
    optional: Any = {"RoleARN": request.execution_role} if request.execution_role else {}
    configuration = request.configuration
    answer = client.create_change_set(
        StackName=stack,
        ChangeSetName=request.name,
        ChangeSetType="CREATE" if creates_stack else "UPDATE",
        Description=request.description,
        TemplateURL=request.template_url,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in configuration.parameters.items()
        ],
        Tags=[{"Key": key, "Value": value} for key, value in configuration.tags.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        IncludeNestedStacks=True,
        **optional,
    )
    root = wait_until_created(client, answer["Id"], stack)
    change_sets = list(with_nested(client, root))
    if root["Status"] == CREATED:
        nested = [change_set["ChangeSetId"] for change_set in change_sets[1:]]
        return CreatedChangeSet(answer["Id"], creates_stack, state_of(before), nested)
    notes: list[str] = []
    reasons = [reason for change_set in change_sets for reason in failure_reasons(client, change_set, notes)]
    notes += deletion_trouble(client, root)
    if reasons and all(has_no_changes(reason) for reason in reasons):
        return CreatedChangeSet("", creates_stack, state_of(before), notes=notes)
    failures = [reason for reason in reasons if not has_no_changes(reason)]
    lines = failures or ["failed, with no reason given"]
    raise ChangeError(*(f"{stack}: change set {request.name}: {line}" for line in lines + notes))


def wait_until_created(client: CloudFormationClient, change_set: str, stack: str = "") -> dict[str, Any]:
    """Return the change set, with the changes of all pages, once it is created or has failed."""
    return until(
        change_set,
        lambda: described(client, change_set, stack),
        lambda found: not found["Status"].endswith(("_PENDING", "_IN_PROGRESS")),
        CREATION_TIMEOUT_SECONDS,
    )


def with_nested(client: CloudFormationClient, root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a change set and those nested in it to any depth, once each is created or has failed."""
    waiting, seen = [root], {root["ChangeSetId"]}
    while waiting:
        change_set = waiting.pop(0)
        yield change_set
        for nested in nested_in(change_set):
            if nested not in seen:
                seen.add(nested)
                waiting.append(wait_until_created(client, nested))


def nested_in(change_set: dict[str, Any]) -> list[str]:
    """Return the ids of the change sets nested in one; a failed one names them in its reason only."""
    changes = [change.get("ResourceChange", {}) for change in change_set.get("Changes", [])]
    listed = [change["ChangeSetId"] for change in changes if change.get("ChangeSetId")]
    return listed + NESTED_CHANGE_SET.findall(change_set.get("StatusReason", ""))


def failure_reasons(client: CloudFormationClient, change_set: dict[str, Any], notes: list[str]) -> list[str]:
    """Return why a change set failed: its failed validations and its own reason.

    Where the validations cannot be read, `notes` gets a line.
    """
    if change_set["Status"] != FAILED:
        return []
    reason = plain(change_set.get("StatusReason", ""))
    if has_no_changes(reason):
        return [reason]
    found: list[str] = []
    try:
        found.extend(
            f"{event.get('LogicalResourceId', '')} {event.get('ValidationName', '')}: "
            f"{event.get('ValidationStatusReason', '')} at {event.get('ValidationPath', '')}".strip()
            for event in failed_validations(client, change_set)
        )
    except ClientError as error:
        notes.append(f"note: the validations of {change_set['StackName']} are not known: {refusal(error)}")
    only_nested_failed = NESTED_FAILED in reason or NESTED_CHANGE_SET.search(reason)
    own = f"{change_set['StackName']}: {reason}" if change_set.get("ParentChangeSetId") else reason
    return found + ([own] if reason and not only_nested_failed else [])


def failed_validations(
    client: CloudFormationClient, change_set: dict[str, Any]
) -> Iterator[OperationEventTypeDef]:
    """Yield the events of the validations that a change set failed."""
    token: Any = {}
    while True:
        page = client.describe_events(
            ChangeSetName=change_set["ChangeSetId"], StackName=change_set["StackName"], **token
        )
        for event in page.get("OperationEvents", []):
            if event.get("ValidationStatus") == FAILED:
                yield event
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def deletion_trouble(client: CloudFormationClient, root: dict[str, Any]) -> list[str]:
    """Request the deletion of a failed root's change set; return a note where that is refused.

    CloudFormation deletes those nested in it too, and refuses their deletion by themselves. A stack that was
    only created for it stays, empty: the next plan takes it, and the role that plans should not be able to
    delete stacks.
    """
    try:
        client.delete_change_set(ChangeSetName=root["ChangeSetId"], StackName=root["StackName"])
    except ClientError as error:
        return [f"note: it was not deleted: {refusal(error)}"]
    return []


def free_name(client: CloudFormationClient, change_set: str, stack: str) -> None:
    """Delete a change set if it exists, and wait until its name can be used again."""
    found = find(client, change_set, stack)
    if found is None:
        return
    if not found["Status"].startswith("DELETE_") or found["Status"] == "DELETE_FAILED":
        client.delete_change_set(ChangeSetName=change_set, StackName=stack)
    # Where others are nested in it, the deletion takes a while.
    left = until(
        f"{stack}: deletion of change set {change_set}",
        lambda: find(client, change_set, stack),
        lambda found: found is None or found["Status"] == "DELETE_FAILED",
        DELETION_TIMEOUT_SECONDS,
    )
    if left is not None:
        raise ChangeError(f"{stack}: change set {change_set} is DELETE_FAILED; expected it to be deleted")


def find(client: CloudFormationClient, change_set: str, stack: str) -> DescribeChangeSetOutputTypeDef | None:
    """Return a page of a change set, or None where it does not exist."""
    try:
        return client.describe_change_set(ChangeSetName=change_set, StackName=stack)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code.startswith("ChangeSetNotFound") or "does not exist" in message:
            return None
        raise
