"""Statements: one statement of a role's policy before and after, and whether it newly allows something."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import Template, base, edited, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

ROLE = "100"
POLICY = "ProcessorRole/Policies/0/PolicyDocument/Statement"
WIDER, SAME = "ProcessorRole False (Policies) IAM_WIDENING", "ProcessorRole False (Policies)"


def allow(action: object = "s3:GetObject", resource: object = "*", **given: object) -> dict[str, Any]:
    """An Allow."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **given}


def when(**block: object) -> dict[str, Any]:
    """An Allow on conditions."""
    return allow(Condition=block)


# Of one statement of a role's policy: what it was, what it becomes, and whether that allows more.
STATEMENTS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "fewer left out of the actions": (
        {"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"},
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        True,
    ),
    "more left out of the actions": (
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"},
        False,
    ),
    "a NotAction instead of everything": (
        allow("*"),
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        False,
    ),
    "an action within what was left in": (
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        allow("s3:GetObject"),
        False,
    ),
    "an action that was left out": (
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        allow("iam:PassRole"),
        True,
    ),
    "fewer left out of the resources": (
        {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b"]},
        {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::a"]},
        True,
    ),
    "more left out of the resources": (
        {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::a"]},
        {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b"]},
        False,
    ),
    "a wider wildcard": (allow(resource="arn:aws:s3:::a/x/*"), allow(resource="arn:aws:s3:::a/*"), True),
    "a narrower wildcard": (allow(resource="arn:aws:s3:::a/*"), allow(resource="arn:aws:s3:::a/x/*"), False),
    "one letter any": (allow(resource="arn:aws:s3:::a1"), allow(resource="arn:aws:s3:::a?"), True),
    "one action of many, by name": (allow("s3:*"), allow(["s3:GetObject", "s3:PutObject"]), False),
    "a list for a string": (allow(), allow(["s3:GetObject"], ["*"]), False),
    "a name": (allow(), allow(Sid="A"), False),
    "from Deny to Allow": (allow() | {"Effect": "Deny"}, allow(), True),
    "from Allow to Deny": (allow(), allow() | {"Effect": "Deny"}, False),
    "wider addresses": (
        when(IpAddress={"aws:SourceIp": "10.1.0.0/16"}),
        when(IpAddress={"aws:SourceIp": "10.0.0.0/8"}),
        True,
    ),
    "narrower addresses": (
        when(IpAddress={"aws:SourceIp": "10.0.0.0/8"}),
        when(IpAddress={"aws:SourceIp": ["10.1.0.0/16"]}),
        False,
    ),
    "a pattern of one value": (
        when(StringEquals={"aws:PrincipalTag/team": "pay"}),
        when(StringLike={"aws:PrincipalTag/team": "pay"}),
        False,
    ),
    "a pattern of many values": (
        when(StringEquals={"aws:PrincipalTag/team": "pay"}),
        when(StringLike={"aws:PrincipalTag/team": "pay*"}),
        True,
    ),
    "letters in any case": (
        when(StringEquals={"aws:PrincipalTag/team": "pay"}),
        when(StringEqualsIgnoreCase={"aws:PrincipalTag/team": "pay"}),
        True,
    ),
    "letters in one case": (
        when(StringEqualsIgnoreCase={"aws:PrincipalTag/team": "pay"}),
        when(StringEquals={"aws:PrincipalTag/team": "pay"}),
        False,
    ),
    "no second factor": (when(Bool={"aws:MultiFactorAuthPresent": "true"}), allow(), True),
    "a second factor": (allow(), when(Bool={"aws:MultiFactorAuthPresent": True}), False),
    "true as a string": (
        when(Bool={"aws:MultiFactorAuthPresent": True}),
        when(Bool={"AWS:multifactorauthpresent": "true"}),
        False,
    ),
    "longer sessions": (
        when(NumericLessThan={"aws:MultiFactorAuthAge": 300}),
        when(NumericLessThan={"aws:MultiFactorAuthAge": 3600}),
        True,
    ),
    "shorter sessions": (
        when(NumericLessThan={"aws:MultiFactorAuthAge": 3600}),
        when(NumericLessThan={"aws:MultiFactorAuthAge": "300"}),
        False,
    ),
    "until later": (
        when(DateLessThan={"aws:CurrentTime": "2026-01-01T00:00:00Z"}),
        when(DateLessThan={"aws:CurrentTime": "2027-01-01T00:00:00Z"}),
        True,
    ),
    "fewer excluded": (
        when(StringNotEquals={"aws:RequestedRegion": ["us-east-1", "us-west-2"]}),
        when(StringNotEquals={"aws:RequestedRegion": "us-east-1"}),
        True,
    ),
    "more excluded": (
        when(StringNotEquals={"aws:RequestedRegion": "us-east-1"}),
        when(StringNotEquals={"aws:RequestedRegion": ["us-east-1", "us-west-2"]}),
        False,
    ),
    "one condition of two": (
        when(StringEquals={"aws:RequestedRegion": "eu-west-1", "aws:PrincipalOrgID": "o-1"}),
        when(StringEquals={"aws:PrincipalOrgID": "o-1"}),
        True,
    ),
    "conditions in another order": (
        when(StringEquals={"aws:RequestedRegion": ["a", "b"], "aws:PrincipalOrgID": "o-1"}),
        when(StringEquals={"aws:PrincipalOrgID": ["o-1"], "aws:RequestedRegion": ["b", "a"]}),
        False,
    ),
    "any value of many": (
        when(**{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}}),
        when(**{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}),
        True,
    ),
    "a key that has to be there": (
        when(Null={"aws:TokenIssueTime": "false"}),
        when(Null={"aws:TokenIssueTime": "true"}),
        True,
    ),
    "an ARN by another operator": (
        when(ArnEquals={"aws:SourceArn": "arn:aws:sns:eu-west-1:1:a"}),
        when(ArnLike={"aws:SourceArn": "arn:aws:sns:eu-west-1:1:a"}),
        False,
    ),
}


def role_that(*statements: dict[str, Any]) -> Template:
    """The role with these statements for its policy."""
    return edited(base(ROLE), {POLICY: list(statements)})


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement(name: str) -> None:
    before, after, wider = STATEMENTS[name]

    assert expected(WIDER if wider else SAME) == verdicts(reviewed(role_that(before), role_that(after)))


def test_one_statement_need_not_be_in_a_list() -> None:
    assert expected(SAME) == verdicts(reviewed(role_that(allow()), edited(base(ROLE), {POLICY: allow()})))
