"""A change set is read with all that is nested in it; where that is not told, it is predicted and said."""

from __future__ import annotations

from typing import Any, cast

from pipeline.change import drift, reviewing
from pipeline.change.releases import Releasable
from tests.pipeline.change.cloudformation import (
    CHILD_SET,
    GIVEN,
    ROOT,
    ROOT_SET,
    STACK,
    CloudFormation,
    change_set,
    nested,
)

TABLE = {
    "ResourceChange": {
        "LogicalResourceId": "Table",
        "ResourceType": "AWS::DynamoDB::Table",
        "Action": "Remove",
        "PolicyAction": "Delete",
    }
}
QUEUE = {"Type": "AWS::SQS::Queue"}


class Paging(CloudFormation):
    """Has what is nested in the stack, too."""

    def get_paginator(self, _operation: str) -> Paging:
        """Itself."""
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        """The nested stack of the root."""
        own = {
            "LogicalResourceId": "Data",
            "ResourceType": "AWS::CloudFormation::Stack",
            "PhysicalResourceId": "arn:aws:cloudformation:us-east-1:1:stack/payments-dev-Data/1",
        }
        return [{"StackResourceSummaries": [own] if asked["StackName"] == STACK else []}]

    def detect_stack_drift(self, **asked: Any) -> dict[str, Any]:
        """A detection of the stack."""
        return {"StackDriftDetectionId": asked["StackName"]}

    def describe_stack_drift_detection_status(self, **_asked: Any) -> dict[str, Any]:
        """It is done."""
        return {"DetectionStatus": "DETECTION_COMPLETE"}

    def describe_stack_resource_drifts(self, **asked: Any) -> dict[str, Any]:
        """Something in the nested stack was changed by hand."""
        changed = {
            "LogicalResourceId": "Table",
            "StackResourceDriftStatus": "MODIFIED",
            "PropertyDifferences": [{"PropertyPath": "/BillingMode"}],
        }
        return {"StackResourceDrifts": [] if asked["StackName"] == STACK else [changed]}


def release(**layers: Any) -> Releasable:
    return Releasable(
        name="dev",
        root=ROOT,
        layers={"Data": {"Resources": layers}},
        key="",
        digest="",
        digests={},
        bucket="",
        configuration=GIVEN,
    )


def review(client: CloudFormation, made: Releasable) -> reviewing.Reviewed:
    return reviewing.review(cast("Any", client), STACK, ROOT_SET, made, creating=False)


def test_nested_change_sets_are_read_where_they_are_told() -> None:
    client = Paging(
        change_set(ROOT_SET, STACK, Changes=[nested("Data", CHILD_SET)]),
        change_set(CHILD_SET, "payments-dev-Data", Changes=[TABLE], ParentChangeSetId=ROOT_SET),
    )

    found = review(client, release())

    assert not found.predicted
    assert "STATEFUL_DELETION" in [risk.kind for _, risk in found.review.risks()]
    assert "Data/Table" in [change.id for change in found.review.changes]


def test_where_they_are_not_told_the_templates_are_compared() -> None:
    silent = nested("Data", "")
    client = Paging(change_set(ROOT_SET, STACK, Changes=[silent]))
    client.templates["arn:aws:cloudformation:us-east-1:1:stack/payments-dev-Data/1"] = {
        "Resources": {"Old": QUEUE}
    }

    found = review(client, release(Old=QUEUE, New=QUEUE))

    assert found.predicted
    assert "Data/New" in [change.id for change in found.review.changes]
    assert "Data/Old" not in [change.id for change in found.review.changes]
    assert found.review.notes[0] == reviewing.PREDICTED


def test_drift_is_told_of_the_stack_and_of_what_is_nested_in_it() -> None:
    assert list(drift.drifted(cast("Any", Paging()), STACK)) == [
        "payments-dev-Data/Table: modified outside the stack: /BillingMode"
    ]
