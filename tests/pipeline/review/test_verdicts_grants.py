"""Grants: what a role may do by several statements together, before and after, and whether that is more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import Template, base, edited, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

ROLE = "100"
POLICY = "ProcessorRole/Policies/0/PolicyDocument/Statement"
WIDER, SAME = "ProcessorRole False (Policies) IAM_WIDENING", "ProcessorRole False (Policies)"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/transactions"
Statement = dict[str, Any]


def allow(action: object = "s3:GetObject", resource: object = "*", **given: object) -> Statement:
    """An Allow."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **given}


def deny(action: object = "s3:*", resource: object = "*", **given: object) -> Statement:
    """A Deny."""
    return allow(action, resource, **given) | {"Effect": "Deny"}


def when(**block: object) -> Statement:
    """An Allow on conditions."""
    return allow(Condition=block)


def number(operator: str, limit: object) -> Statement:
    """An Allow on how large something is."""
    return when(**{operator: {"s3:max-keys": limit}})


def tag(operator: str, *values: str) -> Statement:
    """An Allow on the tags that a request names."""
    return when(**{operator: {"aws:TagKeys": list(values)}})


def from_(*ranges: str) -> Statement:
    """An Allow from some addresses."""
    return when(IpAddress={"aws:SourceIp": list(ranges)})


def team(operator: str, *values: str) -> Statement:
    """An Allow for those with a tag."""
    return when(**{operator: {"aws:PrincipalTag/team": list(values)}})


def but(key: str, *values: str) -> Statement:
    """An Allow on all but some actions or resources."""
    statement = allow()
    del statement[key]
    return statement | {f"Not{key}": list(values)}


# The statements of the role's policy: what they were, what they become, and whether that is more.
GRANTS: dict[str, tuple[list[Statement], list[Statement], bool]] = {
    # Actions
    "a wildcard in the middle": (
        [allow(["dynamodb:GetItem", "dynamodb:PutItem"])],
        [allow("dynamodb:*Item")],
        True,
    ),
    "a letter left open": ([allow("dynamodb:GetItem")], [allow("dynamodb:?etItem")], True),
    "one that another takes in": ([allow(["s3:Get*", "s3:GetObject"])], [allow("s3:Get*")], False),
    "one added that another takes in": (
        [allow("s3:Get*")],
        [allow(["s3:Get*", "s3:GetObjectTagging"])],
        False,
    ),
    "from reading to everything": ([allow("s3:Get*")], [allow("s3:*")], True),
    "the service in capitals": ([allow("s3:GetObject")], [allow("S3:getobject")], False),
    "an action of another service": ([allow("s3:GetObject")], [allow("sqs:GetObject")], True),
    "each action of a wildcard": (
        [allow(["s3:Get*", "s3:Put*"])],
        [allow("s3:GetObject"), allow("s3:PutObject")],
        False,
    ),
    "a star for a service": ([allow("s3:*")], [allow("*")], True),
    "everything, in two spellings": ([allow("*")], [allow("*:*")], False),
    "everything, narrowed to services": ([allow("*")], [allow(["s3:*", "sqs:*"])], False),
    "another action passes roles": ([allow()], [allow(["s3:GetObject", "iam:PassRole"])], True),
    "all but a service, then that as well": (
        [but("Action", "iam:*")],
        [but("Action", "iam:*"), allow("iam:*")],
        True,
    ),
    "all but a service, then one of the rest": (
        [but("Action", "iam:*")],
        [but("Action", "iam:*"), allow("s3:*")],
        False,
    ),
    "all but some, in capitals": ([but("Action", "iam:*")], [but("Action", "IAM:*")], False),
    "all but what is narrower": ([but("Action", "iam:*")], [but("Action", "iam:Create*")], True),
    "all but what is wider": ([but("Action", "iam:Create*")], [but("Action", "iam:*")], False),
    # Resources
    "any Region": (
        [allow("dynamodb:GetItem", TABLE)],
        [allow("dynamodb:GetItem", TABLE.replace("eu-west-1", "*"))],
        True,
    ),
    "any account": (
        [allow("dynamodb:GetItem", TABLE)],
        [allow("dynamodb:GetItem", TABLE.replace("111122223333", "*"))],
        True,
    ),
    "the indexes by name": (
        [allow("dynamodb:Query", TABLE)],
        [allow("dynamodb:Query", [TABLE, f"{TABLE}/index/by-merchant"])],
        True,
    ),
    "the indexes, of which one was allowed": (
        [allow("dynamodb:Query", f"{TABLE}/index/by-merchant")],
        [allow("dynamodb:Query", f"{TABLE}/index/*")],
        True,
    ),
    "a beginning": ([allow(resource="arn:aws:s3:::a")], [allow(resource="arn:aws:s3:::a*")], True),
    "a folder by its variable": (
        [allow(resource="arn:aws:s3:::a/${aws:username}/*")],
        [allow(resource="arn:aws:s3:::a/*")],
        True,
    ),
    "from a folder for all to one by its variable": (
        [allow(resource="arn:aws:s3:::a/*")],
        [allow(resource="arn:aws:s3:::a/${aws:username}/*")],
        False,
    ),
    "a folder for another variable": (
        [allow(resource="arn:aws:s3:::a/${aws:username}/*")],
        [allow(resource="arn:aws:s3:::a/${aws:userid}/*")],
        True,
    ),
    "two resources for each of two": (
        [allow("s3:GetObject", "arn:aws:s3:::a/*"), allow("s3:PutObject", "arn:aws:s3:::b/*")],
        [allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])],
        True,
    ),
    "one resource in each of two": (
        [allow(resource=["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])],
        [allow(resource="arn:aws:s3:::b/*"), allow(resource="arn:aws:s3:::a/*")],
        False,
    ),
    "all resources but more": (
        [but("Resource", "arn:aws:s3:::a/*")],
        [but("Resource", "arn:aws:s3:::*")],
        False,
    ),
    "all resources but fewer": (
        [but("Resource", "arn:aws:s3:::*")],
        [but("Resource", "arn:aws:s3:::a/*")],
        True,
    ),
    "all resources but one, named": (
        [but("Resource", "arn:aws:s3:::a/*")],
        [allow(resource=["arn:aws:s3:::b/*", "arn:aws:s3:::c/*"])],
        False,
    ),
    # Conditions
    "any case": ([team("StringEquals", "a")], [team("StringEqualsIgnoreCase", "a")], True),
    "the very case": ([team("StringEqualsIgnoreCase", "a")], [team("StringEquals", "A")], False),
    "a star as such, then as a pattern": ([team("StringEquals", "a*")], [team("StringLike", "a*")], True),
    "a pattern for everything": ([team("StringLike", "a-*")], [team("StringLike", "*")], True),
    "one of two values": ([team("StringEquals", "a", "b")], [team("StringEquals", "b")], False),
    "two values, a statement each": (
        [team("StringEquals", "a", "b")],
        [team("StringEquals", "b"), team("StringEquals", "a")],
        False,
    ),
    "a tag that may be absent": ([team("StringEquals", "a")], [team("StringEqualsIfExists", "a")], True),
    "a tag that has to be there": ([team("StringEqualsIfExists", "a")], [team("StringEquals", "a")], False),
    "another tag": (
        [team("StringEquals", "a")],
        [when(StringEquals={"aws:PrincipalTag/role": "a"})],
        True,
    ),
    "the key in capitals": (
        [when(StringEquals={"aws:principalorgid": "o-1"})],
        [when(StringEquals={"AWS:PrincipalOrgID": "o-1"})],
        False,
    ),
    "any value of many, then all of them": (
        [tag("ForAnyValue:StringEquals", "a")],
        [tag("ForAllValues:StringEquals", "a")],
        True,
    ),
    "one value, then all, be there none": (
        [team("StringEquals", "a")],
        [team("ForAllValues:StringEquals", "a")],
        True,
    ),
    "all values, of fewer": (
        [tag("ForAllValues:StringEquals", "a", "b")],
        [tag("ForAllValues:StringEquals", "a")],
        False,
    ),
    "all values, of more": (
        [tag("ForAllValues:StringEquals", "a")],
        [tag("ForAllValues:StringEquals", "a", "b")],
        True,
    ),
    "from equal to unequal": ([team("StringEquals", "a")], [team("StringNotEquals", "a")], True),
    "from unequal to equal to another": ([team("StringNotEquals", "a")], [team("StringEquals", "b")], False),
    "up to, and then including": (
        [number("NumericLessThan", 10)],
        [number("NumericLessThanEquals", 10)],
        True,
    ),
    "including, and then up to": (
        [number("NumericLessThanEquals", 10)],
        [number("NumericLessThan", 10)],
        False,
    ),
    "up to more, though not including": (
        [number("NumericLessThanEquals", 10)],
        [number("NumericLessThan", 11)],
        True,
    ),
    "from less to exactly": ([number("NumericLessThan", 10)], [number("NumericEquals", 5)], False),
    "from exactly to less": ([number("NumericEquals", 5)], [number("NumericLessThan", 10)], True),
    "from more to exactly": (
        [number("NumericGreaterThanEquals", 10)],
        [number("NumericEquals", "10")],
        False,
    ),
    "a number as a string": ([number("NumericLessThan", 10)], [number("NumericLessThan", "10.0")], False),
    "two halves of the addresses": ([from_("10.0.0.0/8")], [from_("10.0.0.0/9", "10.128.0.0/9")], False),
    "halves together": ([from_("10.0.0.0/9", "10.128.0.0/9")], [from_("10.0.0.0/8")], False),
    "everywhere, in halves": ([from_("10.0.0.0/8")], [from_("0.0.0.0/1", "128.0.0.0/1")], True),
    "addresses in the other kind": ([from_("10.0.0.0/8")], [from_("10.0.0.0/8", "2001:db8::/32")], True),
    "one address, with its length": ([from_("10.1.1.1")], [from_("10.1.1.1/32")], False),
    "on a condition that asks for another as well": (
        [when(StringEquals={"aws:PrincipalOrgID": "o-1"})],
        [when(StringEquals={"aws:PrincipalOrgID": "o-1"}, Bool={"aws:MultiFactorAuthPresent": "true"})],
        False,
    ),
    "an empty condition": ([allow()], [allow(Condition={})], False),
    "a condition on one of two actions": (
        [allow(["s3:GetObject", "s3:PutObject"])],
        [allow("s3:GetObject"), allow("s3:PutObject", Condition={"Bool": {"aws:SecureTransport": "true"}})],
        False,
    ),
    # Denials
    "a denial on a condition": (
        [allow("s3:*"), deny("s3:Delete*")],
        [allow("s3:*"), deny("s3:Delete*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})],
        True,
    ),
    "a denial without its condition": (
        [allow("s3:*"), deny("s3:Delete*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})],
        [allow("s3:*"), deny("s3:Delete*")],
        False,
    ),
    "a denial outside of more Regions": (
        [allow("s3:*"), deny(Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})],
        [
            allow("s3:*"),
            deny(Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}),
        ],
        True,
    ),
    "a denial outside of fewer Regions": (
        [
            allow("s3:*"),
            deny(Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}),
        ],
        [allow("s3:*"), deny(Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})],
        False,
    ),
    "a denial unless the tag is there": (
        [allow("s3:*"), deny(Condition={"StringNotEquals": {"aws:PrincipalTag/team": "a"}})],
        [allow("s3:*"), deny(Condition={"StringNotEqualsIfExists": {"aws:PrincipalTag/team": "a"}})],
        False,
    ),
    "a denial of all but more": (
        [allow("*"), but("Action", "s3:Get*") | {"Effect": "Deny"}],
        [allow("*"), but("Action", "s3:Get*", "s3:Put*") | {"Effect": "Deny"}],
        True,
    ),
    "a denial in two": (
        [allow("s3:*"), deny(["s3:Put*", "s3:Delete*"])],
        [allow("s3:*"), deny("s3:Delete*"), deny("s3:Put*")],
        False,
    ),
    "a denial of one resource of two": (
        [allow("s3:*"), deny(resource=["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])],
        [allow("s3:*"), deny(resource="arn:aws:s3:::a/*")],
        True,
    ),
    "a wider denial": ([allow("s3:*"), deny("s3:DeleteObject")], [allow("s3:*"), deny("s3:Delete*")], False),
    "an allowance that a denial takes back": ([deny("s3:*")], [deny("s3:*"), allow("s3:GetObject")], False),
    "an allowance that a denial takes back in part": (
        [deny("s3:Put*")],
        [deny("s3:Put*"), allow("s3:*")],
        True,
    ),
    "a denial that holds against policies elsewhere": (
        [allow("s3:GetObject"), deny("sqs:*")],
        [allow("s3:GetObject")],
        True,
    ),
    "a denial goes along with its allowance": (
        [allow("s3:*"), deny("s3:Delete*")],
        [allow("sqs:SendMessage", TABLE)],
        True,
    ),
}


def role_that(statements: list[Statement]) -> Template:
    """The role with these statements for its policy."""
    return edited(base(ROLE), {POLICY: statements})


@pytest.mark.parametrize("name", GRANTS)
def test_grant(name: str) -> None:
    before, after, wider = GRANTS[name]

    assert expected(WIDER if wider else SAME) == verdicts(reviewed(role_that(before), role_that(after)))
