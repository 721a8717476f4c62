"""An update that fails leaves nothing behind, and stack policies protect data in the stacks that hold it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.change import stack_policy
from pipeline.change.stack_events import StackError
from tests.aws.cloudformation.cloud import Cloud
from tests.pipeline.change.recovery.whole import STACK, Whole

KEYS = {"AuditKey", "DataKey", "DatabaseKey", "LogsKey"}
STORES = {"Database", "PaymentsTable", "AuditBucket", "GatewayKey", "RetryQueue"}
QUEUE = {
    "Type": "AWS::SQS::Queue",
    "Properties": {"QueueName": "payment-refunds-dev"},
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
}


@pytest.fixture
def deployed(whole: Whole) -> Whole:
    """An account with the payment stack."""
    whole.deploy()
    return whole


def policies(cloud: Cloud) -> dict[str, list[str]]:
    """Return the resources that stack policies deny to replace, by logical id of their nested stack."""
    return {
        stack.logical_id: stack.policy["Statement"][1]["Resource"]
        for stack in cloud.stack(STACK).nested()
        if stack.policy and len(stack.policy["Statement"]) > 1
    }


def test_a_named_retained_resource_of_an_update_that_failed_does_not_stop_the_next(deployed: Whole) -> None:
    """Retain alone would keep it, and its name taken."""
    deployed.layers["Data"]["Resources"]["Refunds"] = QUEUE
    deployed.layers["Monitoring"]["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}
    deployed.cloud.fail("CREATE", "Monitoring.Topic", "the service had a bad day")
    with pytest.raises(StackError, match="bad day"):
        deployed.deploy()
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"

    deployed.deploy()

    assert deployed.status == "UPDATE_COMPLETE"


def test_what_holds_data_is_protected(whole: Whole) -> None:
    found = stack_policy.protected(whole.layers)

    assert KEYS <= set(found["Security"])
    assert STORES <= set(found["Data"])


def test_logs_are_no_data(whole: Whole) -> None:
    """A function that a release renames or drops leaves its log group behind."""
    kinds = {
        whole.layers[title]["Resources"][name]["Type"]
        for title, names in stack_policy.protected(whole.layers).items()
        for name in names
    }

    assert "AWS::Logs::LogGroup" not in kinds


def test_each_nested_stack_that_holds_data_has_a_policy_once_it_is_deployed(deployed: Whole) -> None:
    assert policies(deployed.cloud) == {
        title: [f"LogicalResourceId/{name}" for name in names]
        for title, names in stack_policy.protected(deployed.layers).items()
    }


def test_the_queue_of_retries_cannot_be_replaced_unnoticed(deployed: Whole) -> None:
    rename(deployed)
    planned = deployed.plan()
    assert planned.plan.blocking == ["STATEFUL_REPLACEMENT:Data/RetryQueue"]
    record: Any = planned.plan
    object.__setattr__(record, "blocking", [])

    with pytest.raises(StackError, match="denied by stack policy"):
        deployed.execute(planned)


def test_a_replacement_that_somebody_accepted_is_let_through_once(deployed: Whole) -> None:
    rename(deployed)

    planned = deployed.plan("STATEFUL_REPLACEMENT:Data/RetryQueue")
    deployed.execute(planned)

    assert planned.plan.unprotected == ["Data/RetryQueue"]
    assert planned.review is not None
    assert any("stack policy: Data/RetryQueue" in note for note in planned.review.notes)
    assert deployed.status == "UPDATE_COMPLETE"
    assert "LogicalResourceId/RetryQueue" in policies(deployed.cloud)["Data"]


def test_the_protection_is_back_after_a_replacement_that_failed(deployed: Whole) -> None:
    rename(deployed)
    deployed.cloud.fail("UPDATE", "Data.RetryQueue", "the service had a bad day")

    with pytest.raises(StackError, match="bad day"):
        deployed.deploy("STATEFUL_REPLACEMENT:Data/RetryQueue")

    assert "LogicalResourceId/RetryQueue" in policies(deployed.cloud)["Data"]


def rename(whole: Whole) -> None:
    """Give the queue of retries another name, which replaces it."""
    whole.layers["Data"]["Resources"]["RetryQueue"]["Properties"]["QueueName"] = "payment-again-dev"
