"""A change set and all that are nested in it, fetched from CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast

import boto3

from pipeline.review.change_set.parse import VARIANT

ARN_REGION = 3


class CloudFormation(Protocol):
    """What of a boto3 client this needs."""

    def describe_change_set(self, **request: Any) -> dict[str, Any]:  # as boto3 types it
        """One page of a change set."""


def asked(change_set: str, stack: str | None = None) -> tuple[list[dict[str, Any]], bool]:
    """Return every answer about a change set, and true where the change set creates its stack."""
    # An ARN names the Region that has the set, whatever the environment says.
    region = change_set.split(":")[ARN_REGION] if change_set.count(":") > ARN_REGION else None
    client = boto3.client("cloudformation", region_name=region or None)
    found = list(answers(cast("CloudFormation", client), change_set, stack))
    stacks = client.describe_stacks(StackName=found[0]["StackId"])["Stacks"]
    return found, stacks[0]["StackStatus"] == "REVIEW_IN_PROGRESS"


def answers(client: CloudFormation, change_set: str, stack: str | None = None) -> Iterator[dict[str, Any]]:
    """Every page of a change set and of those nested in it, with property values and without.

    With them AWS may leave out a resource and say so only in a warning; without them it tells no values.
    """
    waiting: list[dict[str, Any]] = [{"ChangeSetName": change_set} | ({"StackName": stack} if stack else {})]
    asked: set[str] = set()
    while waiting:
        request = waiting.pop(0)
        if request["ChangeSetName"] in asked:
            continue
        asked.add(request["ChangeSetName"])
        for page in pages(client, request):
            yield page
            # The id of a change set names its stack too.
            waiting += [{"ChangeSetName": nested} for nested in nested_in(page)]


def pages(client: CloudFormation, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every page of one change set, in both variants."""
    for with_values in (True, False):
        page = client.describe_change_set(**request, IncludePropertyValues=with_values)
        yield page | {VARIANT: with_values}
        while page.get("NextToken"):
            page = client.describe_change_set(
                **request, IncludePropertyValues=with_values, NextToken=page["NextToken"]
            )
            yield page | {VARIANT: with_values}


def nested_in(page: dict[str, Any]) -> Iterator[str]:
    """The change sets of the nested stacks on a page."""
    for change in page.get("Changes") or []:
        nested = (change.get("ResourceChange") or {}).get("ChangeSetId")
        if nested:
            yield str(nested)
