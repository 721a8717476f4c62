"""Answers of the API: their errors, their pages and their members."""

from __future__ import annotations

import copy
from typing import Any, TypeAlias

from tests.aws.cloudformation.cloud import Cloud
from tests.aws.cloudformation.state import ChangeSet, Stack

Request: TypeAlias = dict[str, Any]  # of the operation's input shape, as botocore has it
Response: TypeAlias = dict[str, Any]  # of the operation's output shape
VALUES = ("BeforeContext", "AfterContext")
TARGET_VALUES = ("Path", "BeforeValue", "AfterValue", "AttributeChangeType")


def paged(cloud: Cloud, member: str, items: list[dict[str, Any]], request: Request) -> Response:
    """Return one page of a list, and the token of the next."""
    start = int(request.get("NextToken", "0"))
    end = start + cloud.page_size
    return {member: items[start:end], **({"NextToken": str(end)} if end < len(items) else {})}


def described(cloud: Cloud, change_set: ChangeSet, request: Request) -> Response:
    """Return a page of DescribeChangeSet."""
    with_values = request.get("IncludePropertyValues", False)
    changes = change_set.changes if with_values else [without_values(change) for change in change_set.changes]
    definition = change_set.definition
    answer: Response = {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": change_set.stack.id,
        "StackName": change_set.stack.name,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in definition.parameters.items()
        ],
        "CreationTime": change_set.created,
        "ExecutionStatus": change_set.execution_status,
        "Status": change_set.status,
        "NotificationARNs": [],
        "RollbackConfiguration": {},
        "Capabilities": change_set.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in definition.tags.items()],
        "IncludeNestedStacks": change_set.include_nested,
    }
    optional = {
        "Description": change_set.description,
        "StatusReason": change_set.reason,
        "OnStackFailure": change_set.on_stack_failure,
        "ParentChangeSetId": change_set.parent.id if change_set.parent else "",
        "RootChangeSetId": change_set.root.id if change_set.parent else "",
    }
    answer |= {name: value for name, value in optional.items() if value}
    return answer | paged(cloud, "Changes", changes, request)


def without_values(change: dict[str, Any]) -> dict[str, Any]:
    """Return a change as it is described without IncludePropertyValues."""
    found = copy.deepcopy(change)
    for name in VALUES:
        found["ResourceChange"].pop(name, None)
    for detail in found["ResourceChange"]["Details"]:
        for name in TARGET_VALUES:
            detail["Target"].pop(name, None)
    return found


def event_pages(cloud: Cloud, change_set: ChangeSet, request: Request) -> Response:
    """Return a page of the events of a change set."""
    return paged(cloud, "OperationEvents", cloud.validations.get(change_set.stack.path, []), request)


def stack_answer(stack: Stack) -> Response:
    """Return a stack as DescribeStacks has it."""
    definition = stack.definition
    answer: Response = {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "StackStatus": stack.status,
        "DisableRollback": stack.disable_rollback,
        "NotificationARNs": [],
        "Parameters": [],
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in stack.outputs.items()],
        "Tags": [],
        "EnableTerminationProtection": False,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    if definition is not None:
        answer["Parameters"] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in definition.parameters.items()
        ]
        answer["Tags"] = [{"Key": key, "Value": value} for key, value in definition.tags.items()]
    if stack.parent is not None:
        root = stack.parent
        while root.parent is not None:
            root = root.parent
        answer |= {"ParentId": stack.parent.id, "RootId": root.id}
    optional = {"StackStatusReason": stack.reason, "RoleARN": stack.role, "LastUpdatedTime": stack.updated}
    return answer | {name: value for name, value in optional.items() if value}
