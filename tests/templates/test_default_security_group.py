"""The default security group: what keeps it without rules, and with how little."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

LAYER = "Network"

RUNBOOK = "AWSConfigRemediation-RemoveVPCDefaultSecurityGroupRules"
GROUP = {"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}
ROLE = {"Fn::GetAtt": ["DefaultSecurityGroupRole", "Arn"]}


def granted(resources: dict[str, Resource]) -> dict[str, Resource]:
    document = resources["DefaultSecurityGroupPolicy"]["Properties"]["PolicyDocument"]
    return {each["Sid"]: each for each in document["Statement"]}


def test_the_default_group_is_kept_closed(resources: dict[str, Resource]) -> None:
    """F027: by AWS's runbook, at once and again every day."""
    association = resources["DefaultSecurityGroupAssociation"]["Properties"]

    assert RUNBOOK == association["Name"]
    assert "GroupId" == association["AutomationTargetParameterName"]
    assert [{"Key": "ParameterValues", "Values": [GROUP]}] == association["Targets"]
    assert {"AutomationAssumeRole": [ROLE]} == association["Parameters"]
    assert "rate(1 day)" == association["ScheduleExpression"]
    assert not association.get("ApplyOnlyAtCronInterval")


def test_no_custom_resource_is_needed(resources: dict[str, Resource]) -> None:
    """F027: the original ran a function for it."""
    types = {each["Type"] for each in resources.values()}

    assert not [each for each in types if "Lambda" in each or "Custom" in each]


def test_the_first_run_finds_its_rights_in_place(resources: dict[str, Resource]) -> None:
    assert "DefaultSecurityGroupPolicy" == resources["DefaultSecurityGroupAssociation"]["DependsOn"]
    assert [{"Ref": "DefaultSecurityGroupRole"}] == resources["DefaultSecurityGroupPolicy"]["Properties"][
        "Roles"
    ]


def test_it_changes_that_one_group_only(resources: dict[str, Resource]) -> None:
    emptied = granted(resources)["EmptySecurityGroup"]

    arn = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:security-group/${GroupId}"
    assert ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"] == emptied["Action"]
    assert [{"Fn::Sub": [arn, {"GroupId": GROUP}]}] == emptied["Resource"]


def test_only_reading_groups_is_allowed_on_everything(resources: dict[str, Resource]) -> None:
    """EC2 knows no resource for DescribeSecurityGroups."""
    everywhere = [each["Action"] for each in granted(resources).values() if "*" in each["Resource"]]

    assert [["ec2:DescribeSecurityGroups"]] == everywhere


def test_it_runs_that_one_runbook_under_its_own_role(resources: dict[str, Resource]) -> None:
    started = granted(resources)["RunRunbook"]
    passed = granted(resources)["PassRole"]

    owned_by_aws = "arn:${AWS::Partition}:ssm:${AWS::Region}::"
    runs = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:automation-execution/*"
    assert ["ssm:StartAutomationExecution"] == started["Action"]
    assert [
        f"{owned_by_aws}document/{RUNBOOK}",
        f"{owned_by_aws}automation-definition/{RUNBOOK}:*",
        runs,
    ] == [each["Fn::Sub"] for each in started["Resource"]]
    assert [ROLE] == passed["Resource"]
    assert {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}} == passed["Condition"]


def test_only_runbooks_of_this_account_run_under_the_role(resources: dict[str, Resource]) -> None:
    (trusted,) = resources["DefaultSecurityGroupRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    runs = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:automation-execution/*"
    assert {"Service": "ssm.amazonaws.com"} == trusted["Principal"]
    assert {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": {"Fn::Sub": runs}},
    } == trusted["Condition"]
