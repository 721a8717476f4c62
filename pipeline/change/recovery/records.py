"""Records: which stacks of a name created a resource, deleted ones included; for 90 days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.change.states import was_complete
from pipeline.evaluation.stack import STACK_TYPE

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackSummaryTypeDef

GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")


def creators(client: CloudFormationClient, stack: str) -> dict[str, bool]:
    """Return whether a stack that was ever complete created a resource, by physical id.

    Resources that no root stack of this name created, or a stack nested in one, are not in it.
    """
    found: dict[str, bool] = {}
    for root, members in families(client, stack):
        complete = was_complete_summary(client, root)
        for member in members:
            for physical_id in created(client, member):
                found[physical_id] = complete or found.get(physical_id, False)
    return found


def families(client: CloudFormationClient, stack: str) -> Iterator[tuple[StackSummaryTypeDef, list[str]]]:
    """Yield each root stack of a name that is on record, with the ids of it and of those nested in it."""
    summaries = [
        summary
        for page in client.get_paginator("list_stacks").paginate()
        for summary in page["StackSummaries"]
    ]
    for root in summaries:
        if root["StackName"] == stack and not root.get("ParentId"):
            nested = [one["StackId"] for one in summaries if one.get("RootId") == root["StackId"]]
            yield root, [root["StackId"], *(stack_id for stack_id in nested if stack_id != root["StackId"])]


def was_complete_summary(client: CloudFormationClient, root: StackSummaryTypeDef) -> bool:
    """Return whether a stack on record was ever complete."""
    (found,) = client.describe_stacks(StackName=root["StackId"])["Stacks"]
    return was_complete(client, found)


def created(client: CloudFormationClient, stack_id: str) -> Iterator[str]:
    """Yield the physical ids of the resources that a stack created, by its events."""
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            created_one = event.get("ResourceStatus") == "CREATE_COMPLETE"
            if created_one and event.get("ResourceType") != STACK_TYPE:
                yield event.get("PhysicalResourceId", "")


def listed(client: CloudFormationClient, stack: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield type, physical id, status and reason of each resource of a stack, nested ones included."""
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            physical_id, status = resource.get("PhysicalResourceId", ""), resource["ResourceStatus"]
            if status not in GONE:
                reason = resource.get("ResourceStatusReason", "")
                yield resource["ResourceType"], physical_id, status, reason
            if resource["ResourceType"] == STACK_TYPE and physical_id and status not in GONE:
                yield from listed(client, physical_id)
