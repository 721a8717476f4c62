"""Undecided: conditions that only deployment can answer, and what a review makes of them all the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import Template, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

IN_EUROPE = {"InEurope": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}}


def group(*rules: object) -> dict[str, Any]:
    """A group with these rules."""
    return {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"VpcId": "v", "SecurityGroupIngress": list(rules)},
    }


def https(block: str) -> dict[str, Any]:
    """A rule for one range."""
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": block}


def allow(action: str) -> dict[str, Any]:
    """A role that may do one thing."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": [in_europe(statement)]}}
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy]}}


def in_europe(value: object) -> dict[str, Any]:
    """A value in one Region, and nothing elsewhere."""
    return {"Fn::If": ["InEurope", value, {"Ref": "AWS::NoValue"}]}


def one(resource: dict[str, Any]) -> Template:
    """A template with one resource R."""
    return {"Conditions": IN_EUROPE, "Resources": {"R": resource}}


EDITS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a rule opens in one Region": (
        group(in_europe(https("10.0.0.0/8"))),
        group(in_europe(https("0.0.0.0/0"))),
        "R False (SecurityGroupIngress) SG_OPENING",
    ),
    "a rule closes in one Region": (
        group(in_europe(https("0.0.0.0/0"))),
        group(in_europe(https("10.0.0.0/8"))),
        "R False (SecurityGroupIngress)",
    ),
    "a role may do more in one Region": (
        allow("s3:GetObject"),
        allow("s3:*"),
        "R False (Policies) IAM_WIDENING",
    ),
    "a role may do the same in one Region": (allow("s3:GetObject"), allow("s3:GetObject"), ""),
    "a key in one Region": (
        {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": in_europe("k")}},
        {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": in_europe("alias/aws/sqs")}},
        "R False (KmsMasterKeyId) ENCRYPTION_LOSS",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit_within_a_branch_that_may_hold(name: str) -> None:
    before, after, wanted = EDITS[name]

    assert expected(wanted) == verdicts(reviewed(one(before), one(after)))


def test_a_key_that_a_parent_passes_is_certainly_given() -> None:
    topic = {"KmsMasterKeyId": {"Fn::If": ["HasKey", {"Ref": "KeyArn"}, {"Ref": "AWS::NoValue"}]}}
    child: Template = {
        "Parameters": {"KeyArn": {"Type": "String", "Default": ""}},
        "Conditions": {"HasKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "KeyArn"}, ""]}]}},
        "Resources": {
            "T": {"Type": "AWS::SNS::Topic", "Properties": topic},
            "Q": {"Type": "AWS::SQS::Queue", "Condition": "HasKey"},
        },
    }

    def root(**parameters: object) -> Template:
        stack = {"TemplateURL": "https://x/t.json", "Parameters": parameters}
        return {
            "Resources": {
                "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
                "A": {"Type": "AWS::CloudFormation::Stack", "Properties": stack},
            }
        }

    held = {"A": child}
    review = reviewed(root(KeyArn={"Fn::GetAtt": ["Key", "Arn"]}), root(), nested=(held, held))

    wanted = """
        A False (Parameters)
        A/T False (KmsMasterKeyId) ENCRYPTION_LOSS <parameter:KeyArn
        A/Q Remove Delete STATEFUL_DELETION <parameter:KeyArn
    """
    assert expected(wanted) == verdicts(review)
