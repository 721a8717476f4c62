"""Change sets are created with those nested in them, waited for, and deleted where they fail."""

from __future__ import annotations

from typing import Any, cast

import pytest

from pipeline.change.change_set import ChangeSetRequest, CreatedChangeSet, create
from pipeline.change.record import StackState
from pipeline.change.sessions import ChangeError
from pipeline.release.configuration import Configuration
from tests.pipeline.change.cloudformation import (
    CHILD_SET,
    NO_CHANGES,
    ROOT_SET,
    STACK,
    CloudFormation,
    change_set,
    nested,
)

ECHO = f"Nested change set {CHILD_SET} was not successfully created: Currently in FAILED."


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll without pauses."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def make(client: CloudFormation) -> CreatedChangeSet:
    request = ChangeSetRequest(
        name="run-7",
        description="",
        template_url="https://a/root",
        configuration=Configuration("", {"A": "1"}, {"T": "2"}, {}),
        execution_role="arn:aws:iam::111111111111:role/execution",
    )
    return create(cast("Any", client), STACK, request)


def test_a_change_set_covers_what_is_nested_and_is_made_under_the_execution_role() -> None:
    client = CloudFormation(
        change_set(ROOT_SET, STACK, Changes=[nested("Data", CHILD_SET)]),
        change_set(CHILD_SET, "payments-dev-Data"),
    )

    made = make(client)

    (_, asked) = client.asked[0]
    assert asked["IncludeNestedStacks"] is True
    assert asked["ChangeSetType"] == "UPDATE"
    assert asked["ChangeSetName"] == "run-7"
    assert asked["RoleARN"].endswith("role/execution")
    assert made.nested == [CHILD_SET]
    assert not made.creates_stack


def test_a_stack_that_is_not_there_is_created() -> None:
    client = CloudFormation(change_set(ROOT_SET, STACK), status="")

    made = make(client)

    assert client.asked[0][1]["ChangeSetType"] == "CREATE"
    assert made.creates_stack
    assert made.state == StackState()


def test_children_are_found_on_every_page() -> None:
    other = CHILD_SET.replace("1111", "3333")
    root = change_set(ROOT_SET, STACK, Pages=[[nested("Data", CHILD_SET)], [nested("Api", other)]])
    client = CloudFormation(
        root, change_set(CHILD_SET, "payments-dev-Data"), change_set(other, "payments-dev-Api")
    )

    assert make(client).nested == [CHILD_SET, other]


def test_no_changes_are_a_clean_end_that_leaves_nothing() -> None:
    client = CloudFormation(change_set(ROOT_SET, STACK, Status="FAILED", StatusReason=NO_CHANGES))

    assert make(client).id == ""
    assert ROOT_SET in client.deleted


def test_a_child_s_own_reason_is_told_and_all_of_the_family_is_removed() -> None:
    client = CloudFormation(
        change_set(ROOT_SET, STACK, Status="FAILED", StatusReason=ECHO),
        change_set(
            CHILD_SET,
            "payments-dev-Data",
            Status="FAILED",
            StatusReason="Unresolved resource dependencies [Table]",
            ParentChangeSetId=ROOT_SET,
        ),
    )

    with pytest.raises(ChangeError) as refused:
        make(client)

    assert refused.value.faults == (
        "payments-dev: change set run-7: payments-dev-Data: Unresolved resource dependencies [Table]",
    )
    assert {ROOT_SET, CHILD_SET} <= set(client.deleted)


def test_what_was_validated_is_told() -> None:
    client = CloudFormation(change_set(ROOT_SET, STACK, Status="FAILED", StatusReason="Validation failed"))
    client.events[ROOT_SET] = [
        {
            "LogicalResourceId": "Bucket",
            "ValidationName": "NAME_CONFLICT",
            "ValidationStatus": "FAILED",
            "ValidationStatusReason": "exists already",
            "ValidationPath": "/Resources/Bucket",
        },
        {"ValidationName": "OTHER", "ValidationStatus": "SKIPPED"},
    ]

    with pytest.raises(ChangeError) as refused:
        make(client)

    assert "Bucket NAME_CONFLICT: exists already at /Resources/Bucket" in refused.value.faults[0]
    assert len(refused.value.faults) == 2


def test_who_plans_deletes_no_stack() -> None:
    """One that was only made for a failed change set stays empty, and the next plan takes it."""
    client = CloudFormation(
        change_set(ROOT_SET, STACK, Status="FAILED", StatusReason="no such parameter"), status=""
    )

    with pytest.raises(ChangeError):
        make(client)

    assert set(client.deleted) == {"run-7", ROOT_SET}
    client.sets = {ROOT_SET: change_set(ROOT_SET, STACK)}
    assert make(client).creates_stack


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"])
def test_a_broken_stack_is_told_with_the_way_out(status: str) -> None:
    with pytest.raises(ChangeError, match=f"{STACK}: {status}: .*expected"):
        make(CloudFormation(status=status))
