"""Drift: what in a stack and in those nested in it is no longer what their templates say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.aws import refusal
from pipeline.change.waiting import until
from pipeline.evaluation.stack import STACK_TYPE

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

PATIENCE_SECONDS = 900


def drifted(client: CloudFormationClient, stack: str) -> Iterator[str]:
    """A line for each resource that drifted, and for each stack that cannot be asked."""
    for name in [stack, *nested_stacks(client, stack)]:
        try:
            yield from of_stack(client, name)
        except ClientError as error:
            yield f"{short(name)}: drift is not known: {refusal(error)}"


def nested_stacks(client: CloudFormationClient, stack: str) -> list[str]:
    """The ids of the stacks that are nested in a stack, to any depth."""
    found: list[str] = []
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for each in page["StackResourceSummaries"]:
            if each["ResourceType"] == STACK_TYPE and each.get("PhysicalResourceId"):
                found += [each["PhysicalResourceId"], *nested_stacks(client, each["PhysicalResourceId"])]
    return found


def of_stack(client: CloudFormationClient, stack: str) -> Iterator[str]:
    """A line for each resource of one stack that drifted."""
    asked = client.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    answer = until(
        f"{short(stack)}: drift detection",
        lambda: client.describe_stack_drift_detection_status(StackDriftDetectionId=asked),
        lambda each: each["DetectionStatus"] != "DETECTION_IN_PROGRESS",
        PATIENCE_SECONDS,
    )
    if answer["DetectionStatus"] == "DETECTION_FAILED":
        yield f"{short(stack)}: drift is not known of all: {answer.get('DetectionStatusReason', '')}"
    token: Any = {}
    while True:
        page = client.describe_stack_resource_drifts(
            StackName=stack, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"], **token
        )
        for each in page["StackResourceDrifts"]:
            places = ", ".join(one["PropertyPath"] for one in each.get("PropertyDifferences", []))
            status = each["StackResourceDriftStatus"].lower()
            found = f"{short(stack)}/{each['LogicalResourceId']}: {status} outside the stack"
            yield f"{found}: {places}" if places else found
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def short(stack: str) -> str:
    """The name in an id of a stack."""
    return stack.split("/")[1] if "/" in stack else stack
