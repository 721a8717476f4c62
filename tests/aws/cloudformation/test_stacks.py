"""The CloudFormation of the tests creates, updates, rolls back and deletes stacks as AWS documents it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import StringShape
from botocore.session import get_session

from tests.aws.cloudformation.cloud import Cloud
from tests.aws.cloudformation.small import (
    QUEUE,
    STACK,
    TABLE,
    app,
    create,
    data,
    delayed,
    reasons,
    request,
    statuses,
    update,
)
from tests.aws.cloudformation.state import Template

PROTECTED: Template = {**TABLE, "Properties": {**TABLE["Properties"], "DeletionProtectionEnabled": True}}


def kept(policy: str) -> dict[str, Template]:
    """Return layers whose table has a DeletionPolicy."""
    return {"Data": data({**TABLE, "DeletionPolicy": policy})}


def names(cloud: Cloud) -> list[str]:
    return [physical.name for physical in cloud.leftovers()]


def failed_creation(cloud: Cloud, layers: dict[str, Template] | None = None, **more: Any) -> None:
    """Let the creation fail in its last layer."""
    cloud.fail("CREATE", "App.Queue", "no capacity")
    create(cloud, layers, **more)


def failed_update(cloud: Cloud, layers: dict[str, Template] | None = None, **more: Any) -> None:
    """Create the stack, then let an update fail in its last layer."""
    create(cloud)
    cloud.fail("UPDATE", "App.Queue", "no capacity")
    update(cloud, {"App": app(delayed(2)), **(layers or {})}, **more)


def stuck(cloud: Cloud) -> None:
    """Let the rollback of an update fail: it changed a table that cannot be changed back."""
    create(cloud)
    cloud.fail("UPDATE", "App.Queue", "no capacity")
    cloud.fail("ROLLBACK", "Data.Table", "the table is gone")
    billed = {**TABLE, "Properties": {**TABLE["Properties"], "BillingMode": "PAY_PER_REQUEST"}}
    update(cloud, {"App": app(delayed(2)), "Data": data(billed)})


def test_resources_come_after_what_they_need(cloud: Cloud) -> None:
    create(cloud)

    completed = [
        event["LogicalResourceId"]
        for event in cloud.stack(STACK).events
        if event["ResourceStatus"] == "CREATE_COMPLETE"
    ]
    assert completed == ["Data", "App", STACK]


def test_a_name_is_unique_in_the_account(cloud: Cloud) -> None:
    cloud.inventory.found["AWS::SQS::Queue", "orders"] = leftover(cloud)

    create(cloud)

    assert "already exists" in reasons(cloud)["Queue CREATE_FAILED"]


def leftover(cloud: Cloud) -> Any:
    """Let another stack leave a queue behind, and return it."""
    create(cloud, {"App": app({**QUEUE, "DeletionPolicy": "Retain"})})
    cloud.client().delete_stack(StackName=STACK)
    cloud.run()
    (physical,) = cloud.leftovers()
    return physical


def test_a_failed_creation_is_deleted_again(cloud: Cloud) -> None:
    failed_creation(cloud)

    assert cloud.stack(STACK).status == "ROLLBACK_COMPLETE"
    assert cloud.inventory.found == {}


@pytest.mark.parametrize(
    ("policy", "options", "left"),
    [
        ("Delete", {}, []),
        ("Retain", {}, ["orders"]),
        ("Retain", {"RetainExceptOnCreate": True}, []),
        ("RetainExceptOnCreate", {}, []),
    ],
)
def test_the_deletion_policy_counts_when_a_creation_is_rolled_back(
    cloud: Cloud, policy: str, options: dict[str, bool], left: list[str]
) -> None:
    failed_creation(cloud, kept(policy), **options)

    assert names(cloud) == left


@pytest.mark.parametrize(
    ("policy", "left"), [("Delete", []), ("Retain", ["orders"]), ("RetainExceptOnCreate", ["orders"])]
)
def test_the_deletion_policy_counts_when_a_stack_is_deleted(
    cloud: Cloud, policy: str, left: list[str]
) -> None:
    create(cloud, kept(policy))

    cloud.client().delete_stack(StackName=STACK)
    cloud.run()

    assert names(cloud) == left


def test_protection_makes_the_rollback_of_a_creation_fail(cloud: Cloud) -> None:
    failed_creation(cloud, {"Data": data(PROTECTED)})

    assert statuses(cloud) == {"": "ROLLBACK_FAILED", "Data": "DELETE_FAILED", "App": "DELETE_COMPLETE"}
    assert "Cannot delete protected" in reasons(cloud)["Table DELETE_FAILED"]


def test_what_protection_stopped_can_be_deleted_without_it(cloud: Cloud) -> None:
    failed_creation(cloud, {"Data": data(PROTECTED)})
    cloud.inventory.found["AWS::DynamoDB::Table", "orders"].protected = False

    cloud.client().delete_stack(StackName=STACK)
    cloud.run()

    assert cloud.inventory.found == {}
    with pytest.raises(KeyError):
        cloud.stack(STACK)


def test_a_failed_deletion_can_be_repeated_without_the_resource(cloud: Cloud) -> None:
    create(cloud)
    cloud.fail("DELETE", "Data", "no")
    client = cloud.client()
    client.delete_stack(StackName=STACK)
    cloud.run()
    assert cloud.stack(STACK).status == "DELETE_FAILED"

    client.delete_stack(StackName=STACK, RetainResources=["Data"])
    cloud.run()

    assert cloud.stacks[0].status == "DELETE_COMPLETE"


def test_resources_are_retained_in_a_failed_deletion_only(cloud: Cloud) -> None:
    create(cloud)

    with pytest.raises(ClientError, match="RetainResources is allowed in DELETE_FAILED only"):
        cloud.client().delete_stack(StackName=STACK, RetainResources=["Data"])


def test_a_key_stays_until_its_waiting_period_is_over(cloud: Cloud) -> None:
    create(cloud, {"App": app(Key={"Type": "AWS::KMS::Key", "Properties": {}})})

    cloud.client().delete_stack(StackName=STACK)
    cloud.run()

    (key,) = cloud.leftovers()
    assert key.pending_deletion


def test_a_secret_goes_at_once(cloud: Cloud) -> None:
    """CloudFormation deletes it without a recovery window."""
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "key"}}
    create(cloud, {"App": app(Secret=secret)})

    cloud.client().delete_stack(StackName=STACK)
    cloud.run()

    assert cloud.leftovers() == []


def test_a_secret_that_somebody_scheduled_for_deletion_has_its_name(cloud: Cloud) -> None:
    secret = {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {"Name": "key"},
        "DeletionPolicy": "Retain",
    }
    create(cloud, {"App": app(Secret=secret)})
    cloud.client().delete_stack(StackName=STACK)
    cloud.run()
    cloud.leftovers()[0].pending_deletion = True

    create(cloud, {"App": app(Secret=secret)})

    assert "already scheduled for deletion" in reasons(cloud)["Secret CREATE_FAILED"]


def test_with_disable_rollback_what_succeeded_stays(cloud: Cloud) -> None:
    failed_creation(cloud, DisableRollback=True)

    assert statuses(cloud) == {"": "CREATE_FAILED", "Data": "CREATE_COMPLETE", "App": "CREATE_FAILED"}


def test_an_update_continues_a_failed_creation(cloud: Cloud) -> None:
    failed_creation(cloud, DisableRollback=True)

    update(cloud, {}, DisableRollback=True)

    assert statuses(cloud) == {"": "UPDATE_COMPLETE", "Data": "CREATE_COMPLETE", "App": "UPDATE_COMPLETE"}


def test_a_nested_creation_that_cannot_be_continued_fails_again(cloud: Cloud) -> None:
    """No document says whether it can: the tests of recovery try both."""
    cloud.nested_creation_continues = False
    failed_creation(cloud, DisableRollback=True)

    update(cloud, {}, DisableRollback=True)

    assert statuses(cloud)[""] == "UPDATE_FAILED"


def test_rolling_back_a_stack_that_was_never_complete_deletes_it(cloud: Cloud) -> None:
    failed_creation(cloud, kept("Retain"), DisableRollback=True)

    cloud.client().rollback_stack(StackName=STACK, RetainExceptOnCreate=True)
    cloud.run()

    assert cloud.stacks[0].status == "DELETE_COMPLETE"
    assert cloud.inventory.found == {}


def test_on_stack_failure_delete_deletes_the_stack(cloud: Cloud) -> None:
    client = request(cloud, "a", "CREATE", {}, OnStackFailure="DELETE")
    cloud.fail("CREATE", "App.Queue", "no")

    client.execute_change_set(StackName=STACK, ChangeSetName="a")
    cloud.run()

    assert cloud.stacks[0].status == "DELETE_COMPLETE"


def test_a_failed_update_is_taken_back(cloud: Cloud) -> None:
    added = {"Data": data(New={**QUEUE, "Properties": {"QueueName": "new"}, "DeletionPolicy": "Retain"})}
    failed_update(cloud, added, RetainExceptOnCreate=True)

    assert set(statuses(cloud).values()) == {"UPDATE_ROLLBACK_COMPLETE"}
    assert "New" not in cloud.stack(STACK).nested()[0].resources
    assert cloud.leftovers() == []


def test_a_removed_resource_is_back_after_a_rollback(cloud: Cloud) -> None:
    create(cloud, {"App": app(Other={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "other"}})})
    cloud.fail("UPDATE", "App", "no")

    update(cloud, {"App": app(delayed(2))})

    assert ("AWS::SQS::Queue", "other") in cloud.inventory.found


def test_a_removed_resource_is_deleted_in_the_clean_up(cloud: Cloud) -> None:
    create(cloud, {"App": app(Other={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "other"}})})

    update(cloud, {"App": app()})

    assert ("AWS::SQS::Queue", "other") not in cloud.inventory.found


def test_a_failed_update_may_stay_as_it_is_and_be_rolled_back_later(cloud: Cloud) -> None:
    failed_update(cloud, DisableRollback=True)
    assert statuses(cloud)[""] == "UPDATE_FAILED"

    cloud.client().rollback_stack(StackName=STACK)
    cloud.run()

    assert statuses(cloud)[""] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_rollback_that_fails_can_be_continued(cloud: Cloud) -> None:
    stuck(cloud)
    assert statuses(cloud)[""] == "UPDATE_ROLLBACK_FAILED"

    cloud.client().continue_update_rollback(StackName=STACK)
    cloud.run()

    assert set(statuses(cloud).values()) == {"UPDATE_ROLLBACK_COMPLETE"}


def test_a_resource_that_cannot_be_rolled_back_is_skipped_by_its_nested_stack_s_name(cloud: Cloud) -> None:
    stuck(cloud)
    cloud.fail("ROLLBACK", "*.Table", "the table is gone")
    name = next(stack.name for stack in cloud.stack(STACK).nested() if stack.path == "Data")

    cloud.client().continue_update_rollback(StackName=STACK, ResourcesToSkip=[f"{name}.Table"])
    cloud.run()

    assert statuses(cloud)[""] == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.unmet() == ["ROLLBACK *.Table"]
    cloud.faults.clear()


def test_only_what_failed_in_the_rollback_can_be_skipped(cloud: Cloud) -> None:
    stuck(cloud)

    with pytest.raises(ClientError, match="cannot be skipped"):
        cloud.client().continue_update_rollback(StackName=STACK, ResourcesToSkip=["App"])


def test_a_rollback_is_continued_from_the_root_only(cloud: Cloud) -> None:
    stuck(cloud)
    nested = cloud.stack(STACK).nested()[0].name

    with pytest.raises(ClientError, match="cannot be invoked on child stacks"):
        cloud.client().continue_update_rollback(StackName=nested)


def update_after_creation(cloud: Cloud) -> None:
    """Create and update the stack; then delete it, which fails."""
    create(cloud)
    update(cloud, {"App": app(delayed(2))})
    cloud.fail("DELETE", "Data", "no")
    cloud.client().delete_stack(StackName=STACK)
    cloud.run()
    cloud.client().delete_stack(StackName=STACK)
    cloud.run()


SITUATIONS: list[Callable[[Cloud], None]] = [
    failed_creation,
    failed_update,
    stuck,
    update_after_creation,
    lambda cloud: failed_creation(cloud, DisableRollback=True),
    lambda cloud: failed_creation(cloud, {"Data": data(PROTECTED)}),
    lambda cloud: failed_update(cloud, DisableRollback=True),
]


def test_every_status_of_a_stack_can_be_reached() -> None:
    """Import apart, which nothing here uses."""
    shape = get_session().get_service_model("cloudformation").shape_for("StackStatus")
    assert isinstance(shape, StringShape)
    known = {status for status in shape.enum if not status.startswith("IMPORT")}
    seen: set[str] = set()
    for situation in SITUATIONS:
        cloud = Cloud()
        situation(cloud)
        seen |= {
            event["ResourceStatus"]
            for stack in cloud.stacks
            for event in stack.events
            if event["LogicalResourceId"] == stack.name
        }

    assert seen == known
