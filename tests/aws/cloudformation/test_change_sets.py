"""The CloudFormation of the tests treats change sets as AWS documents them; SOURCES.md says where."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.cloudformation.cloud import Cloud
from tests.aws.cloudformation.small import (
    STACK,
    TABLE,
    app,
    create,
    data,
    delayed,
    request,
    statuses,
    update,
)
from tests.aws.cloudformation.state import Template

CHANGED = {"App": app(delayed(2))}


def test_every_nested_stack_has_a_change_set_that_names_parent_and_root(cloud: Cloud) -> None:
    client = request(cloud, "a", "CREATE", {})

    family = cloud.change_set("a", STACK)
    child = client.describe_change_set(ChangeSetName=family.children["App"].id)
    assert [child["ParentChangeSetId"], child["RootChangeSetId"]] == [family.id, family.id]
    assert child["ExecutionStatus"] == "UNAVAILABLE"


def test_a_stack_and_its_nested_ones_are_in_review_until_execution(cloud: Cloud) -> None:
    request(cloud, "a", "CREATE", {})

    assert {stack.status for stack in cloud.stacks} == {"REVIEW_IN_PROGRESS"}
    assert len(cloud.stacks) == 3


def test_a_change_set_takes_time(cloud: Cloud) -> None:
    client = request(cloud, "a", "CREATE", {})
    client.create_change_set(
        StackName=STACK,
        ChangeSetName="b",
        ChangeSetType="CREATE",
        TemplateURL=cloud.change_set("a", STACK).definition.url,
        IncludeNestedStacks=True,
    )

    assert client.describe_change_set(StackName=STACK, ChangeSetName="b")["Status"] == "CREATE_PENDING"
    cloud.turn()
    assert client.describe_change_set(StackName=STACK, ChangeSetName="b")["Status"] == "CREATE_IN_PROGRESS"


def test_a_request_with_the_same_token_is_the_same_request(cloud: Cloud) -> None:
    cloud.repeated.add("CreateChangeSet")

    request(cloud, "a", "CREATE", {}, ClientToken="token")

    assert cloud.called("CreateChangeSet") == ["CreateChangeSet"] * 2


def test_without_a_token_a_repeated_request_finds_the_name_taken(cloud: Cloud) -> None:
    cloud.repeated.add("CreateChangeSet")

    with pytest.raises(ClientError, match="ChangeSet a already exists"):
        request(cloud, "a", "CREATE", {})


def test_an_execution_that_is_repeated_needs_a_token(cloud: Cloud) -> None:
    client = request(cloud, "a", "CREATE", {})
    cloud.repeated.add("ExecuteChangeSet")
    client.execute_change_set(StackName=STACK, ChangeSetName="a", ClientRequestToken="token")
    cloud.run()

    request(cloud, "b", "UPDATE", CHANGED)
    cloud.repeated.add("ExecuteChangeSet")
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        client.execute_change_set(StackName=STACK, ChangeSetName="b")


PLACEHOLDER_FAILS = [
    pytest.param({"Type": "String", "AllowedPattern": "[a-z]+"}, "must match pattern", id="pattern"),
    pytest.param({"Type": "String", "AllowedValues": ["orders"]}, "AllowedValues", id="values"),
    pytest.param({"Type": "String", "MaxLength": 10}, "at most 10", id="length"),
    pytest.param({"Type": "Number"}, "must be a number", id="number"),
    pytest.param({"Type": "AWS::SSM::Parameter::Value<String>"}, "parameter store", id="ssm"),
]


@pytest.mark.parametrize(("parameter", "reason"), PLACEHOLDER_FAILS)
@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_what_stands_for_an_output_is_held_against_constraints(
    cloud: Cloud, kind: str, parameter: Template, reason: str
) -> None:
    """Also where the sibling exists."""
    if kind == "UPDATE":
        create(cloud)

    request(cloud, "a", kind, {"App": app(parameter=parameter)})

    family = cloud.change_set("a", STACK)
    assert family.status == family.children["App"].status == "FAILED"
    assert reason in family.children["App"].reason
    assert family.reason.endswith("Currently in FAILED.")


@pytest.mark.parametrize(
    "kind", ["String", "CommaDelimitedList", "AWS::EC2::VPC::Id", "List<AWS::EC2::Subnet::Id>"]
)
def test_what_stands_for_an_output_passes_without_constraints(cloud: Cloud, kind: str) -> None:
    request(cloud, "a", "CREATE", {"App": app(parameter={"Type": kind})})

    family = cloud.change_set("a", STACK)
    assert family.status == "CREATE_COMPLETE"
    assert family.children["App"].definition.parameters == {
        "Fed": "{{IntrinsicFunction:small/Data.Outputs.Name/Fn::GetAtt}}"
    }


@pytest.mark.parametrize(("index", "status"), [("0", "CREATE_COMPLETE"), ("1", "FAILED")])
def test_only_the_first_item_of_a_placeholder_can_be_selected(cloud: Cloud, index: str, status: str) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Select": [index, {"Ref": "Fed"}]}}}

    request(cloud, "a", "CREATE", {"App": app(queue, parameter={"Type": "CommaDelimitedList"})})

    assert cloud.change_set("a", STACK).status == status


def test_a_child_without_changes_fails_under_a_root_that_succeeds(cloud: Cloud) -> None:
    create(cloud)

    request(cloud, "b", "UPDATE", CHANGED)

    family = cloud.change_set("b", STACK)
    assert family.status == "CREATE_COMPLETE"
    assert "didn't contain changes" in family.children["Data"].reason


def test_a_root_without_changes_fails(cloud: Cloud) -> None:
    create(cloud)

    request(cloud, "b", "UPDATE", {})

    assert cloud.change_set("b", STACK).reason == "No updates are to be performed."


def test_failed_sets_of_a_child_pile_up_until_nothing_can_be_planned(cloud: Cloud) -> None:
    cloud.change_set_limit = 3
    create(cloud)
    for number in (2, 3):
        update(cloud, {"App": app(delayed(number))}, f"update-{number}")

    request(cloud, "update-4", "UPDATE", {"App": app(delayed(4))})

    assert "ChangeSet limit exceeded for stack" in cloud.change_set("update-4", STACK).reason


def test_a_stack_at_its_limit_takes_no_change_set(cloud: Cloud) -> None:
    cloud.change_set_limit = 1
    request(cloud, "a", "CREATE", {})

    with pytest.raises(ClientError, match="LimitExceeded"):
        request(cloud, "b", "CREATE", {})


@pytest.mark.parametrize("operation", ["execute_change_set", "delete_change_set"])
def test_a_nested_change_set_is_executed_and_deleted_with_its_root_only(cloud: Cloud, operation: str) -> None:
    client = request(cloud, "a", "CREATE", {})
    child = cloud.change_set("a", STACK).children["App"].id

    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        getattr(client, operation)(ChangeSetName=child)


def test_the_deletion_of_a_root_s_takes_time_and_the_nested_with_it(cloud: Cloud) -> None:
    client = request(cloud, "a", "CREATE", {})

    client.delete_change_set(StackName=STACK, ChangeSetName="a")

    seen = []
    while "a" in cloud.stack(STACK).change_sets:
        seen.append(client.describe_change_set(StackName=STACK, ChangeSetName="a")["Status"])
        cloud.turn()
    assert seen == ["DELETE_PENDING", "DELETE_IN_PROGRESS"]
    assert [stack.status for stack in cloud.stacks] == [
        "REVIEW_IN_PROGRESS",
        "DELETE_COMPLETE",
        "DELETE_COMPLETE",
    ]


def test_a_change_set_that_was_executed_cannot_be_deleted(cloud: Cloud) -> None:
    create(cloud)

    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        cloud.client().delete_change_set(StackName=STACK, ChangeSetName="create")


def test_executing_one_deletes_every_other_of_the_stack(cloud: Cloud) -> None:
    create(cloud)
    request(cloud, "b", "UPDATE", CHANGED)
    update(cloud, {"App": app(delayed(3))}, "c")

    assert list(cloud.stack(STACK).change_sets) == ["c"]


@pytest.mark.parametrize(
    "status",
    [
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_FAILED",
        "DELETE_FAILED",
        "UPDATE_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
    ],
)
def test_a_stack_in_such_a_state_takes_no_change_set(cloud: Cloud, status: str) -> None:
    create(cloud)
    cloud.stack(STACK).status = status

    with pytest.raises(ClientError, match=f"is in {status} state and can not be updated"):
        request(cloud, "b", "UPDATE", CHANGED)


@pytest.mark.parametrize("status", ["CREATE_FAILED", "UPDATE_FAILED"])
def test_a_failed_stack_is_changed_with_disable_rollback_only(cloud: Cloud, status: str) -> None:
    create(cloud)
    cloud.stack(STACK).status = status
    client = request(cloud, "b", "UPDATE", CHANGED)

    with pytest.raises(ClientError, match="please use the disable-rollback parameter"):
        client.execute_change_set(StackName=STACK, ChangeSetName="b")
    client.execute_change_set(StackName=STACK, ChangeSetName="b", DisableRollback=True)
    cloud.run()
    assert statuses(cloud)[""] == "UPDATE_COMPLETE"


def test_on_stack_failure_excludes_disable_rollback(cloud: Cloud) -> None:
    client = request(cloud, "a", "CREATE", {}, OnStackFailure="ROLLBACK")

    with pytest.raises(ClientError, match="OnStackFailure"):
        client.execute_change_set(StackName=STACK, ChangeSetName="a", DisableRollback=True)


def test_what_was_created_to_do_nothing_on_failure_cannot_be_continued(cloud: Cloud) -> None:
    client = request(cloud, "a", "CREATE", {}, OnStackFailure="DO_NOTHING")
    cloud.fail("CREATE", "App.Queue", "no")
    client.execute_change_set(StackName=STACK, ChangeSetName="a")
    cloud.run()
    request(cloud, "b", "UPDATE", {})

    with pytest.raises(ClientError, match=r"it contains \[on-failure: DO_NOTHING\]"):
        client.execute_change_set(StackName=STACK, ChangeSetName="b", DisableRollback=True)


def test_changes_come_in_pages_with_values_only_if_asked_for(cloud: Cloud) -> None:
    create(cloud, {"Data": data(Other=TABLE | {"Properties": {}})})
    request(cloud, "b", "UPDATE", {**CHANGED, "Data": data()})
    cloud.page_size = 1
    client, asked = cloud.client(), dict[str, Any](StackName=STACK, ChangeSetName="b")

    first = client.describe_change_set(**asked, IncludePropertyValues=True)
    second = client.describe_change_set(**asked, NextToken=first["NextToken"])

    assert "BeforeContext" in first["Changes"][0]["ResourceChange"]
    assert "BeforeContext" not in second["Changes"][0]["ResourceChange"]
    assert "NextToken" not in second


def test_a_change_of_what_only_creation_can_set_is_a_replacement(cloud: Cloud) -> None:
    create(cloud)

    client = request(
        cloud, "b", "UPDATE", {"App": app({"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}})}
    )

    child = cloud.change_set("b", STACK).children["App"]
    (change,) = client.describe_change_set(ChangeSetName=child.id)["Changes"]
    assert change["ResourceChange"]["Replacement"] == "True"
