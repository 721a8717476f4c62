"""What invokes the functions, and who may act as what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.templates.layers import statements
from tests.templates.rendered import TEMPLATES, cases, every_resource, granted

ROOT = TEMPLATES["Root"]
# What the original stack offered; somebody may read any of them.
OF_THE_ORIGINAL = {
    "VPCId",
    "APIEndpoint",
    "RDSEndpoint",
    "DynamoDBTable",
    "S3AuditBucket",
    "SQSRetryQueue",
    "SNSAlertTopic",
}


def test_a_sweep_that_cannot_be_handed_over_is_set_aside_in_time() -> None:
    """The next one comes in a minute; an older event would only find the same."""
    (target,) = TEMPLATES["Compute"]["Resources"]["EveryMinute"]["Properties"]["Targets"]

    assert {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]} == target["DeadLetterConfig"]["Arn"]
    assert 60 == target["RetryPolicy"]["MaximumEventAgeInSeconds"]
    assert 1 == target["RetryPolicy"]["MaximumRetryAttempts"]


def test_a_sweep_that_fails_is_not_tried_again() -> None:
    """The next one comes in a minute, and finds what this one left."""
    attempts = TEMPLATES["Compute"]["Resources"]["SweepAttempts"]

    assert "AWS::Lambda::EventInvokeConfig" == attempts["Type"]
    assert {
        "FunctionName": {"Ref": "SweeperFunction"},
        "Qualifier": "live",
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 60,
    } == attempts["Properties"]
    # There is no such alias before.
    assert "SweeperAlias" == attempts["DependsOn"]


@pytest.mark.parametrize("role", cases("AWS::IAM::Role"))
def test_a_role_is_assumed_by_one_service_and_by_nobody_else(role: dict[str, Any]) -> None:
    (statement,) = statements(role["Properties"]["AssumeRolePolicyDocument"])

    assert ["sts:AssumeRole"] == statement["Action"]
    assert ["Service"] == list(statement["Principal"])
    assert str(statement["Principal"]["Service"]).endswith(".amazonaws.com")


def documents(value: object) -> list[dict[str, Any]]:
    """Every policy document in `value`, wherever it stands."""
    if isinstance(value, list):
        return [found for each in value for found in documents(each)]
    if not isinstance(value, dict):
        return []
    # A firewall's rules have a Statement too, which is no list.
    if isinstance(value.get("Statement"), list):
        return [value]
    return [found for each in value.values() for found in documents(each)]


def test_nothing_is_allowed_to_everybody_without_a_condition() -> None:
    """But for endpoints, whose policies only narrow what roles may do."""
    open_to_all = [
        f"{title}.{name}"
        for title, name, resource in every_resource()
        if resource["Type"] != "AWS::EC2::VPCEndpoint"
        for document in documents(resource.get("Properties", {}))
        for statement in statements(document)
        if statement["Effect"] == "Allow"
        and statement.get("Principal") == "*"
        and "Condition" not in statement
    ]

    assert [] == open_to_all


@pytest.mark.parametrize("statement", granted())
def test_a_grant_names_its_resource_or_could_not(statement: dict[str, Any]) -> None:
    """AWS knows no resource of these actions; all else is granted on something."""
    if statement["Effect"] == "Allow" and statement["Resource"] in ("*", ["*"]):
        services = {action.split(":")[0] for action in statement["Action"]}

        assert services <= {"ec2", "logs", "ssm", "xray"}


def test_every_output_of_the_original_stays() -> None:
    assert set(ROOT["Outputs"]) >= OF_THE_ORIGINAL


@pytest.mark.parametrize("queue", cases("AWS::SQS::Queue"))
def test_a_queue_hands_on_what_fails_or_says_whose_failures_it_takes(queue: dict[str, Any]) -> None:
    """No queue of somebody else's can put its dead letters into one of ours."""
    taken = queue["Properties"].get("RedriveAllowPolicy", {}).get("redrivePermission")

    assert "RedrivePolicy" in queue["Properties"] or taken in ("byQueue", "denyAll")


@pytest.mark.parametrize("key", cases("AWS::KMS::Key"))
def test_a_key_is_for_this_account_and_for_services_that_are_named(key: dict[str, Any]) -> None:
    """Whatever a condition asks besides: nobody else is let in at all."""
    account = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    for statement in statements(key["Properties"]["KeyPolicy"]):
        if statement["Effect"] == "Allow":
            assert account == statement["Principal"] or ["Service"] == list(statement["Principal"])
