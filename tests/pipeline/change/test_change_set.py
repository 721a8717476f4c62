"""Change sets are created with those nested in them, waited for, and deleted where they fail."""

from __future__ import annotations

import pytest

from pipeline.aws import AwsError, answering
from pipeline.change import change_set
from pipeline.change.change_set import CreatedChangeSet
from pipeline.change.record import StackState
from pipeline.change.sessions import ChangeError
from tests.aws.cloudformation.cloud import Cloud
from tests.pipeline.change.deployments import (
    API,
    ROLE,
    STACK,
    deployed,
    published,
    request,
    with_delay,
)

BROKEN = {**API, "Parameters": {"TableName": {"Type": "String", "AllowedPattern": "payments-[a-z]+"}}}


def create(cloud: Cloud, url: str) -> CreatedChangeSet:
    with answering(STACK):
        return change_set.create(cloud.client(), STACK, request(url))


def change_sets(cloud: Cloud) -> list[str]:
    """Return the names of all change sets, of nested stacks too."""
    return [name for stack in cloud.stacks for name in stack.change_sets]


def test_a_change_set_covers_what_is_nested_and_is_made_under_the_execution_role(cloud: Cloud) -> None:
    deployed(cloud)

    created = create(cloud, published(cloud, with_delay(2)))

    parameters = cloud.parameters("CreateChangeSet")
    assert parameters["IncludeNestedStacks"] is True
    assert parameters["ChangeSetType"] == "UPDATE"
    assert parameters["ChangeSetName"] == "run-7"
    assert parameters["RoleARN"] == ROLE
    assert created.nested == [cloud.change_set("run-7", STACK).children["Api"].id]
    assert not created.creates_stack


def test_a_stack_that_is_not_there_is_created(cloud: Cloud) -> None:
    created = create(cloud, published(cloud))

    assert cloud.parameters("CreateChangeSet")["ChangeSetType"] == "CREATE"
    assert created.creates_stack
    assert created.state == StackState()


def test_children_are_found_on_every_page(cloud: Cloud) -> None:
    cloud.page_size = 1

    created = create(cloud, published(cloud))

    children = cloud.change_set("run-7", STACK).children
    assert created.nested == [children["Data"].id, children["Api"].id]


def test_no_changes_are_a_clean_end_that_leaves_nothing(cloud: Cloud) -> None:
    url = deployed(cloud)

    created = create(cloud, url)
    cloud.run()

    assert created.id == ""
    assert "run-7" not in " ".join(change_sets(cloud))


def test_a_child_s_own_reason_is_raised_and_the_root_alone_is_deleted(cloud: Cloud) -> None:
    with pytest.raises(ChangeError) as refused:
        create(cloud, published(cloud, BROKEN))

    (line,) = refused.value.faults
    assert line.startswith(f"{STACK}: change set run-7: {STACK}-Api-")
    assert "must match pattern payments-[a-z]+" in line
    assert cloud.called("DeleteChangeSet") == ["DeleteChangeSet"]
    cloud.run()
    assert change_sets(cloud) == []


def test_every_child_is_waited_for_though_the_root_has_failed(cloud: Cloud) -> None:
    """One that is still under way cannot be deleted, nor can its root."""
    cloud.planning_faults = {"Data": "Unresolved resource dependencies [Table]"}

    with pytest.raises(ChangeError, match=r"Unresolved resource dependencies \[Table\]$"):
        create(cloud, published(cloud))


def test_a_failing_deletion_does_not_hide_the_reason(cloud: Cloud) -> None:
    cloud.refuse("DeleteChangeSet", "AccessDenied", "not allowed")

    with pytest.raises(ChangeError) as refused:
        create(cloud, published(cloud, BROKEN))

    reason, note = refused.value.faults
    assert "must match pattern" in reason
    assert note == (
        f"{STACK}: change set run-7: note: it was not deleted: "
        "DeleteChangeSet answered AccessDenied: not allowed"
    )


def test_a_failing_deletion_where_nothing_changes_is_a_note(cloud: Cloud) -> None:
    url = deployed(cloud)
    cloud.refuse("DeleteChangeSet", "AccessDenied", "not allowed")

    created = create(cloud, url)

    assert created.id == ""
    assert created.notes == ["note: it was not deleted: DeleteChangeSet answered AccessDenied: not allowed"]


def test_validations_that_cannot_be_read_do_not_hide_the_reason(cloud: Cloud) -> None:
    cloud.refuse("DescribeEvents", "AccessDenied", "not allowed", times=2)

    with pytest.raises(ChangeError) as refused:
        create(cloud, published(cloud, BROKEN))

    assert "must match pattern" in refused.value.faults[0]
    assert "the validations of payments-dev are not known" in refused.value.faults[1]


def test_a_change_set_of_an_earlier_try_is_deleted_and_its_name_waited_for(cloud: Cloud) -> None:
    url = published(cloud)
    first = create(cloud, url)

    second = create(cloud, url)

    assert second.id != first.id
    assert cloud.change_set("run-7", STACK).id == second.id


def test_the_name_of_a_change_set_that_is_being_deleted_is_waited_for(cloud: Cloud) -> None:
    url = published(cloud)
    first = create(cloud, url)
    cloud.client().delete_change_set(ChangeSetName=first.id)

    assert create(cloud, url).id != first.id
    assert cloud.called("DeleteChangeSet") == ["DeleteChangeSet"]


def test_a_change_set_that_cannot_be_deleted_ends_the_wait(cloud: Cloud) -> None:
    url = published(cloud)
    create(cloud, url)
    cloud.change_set("run-7", STACK).status = "DELETE_FAILED"
    cloud.change_set("run-7", STACK).children.clear()
    cloud.refuse("DeleteChangeSet", "InvalidChangeSetStatus", "DELETE_FAILED")

    with pytest.raises(AwsError, match="InvalidChangeSetStatus"):
        create(cloud, url)


def test_what_was_validated_is_told(cloud: Cloud) -> None:
    url = published(cloud)
    cloud.planning_faults = {"": "Validation failed"}
    failed = {
        "LogicalResourceId": "Bucket",
        "ValidationName": "NAME_CONFLICT",
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": "exists already",
        "ValidationPath": "/Resources/Bucket",
    }
    cloud.validations[""] = [failed, {"ValidationName": "OTHER", "ValidationStatus": "SKIPPED"}]

    with pytest.raises(ChangeError) as refused:
        create(cloud, url)

    assert "Bucket NAME_CONFLICT: exists already at /Resources/Bucket" in refused.value.faults[0]
    assert len(refused.value.faults) == 2


def test_who_plans_deletes_no_stack(cloud: Cloud) -> None:
    """One that was only made for a failed change set stays, empty, and the next plan takes it."""
    with pytest.raises(ChangeError):
        create(cloud, published(cloud, BROKEN))

    assert cloud.stack(STACK).status == "REVIEW_IN_PROGRESS"
    assert create(cloud, published(cloud)).creates_stack
    assert cloud.called("DeleteStack", "RollbackStack") == []


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"])
def test_a_broken_stack_is_told_with_the_way_out(cloud: Cloud, status: str) -> None:
    deployed(cloud)
    cloud.stack(STACK).status = status

    with pytest.raises(ChangeError, match=f"{STACK}: {status}: .*expected"):
        create(cloud, published(cloud))
