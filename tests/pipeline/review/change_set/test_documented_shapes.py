"""Change sets in shapes that the API documents and no recorded one has: drift, hooks, modules, settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.review.change_set import parse
from pipeline.review.change_set import read as changesets
from pipeline.review.model import Change, Review
from pipeline.review.reviews import judge
from pipeline.review.verdict import Policy, decide
from tests.pipeline.review.renderers.rendering import FORMATS, rendering

SET = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release/1"


def detail(path: str, source: str = "DirectModification", **target: Any) -> dict[str, Any]:
    """What AWS says of one place."""
    told = {"Attribute": "Properties", "Name": path.partition("/")[0], "RequiresRecreation": "Never"}
    return {
        "Target": told | {"Path": f"/Properties/{path}"} | target,
        "Evaluation": "Static",
        "ChangeSource": source,
    }


def resource(*details: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A change of a queue."""
    told = {
        "Action": "Modify",
        "LogicalResourceId": "Queue",
        "ResourceType": "AWS::SQS::Queue",
        "Replacement": "False",
        "Scope": ["Properties"],
        "Details": list(details),
    }
    return {"Type": "Resource", "ResourceChange": told | more}


def answer(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An answer of DescribeChangeSet."""
    told = {
        "ChangeSetId": SET,
        "ChangeSetName": "release",
        "StackName": "payments",
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        "Changes": list(changes),
    }
    return told | more


def read(*answers: dict[str, Any]) -> Review:
    """The judged review of answers."""
    return judge(changesets.review(answers))


def only(*answers: dict[str, Any]) -> Change:
    """The one change in answers."""
    (change,) = read(*answers).changes
    return change


def faces(review: Review) -> list[str]:
    """A review in all its faces but that for machines, which lists changes only."""
    return [" ".join(rendering(review, kind).split()) for kind in FORMATS if kind != "json"]


def test_what_drifted_is_told_with_what_was_deployed() -> None:
    drift = {"PreviousValue": "30", "ActualValue": "90", "DriftDetectionTimestamp": "2026-01-01T00:00:00Z"}
    place = detail(
        "VisibilityTimeout",
        BeforeValue="90",
        AfterValue="30",
        BeforeValueFrom="ACTUAL_STATE",
        AfterValueFrom="TEMPLATE",
        Drift=drift,
        AttributeChangeType="Modify",
    )

    review = read(
        answer(
            resource(place, ResourceDriftStatus="MODIFIED"),
            DeploymentMode="REVERT_DRIFT",
            StackDriftStatus="DRIFTED",
        )
    )

    (change,) = review.changes
    assert [
        "drift MODIFIED: was changed outside CloudFormation",
        "drift of VisibilityTimeout: deployed as 30, now 90",
    ] == change.notes
    assert ("90", "30") == (change.properties[0].before, change.properties[0].after)
    for face in faces(review):
        assert "deployed as 30, now 90" in face
        assert "DeploymentMode" in face.replace("\\", "")


def test_a_secret_that_drifted_is_not_shown() -> None:
    drift = {"PreviousValue": "hunter21", "ActualValue": "hunter22"}
    place = detail("Environment/Variables/API_TOKEN", BeforeValue="hunter22", AfterValue="x", Drift=drift)
    context = json.dumps({"Properties": {"Environment": {"Variables": {"API_TOKEN": "hunter20"}}}})

    review = read(answer(resource(place, PreviousDeploymentContext=context)))

    assert not [face for face in faces(review) if "hunter" in face]


def test_what_is_only_taken_note_of_is_counted_on_its_own() -> None:
    place = detail("DelaySeconds", "NoModification", AttributeChangeType="SyncWithActual")

    review = read(answer(resource(place, Action="SyncWithActual", Replacement=None)))

    assert review.changes[0].replacement is None
    assert review.changes[0].cause is None
    assert "1 to take note of as they are" in faces(review)[0]
    assert "nothing is written" in faces(review)[0]


def test_drift_that_is_ignored_says_why() -> None:
    ignored = [{"Path": "/Properties/Policy", "Reason": "MANAGED_BY_AWS"}]

    assert ["drift of /Properties/Policy is ignored: MANAGED_BY_AWS"] == only(
        answer(resource(ResourceDriftIgnoredAttributes=ignored, ResourceDriftStatus="IN_SYNC", Scope=[]))
    ).notes


def test_an_action_that_is_open_is_not_taken_for_a_change() -> None:
    review = read(answer(resource(Action="Dynamic", Replacement=None)))

    assert "1 whose action is open" in faces(review)[0]


def test_a_resource_of_a_module_names_it() -> None:
    module = {"TypeHierarchy": "Our::Queue::MODULE", "LogicalIdHierarchy": "Retry"}

    assert ["of module Retry (Our::Queue::MODULE)"] == only(
        answer(resource(ModuleInfo=module, Scope=[]))
    ).notes


def test_hooks_are_counted_and_named_where_they_were_read() -> None:
    change = resource(Scope=[]) | {"HookInvocationCount": 2}
    target = {"LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue", "ResourceAction": "Modify"}
    hook = {
        "InvocationPoint": "PRE_PROVISION",
        "FailureMode": "FAIL",
        "TypeName": "Our::Queue::Guard",
        "TargetDetails": {"TargetType": "RESOURCE", "ResourceTargetDetails": target},
    }
    hooks = {"ChangeSetId": SET, "ChangeSetName": "release", "Status": "PLANNED", "Hooks": [hook]}

    assert ["2 hooks run before it"] == only(answer(change)).notes
    assert ["hook Our::Queue::Guard runs before it; where it fails, it stops the update"] == only(
        hooks, answer(change)
    ).notes
    assert 2 == decide(read(hooks), Policy()).code


def test_settings_of_several_sets_are_told_once_and_secrets_hidden() -> None:
    settings = {
        "Capabilities": ["CAPABILITY_IAM"],
        "OnStackFailure": "ROLLBACK",
        "ImportExistingResources": True,
        "ResourceTypesToImport": ["AWS::S3::Bucket"],
        "NotificationARNs": ["arn:aws:sns:eu-west-1:123456789012:told"],
        "RollbackConfiguration": {"MonitoringTimeInMinutes": 5, "RollbackTriggers": [{"Arn": "a"}]},
        "Parameters": [
            {"ParameterKey": "Size", "ParameterValue": "s"},
            {"ParameterKey": "Kept", "UsePreviousValue": True},
            {"ParameterKey": "DbPassword", "ParameterValue": "hunter22"},
        ],
    }

    review = read(
        answer(resource(), **settings), answer(resource(), ChangeSetId="2", StackName="other", **settings)
    )

    text, *others = faces(review)
    assert "Capabilities (2 stacks): CAPABILITY_IAM" in text
    assert "… and 1 more, on the page" in text
    for face in others:
        assert 1 == face.count("CAPABILITY_IAM")
        assert "Size=s, Kept as before, DbPassword=••••••" in face
        assert all(name in face for name in settings)


@pytest.mark.parametrize(("status", "said"), [("OBSOLETE", "make it anew"), ("EXECUTE_FAILED", "failed")])
def test_a_set_that_cannot_be_executed_any_more_is_a_fault(status: str, said: str) -> None:
    verdict = decide(read(answer(resource(), ExecutionStatus=status)), Policy())

    assert 2 == verdict.code
    assert said in verdict.faults[0]


def test_a_set_that_was_executed_is_shown_and_says_so() -> None:
    review = read(answer(resource(), ExecutionStatus="EXECUTE_COMPLETE"))

    assert ["this change set was executed already"] == [each.reason for each in review.findings]


def test_a_change_of_another_kind_is_not_passed_over() -> None:
    verdict = decide(read(answer(resource(), {"Type": "Extension"})), Policy())

    assert ["payments has a change of kind Extension, expected changes of resources only"] == verdict.faults


def test_a_warned_set_needs_its_plain_answer() -> None:
    warned = answer(
        resource(detail("DelaySeconds", BeforeValue="1", AfterValue="2")),
        StatusReason="[WARN] --include-property-values option can return incomplete ChangeSet data",
    )

    assert 2 == decide(read(warned), Policy()).code
    place = detail("DelaySeconds")
    del place["Target"]["Path"]
    assert 0 == decide(read(warned, answer(resource(place))), Policy()).code


@pytest.mark.parametrize("attribute", ["CreationPolicy", "UpdatePolicy", "DeletionPolicy", "Metadata"])
def test_an_attribute_is_told_by_its_name_and_place(attribute: str) -> None:
    place = detail(
        "x", Attribute=attribute, Name=None, Path=f"/{attribute}/Inner", BeforeValue="a", AfterValue="b"
    )

    review = read(answer(resource(place, Scope=[attribute])))

    assert [attribute] == review.changes[0].scope()
    assert all(f"{attribute}/Inner" in face for face in faces(review))


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("ReplaceAndDelete", "old one deleted"),
        ("ReplaceAndRetain", "old one kept, outside any stack"),
        ("ReplaceAndSnapshot", "old one deleted after a snapshot"),
    ],
)
def test_the_fate_of_the_old_resource_is_told(action: str, said: str) -> None:
    place = detail("QueueName", BeforeValue="a", AfterValue="b", RequiresRecreation="Always")

    review = read(answer(resource(place, Replacement="True", PolicyAction=action)))

    assert all(said in face for face in faces(review))


def test_a_value_that_aws_signed_instead_of_telling_is_unknown() -> None:
    place = detail(
        "RedrivePolicy", BeforeValue="(Truncated-Signature):1f", AfterValue="(Truncated-Signature):2e"
    )

    assert all("cut off by AWS" in face for face in faces(read(answer(resource(place)))))


def test_pages_that_a_file_holds_as_a_list_are_one_set(tmp_path: Path) -> None:
    pages = [
        answer(resource(LogicalResourceId="A"), NextToken="2"),
        answer(resource(LogicalResourceId="B")),
    ]
    (tmp_path / "pages.json").write_text(json.dumps(pages), encoding="utf-8")

    review = read(*parse.read([tmp_path / "pages.json"]))

    assert ["A", "B"] == [change.id for change in review.changes]
    assert not review.faults


def test_an_answer_that_is_null_where_it_might_be_a_list_is_read() -> None:
    told = resource(Details=None, Scope=None, ModuleInfo=None, PolicyAction=None)

    assert "False" == only(answer(told, Parameters=None, Tags=None)).replacement
