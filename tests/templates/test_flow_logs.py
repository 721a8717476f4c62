"""The flow logs: all traffic is recorded, where nobody else writes."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

LAYER = "Network"


def test_all_traffic_of_the_vpc_is_recorded(resources: dict[str, Resource]) -> None:
    """F028: the original records none."""
    flow_log = resources["FlowLog"]["Properties"]

    assert ("VPC", {"Ref": "Vpc"}) == (flow_log["ResourceType"], flow_log["ResourceId"])
    assert "ALL" == flow_log["TrafficType"]
    assert {"Ref": "FlowLogGroup"} == flow_log["LogGroupName"]
    assert {"Fn::GetAtt": ["FlowLogRole", "Arn"]} == flow_log["DeliverLogsPermissionArn"]


def test_the_record_outlives_the_stack(resources: dict[str, Resource]) -> None:
    group = resources["FlowLogGroup"]

    assert ("Retain", "Retain") == (group["DeletionPolicy"], group["UpdateReplacePolicy"])


def test_flow_logs_write_to_their_own_group_only(resources: dict[str, Resource]) -> None:
    (statement,) = resources["FlowLogPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"] == statement["Action"]
    assert [{"Fn::GetAtt": ["FlowLogGroup", "Arn"]}] == statement["Resource"]
    assert [{"Ref": "FlowLogPolicy"}] == resources["FlowLogRole"]["Properties"]["ManagedPolicyArns"]


def test_only_flow_logs_of_this_account_write_under_the_role(resources: dict[str, Resource]) -> None:
    """Another account's flow logs must not borrow it."""
    (trusted,) = resources["FlowLogRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    flow_logs = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-flow-log/*"
    assert {"Service": "vpc-flow-logs.amazonaws.com"} == trusted["Principal"]
    assert {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": {"Fn::Sub": flow_logs}},
    } == trusted["Condition"]
