"""Drift: resources of a stack and of its nested stacks that were changed outside CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.aws import refusal
from pipeline.change.waiting import until
from pipeline.evaluation.stack import STACK_TYPE

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

TIMEOUT_SECONDS = 900


def drifted(client: CloudFormationClient, stack: str) -> Iterator[str]:
    """Yield a line for each resource that drifted, and for each stack whose drift cannot be detected."""
    for name in [stack, *nested_stacks(client, stack)]:
        try:
            yield from of_stack(client, name)
        except ClientError as error:
            yield f"{stack_name(name)}: drift is not known: {refusal(error)}"


def nested_stacks(client: CloudFormationClient, stack: str) -> list[str]:
    """Return the ids of the stacks nested in a stack, to any depth."""
    found: list[str] = []
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            nested = resource.get("PhysicalResourceId")
            if resource["ResourceType"] == STACK_TYPE and nested:
                found += [nested, *nested_stacks(client, nested)]
    return found


def of_stack(client: CloudFormationClient, stack: str) -> Iterator[str]:
    """Yield a line for each resource of one stack that drifted."""
    detection = client.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    result = until(
        f"{stack_name(stack)}: drift detection",
        lambda: client.describe_stack_drift_detection_status(StackDriftDetectionId=detection),
        lambda status: status["DetectionStatus"] != "DETECTION_IN_PROGRESS",
        TIMEOUT_SECONDS,
    )
    if result["DetectionStatus"] == "DETECTION_FAILED":
        reason = result.get("DetectionStatusReason", "")
        yield f"{stack_name(stack)}: drift is not known of all resources: {reason}"
    token: Any = {}
    while True:
        page = client.describe_stack_resource_drifts(
            StackName=stack, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"], **token
        )
        for resource in page["StackResourceDrifts"]:
            differences = resource.get("PropertyDifferences", [])
            paths = ", ".join(difference["PropertyPath"] for difference in differences)
            status = resource["StackResourceDriftStatus"].lower()
            line = f"{stack_name(stack)}/{resource['LogicalResourceId']}: {status} outside the stack"
            yield f"{line}: {paths}" if paths else line
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def stack_name(stack: str) -> str:
    """Return the name in the id of a stack, or the name where it is one."""
    return stack.split("/")[1] if "/" in stack else stack
