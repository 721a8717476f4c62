"""A change set and all that are nested in it, fetched from CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import boto3

from pipeline.review.change_set.parse import VARIANT

ARN_REGION = 3


class CloudFormation(Protocol):
    """A boto3 client of CloudFormation, as far as it is called here."""

    def describe_change_set(
        self,
        *,
        ChangeSetName: str,  # noqa: N803 # the API's own names
        StackName: str = ...,  # noqa: N803
        NextToken: str = ...,  # noqa: N803
        IncludePropertyValues: bool = ...,  # noqa: N803
    ) -> Mapping[str, Any]:
        """Return one page of a change set."""


def asked(change_set: str, stack: str | None = None) -> tuple[list[dict[str, Any]], bool]:
    """Return every answer about a change set, and true where the change set creates its stack."""
    # An ARN names the Region that has the set, whatever the environment says.
    region = change_set.split(":")[ARN_REGION] if change_set.count(":") > ARN_REGION else None
    client = boto3.client("cloudformation", region_name=region or None)
    found = list(answers(client, change_set, stack))
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
        for page in both_variants(client, request):
            yield page
            # The id of a change set names its stack too.
            waiting += [{"ChangeSetName": nested} for nested in nested_in(page)]


def both_variants(client: CloudFormation, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every page of one change set, with property values and then without them."""
    for with_values in (True, False):
        for page in pages(client, request | {"IncludePropertyValues": with_values}):
            yield page | {VARIANT: with_values}


def pages(client: CloudFormation, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every page of DescribeChangeSet for `request`."""
    page = dict(client.describe_change_set(**request))
    yield page
    while page.get("NextToken"):
        page = dict(client.describe_change_set(**request, NextToken=page["NextToken"]))
        yield page


def described(client: CloudFormation, change_set: str, stack: str = "") -> dict[str, Any]:
    """Return a change set with the changes of all its pages.

    A caller who may read one stack only has to name it in `stack`.
    """
    request = {"ChangeSetName": change_set} | ({"StackName": stack} if stack else {})
    first, *others = pages(client, request)
    changes = [change for page in (first, *others) for change in page.get("Changes", [])]
    return {**first, "Changes": changes}


def nested_in(page: dict[str, Any]) -> Iterator[str]:
    """The change sets of the nested stacks on a page."""
    for change in page.get("Changes") or []:
        nested = (change.get("ResourceChange") or {}).get("ChangeSetId")
        if nested:
            yield str(nested)
