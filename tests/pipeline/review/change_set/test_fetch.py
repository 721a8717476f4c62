"""A change set asked of CloudFormation, through botocore's own checks of requests and answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from build import main
from pipeline.review.change_set import fetch

ROOT = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/change/11111111-1111-1111-1111-111111111111"
CHILD = ROOT.replace("change/1", "child/2")

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/s/3"


def resource(logical: str, kind: str, **more: Any) -> dict[str, Any]:
    """A resource change."""
    told = {"LogicalResourceId": logical, "ResourceType": kind, "Action": "Modify", "Replacement": "False"}
    return {"Type": "Resource", "ResourceChange": told | {"Scope": ["Properties"], "Details": []} | more}


def answer(name: str, *changes: dict[str, Any], **more: str) -> dict[str, Any]:
    """A page of a change set."""
    told = {"ChangeSetId": name, "StackName": "s", "StackId": STACK, "Status": "CREATE_COMPLETE"}
    return told | {"Changes": [*changes]} | more


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Stubber:
    """CloudFormation, which answers what a test tells it to."""
    session = boto3.Session("AKIDEXAMPLE", "none", region_name="eu-west-1")
    client = session.client("cloudformation")
    monkeypatch.setattr(boto3, "client", lambda *_names, **_settings: client)
    stub = Stubber(client)
    stub.activate()
    return stub


def test_pages_variants_and_nested_sets_are_put_together(
    service: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    nested = resource("Data", "AWS::CloudFormation::Stack", ChangeSetId=CHILD)
    topic, queue = resource("Topic", "AWS::SNS::Topic"), resource("Queue", "AWS::SQS::Queue")
    context = {"BeforeContext": '{"Properties":{"A":"1"}}', "AfterContext": '{"Properties":{"A":"2"}}'}
    detailed = resource("Table", "AWS::DynamoDB::Table", **context)
    for values in (True, False):
        first = {"ChangeSetName": "change", "StackName": "s", "IncludePropertyValues": values}
        service.add_response("describe_change_set", answer(ROOT, nested, NextToken="n"), first)
        # With property values AWS leaves the queue out.
        second = answer(ROOT, topic) if values else answer(ROOT, topic, queue)
        service.add_response("describe_change_set", second, first | {"NextToken": "n"})
    for values in (True, False):
        asked = {"ChangeSetName": CHILD, "IncludePropertyValues": values}
        service.add_response("describe_change_set", answer(CHILD, detailed), asked)
    state = {"StackName": "s", "CreationTime": datetime(2026, 1, 1, tzinfo=UTC)}
    stacks = {"Stacks": [state | {"StackStatus": "UPDATE_COMPLETE"}]}
    service.add_response("describe_stacks", stacks, {"StackName": STACK})

    main(["review", "change", "--stack", "s"])

    told = capsys.readouterr().out
    service.assert_no_pending_responses()
    assert all(name in told for name in ("Topic", "Queue", "Stack Data", "Table"))


def test_a_refusal_of_aws_is_one_line_and_exits_with_2(
    service: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    service.add_client_error("describe_change_set", "ChangeSetNotFound", "no such set")

    assert 2 == main(["review", "change", "--stack", "s"])

    told = capsys.readouterr()
    assert "error: change: DescribeChangeSet answered ChangeSetNotFound: no such set\n" == told.err
    assert not told.out


def test_an_arn_names_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(boto3, "client", lambda *_, region_name: asked.append(region_name))

    with pytest.raises(AttributeError):
        fetch.asked(ROOT)

    assert ["eu-west-1"] == asked


def test_a_name_needs_its_stack(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main(["review", "change"])
    assert "expected --stack with it, or an ARN" in capsys.readouterr().err
