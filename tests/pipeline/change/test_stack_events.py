"""A stack is followed from what was asked of it to its end, and no further."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from pipeline.change.sessions import ChangeError
from pipeline.change.stack_events import Event, StackError, Watch
from pipeline.evaluation.stack import STACK_TYPE

NAME, ID = "payments-dev", "arn:aws:cloudformation:us-east-1:1:stack/payments-dev/1"


class Client:
    """A stack whose status and events come about in turn, one at each time that somebody asks."""

    def __init__(self, *moments: tuple[str, str]) -> None:
        self.moments = list(moments)
        self.events: list[dict[str, Any]] = []

    def describe_stacks(self, **_asked: str) -> dict[str, Any]:
        """The next status; with it comes what led to it."""
        status, event = self.moments.pop(0)
        if event:
            title, _, became = event.partition(" ")
            self.events.insert(
                0,
                {
                    "EventId": str(len(self.events)),
                    "StackName": NAME,
                    "LogicalResourceId": title,
                    "ResourceType": STACK_TYPE if title == NAME else "AWS::SQS::Queue",
                    "ResourceStatus": became,
                    "Timestamp": datetime(2026, 1, 1, 0, 0, len(self.events), tzinfo=UTC),
                },
            )
        return {"Stacks": [{"StackStatus": status}]}

    def get_paginator(self, _operation: str) -> Client:
        """Itself."""
        return self

    def paginate(self, **_asked: str) -> list[dict[str, Any]]:
        """All events so far, the newest first."""
        return [{"StackEvents": list(self.events)}]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def follow(*moments: tuple[str, str]) -> tuple[list[str], Client]:
    client, told = Client(*moments), list[Event]()
    Watch(cast("Any", client), NAME).follow(ID, told.append)
    return [f"{event.title} {event.status}" for event in told], client


def test_the_status_from_before_is_no_end() -> None:
    """CloudFormation takes a moment to begin; a stack that has not begun is not done."""
    told, client = follow(
        ("UPDATE_COMPLETE", ""),
        ("UPDATE_IN_PROGRESS", f"{NAME} UPDATE_IN_PROGRESS"),
        ("UPDATE_COMPLETE", f"{NAME} UPDATE_COMPLETE"),
    )

    assert told == [f"{NAME} UPDATE_IN_PROGRESS", f"{NAME} UPDATE_COMPLETE"]
    assert client.moments == []


def test_an_update_is_done_once_what_it_replaced_is_cleared_up() -> None:
    _, client = follow(
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", f"{NAME} UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("UPDATE_COMPLETE", f"{NAME} UPDATE_COMPLETE"),
    )

    assert client.moments == []


def test_the_resource_that_failed_first_is_the_reason() -> None:
    with pytest.raises(StackError, match=rf"{NAME}: UPDATE_ROLLBACK_COMPLETE: {NAME} Queue .* UPDATE_FAILED"):
        follow(
            ("UPDATE_IN_PROGRESS", f"{NAME} UPDATE_IN_PROGRESS"),
            ("UPDATE_IN_PROGRESS", "Queue UPDATE_FAILED"),
            ("UPDATE_IN_PROGRESS", "Other UPDATE_FAILED"),
            ("UPDATE_ROLLBACK_COMPLETE", f"{NAME} UPDATE_ROLLBACK_COMPLETE"),
        )


def test_a_stack_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [("UPDATE_IN_PROGRESS", f"{NAME} UPDATE_IN_PROGRESS")] * 3
    clock = iter(range(0, 90_000, 3_000))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))

    with pytest.raises(ChangeError, match=f"{NAME}: has not ended after 3600 s"):
        follow(*moments)
