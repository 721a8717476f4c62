"""The payment stack comes into being, whichever of its layers fails on the way."""

from __future__ import annotations

import pytest

from pipeline.change.stack_events import StackError
from tests.aws.cloudformation.cloud import Cloud
from tests.aws.cloudformation.state import Physical, Template
from tests.pipeline.change.deployments import STACK
from tests.pipeline.change.payment_stack import LAYERS, executed, planned, release, statuses

# In each layer something that others wait for, and that fails on a first day in an account.
FAILURES = {
    "Security": ("DataKey", "is not authorized to perform: kms:CreateKey"),
    "Network": ("NatAddressA", "The maximum number of addresses has been reached."),
    "Data": ("Database", "DB instance class is not available in these zones"),
    "Compute": ("ProcessorFunction", "decreases account's UnreservedConcurrentExecution below 100"),
    "Api": ("Stage", "CloudWatch Logs role ARN must be set in account settings to enable logging"),
    "Monitoring": ("AlertsTopic", "is not authorized to perform: sns:CreateTopic"),
}


def test_the_stack_and_its_layers_are_created(cloud: Cloud) -> None:
    executed(cloud, planned(cloud, release(cloud), "1"))

    assert statuses(cloud) == dict.fromkeys(("", *LAYERS), "CREATE_COMPLETE")


def test_what_exists_belongs_to_the_stack(cloud: Cloud) -> None:
    executed(cloud, planned(cloud, release(cloud), "1"))

    assert cloud.leftovers() == []


def test_a_second_plan_of_the_same_release_has_no_changes(cloud: Cloud) -> None:
    first = release(cloud)
    executed(cloud, planned(cloud, first, "1"))

    assert planned(cloud, first, "2").change_set == ""


@pytest.mark.parametrize("layer", LAYERS)
def test_the_failing_resource_is_the_reason(cloud: Cloud, layer: str) -> None:
    title, reason = FAILURES[layer]
    found = planned(cloud, release(cloud), "1")
    cloud.fail("CREATE", f"{layer}.{title}", reason)

    with pytest.raises(StackError, match=rf"{STACK}-{layer}-\d+ {title} .*CREATE_FAILED: {reason}"):
        executed(cloud, found)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_creation_that_preserves_what_succeeded_can_be_continued(cloud: Cloud, layer: str) -> None:
    """By another change set, executed with DisableRollback too, as CloudFormation's guide has it."""
    client, released = cloud.client(), release(cloud)
    found = planned(cloud, released, "1")
    cloud.fail("CREATE", f"{layer}.{FAILURES[layer][0]}", FAILURES[layer][1])
    client.execute_change_set(ChangeSetName=found.change_set, DisableRollback=True)
    cloud.run()
    assert statuses(cloud)[""] == statuses(cloud)[layer] == "CREATE_FAILED"
    created = existing(cloud)

    client.create_change_set(
        StackName=STACK,
        ChangeSetName="again",
        TemplateURL=found.template_url,
        IncludeNestedStacks=True,
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in released.configuration.parameters.items()
        ],
        Tags=[{"Key": key, "Value": value} for key, value in released.configuration.tags.items()],
    )
    cloud.run()
    client.execute_change_set(ChangeSetName="again", StackName=STACK, DisableRollback=True)
    cloud.run()

    assert statuses(cloud)[""] == "UPDATE_COMPLETE"
    assert set(statuses(cloud).values()) <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    assert cloud.leftovers() == []
    assert created <= existing(cloud)


def existing(cloud: Cloud) -> set[Physical]:
    """Return everything that exists."""
    return set(cloud.inventory.found.values())


def with_queue(policy: str) -> Template:
    """Return a named queue with a DeletionPolicy."""
    return {
        "Type": "AWS::SQS::Queue",
        "Properties": {"QueueName": "payment-disputes-dev"},
        "DeletionPolicy": policy,
        "UpdateReplacePolicy": "Retain",
    }


def rolled_back(cloud: Cloud, policy: str) -> None:
    """Deploy the stack, then a release that adds a named queue and fails in a later layer."""
    executed(cloud, planned(cloud, release(cloud), "1"))

    def add(layers: dict[str, Template]) -> None:
        layers["Data"]["Resources"]["Disputes"] = with_queue(policy)
        alarm = layers["Monitoring"]["Resources"]["DatabaseCpuAlarm"]["Properties"]
        alarm["EvaluationPeriods"] = 9

    found = planned(cloud, release(cloud, add), "2")
    cloud.fail("UPDATE", "Monitoring.DatabaseCpuAlarm", "no")
    with pytest.raises(StackError, match="UPDATE_ROLLBACK_COMPLETE"):
        executed(cloud, found)
    executed(cloud, planned(cloud, release(cloud, add), "3"))


def test_an_update_that_adds_a_named_resource_and_is_rolled_back_can_be_repeated(cloud: Cloud) -> None:
    rolled_back(cloud, "RetainExceptOnCreate")

    assert statuses(cloud)[""] == "UPDATE_COMPLETE"
    assert cloud.leftovers() == []


def test_not_even_what_is_retained_without_exception_stays_behind(cloud: Cloud) -> None:
    """Updates are executed with RetainExceptOnCreate, which overrides the policy of what they created."""
    rolled_back(cloud, "Retain")

    assert statuses(cloud)[""] == "UPDATE_COMPLETE"
    assert cloud.leftovers() == []
