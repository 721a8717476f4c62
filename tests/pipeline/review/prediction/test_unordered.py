"""Another order is a change only where AWS reads an order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.review.prediction import unordered
from tests.pipeline.review.verdicts import reviewed, verdicts

RULES = [
    {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/16"}
    for port in (80, 443, 8443)
]
TAGS = [{"Key": key, "Value": key.lower()} for key in ("Owner", "Stage", "Zone")]


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {
        "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
        "PolicyName": "p",
        "Roles": ["r"],
    }


READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["a", "b"]}
TURNED = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": ["b", "a"]}
WRITE = {
    "Effect": "Allow",
    "Action": "s3:PutObject",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}},
}
OTHERS = {**WRITE, "Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-2", "vpc-1"]}}}


def template(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": {"R": {"Type": kind, "Properties": properties}}}


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": RULES}, {"SecurityGroupIngress": RULES[::-1]}),
        ("AWS::DynamoDB::Table", {"Tags": TAGS}, {"Tags": TAGS[::-1]}),
        ("AWS::RDS::DBSubnetGroup", {"SubnetIds": ["a", "b"]}, {"SubnetIds": ["b", "a"]}),
        ("AWS::IAM::Policy", policy(READ, WRITE), policy(OTHERS, TURNED)),
        (
            "AWS::IAM::Role",
            {
                "Policies": [policy(READ)],
                "AssumeRolePolicyDocument": {"Statement": [{"Principal": {"AWS": ["a", "b"]}}]},
            },
            {
                "Policies": [policy(TURNED)],
                "AssumeRolePolicyDocument": {"Statement": [{"Principal": {"AWS": ["b", "a"]}}]},
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_order_is_no_change(kind: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert not reviewed(template(kind, before), template(kind, after)).changes


def test_where_an_order_is_read_it_is_a_change() -> None:
    """An alarm does not care, and a table's key does: it is another key."""
    keys = [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}]

    old, new = (template("AWS::DynamoDB::Table", {"KeySchema": side}) for side in (keys, keys[::-1]))
    found = reviewed(old, new)

    assert ["R"] == [change.id for change in found.changes]


def test_what_is_new_in_a_set_is_listed_alone() -> None:
    """It stands first, and moves all others, which are the same."""
    added = {**RULES[0], "FromPort": 22, "ToPort": 22}

    (change,) = reviewed(
        template("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": RULES}),
        template("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": [added, *RULES[::-1]]}),
    ).changes

    assert [("SecurityGroupIngress/0", "Add")] == [(place.path, place.kind) for place in change.properties]


def test_an_item_that_goes_and_one_that_comes_are_one_rewrite() -> None:
    other = {**RULES[1], "FromPort": 444}

    (change,) = reviewed(
        template("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": RULES}),
        template("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": [RULES[2], other, RULES[0]]}),
    ).changes

    assert [("SecurityGroupIngress/1/FromPort", 443, 444)] == [
        (place.path, place.before, place.after) for place in change.properties
    ]


def test_the_same_item_twice_is_not_the_same_as_once() -> None:
    twice = {"Tags": [TAGS[0], TAGS[0]]}

    assert reviewed(
        template("AWS::SQS::Queue", {"Tags": TAGS[:1]}), template("AWS::SQS::Queue", twice)
    ).changes


def test_a_reference_to_what_is_replaced_still_counts() -> None:
    def side(name: str, targets: list[Any]) -> dict[str, Any]:
        group = {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupName": name, "GroupDescription": name},
        }
        function = {
            "Type": "AWS::Lambda::Function",
            "Properties": {"VpcConfig": {"SecurityGroupIds": targets}},
        }
        return {"Resources": {"Group": group, "F": function}}

    reference = {"Fn::GetAtt": ["Group", "GroupId"]}

    found = verdicts(reviewed(side("a", ["sg-1", reference]), side("b", [reference, "sg-1"])))

    assert any(line.startswith("F False (VpcConfig)") for line in found)


def test_the_table_is_that_of_the_installed_registry() -> None:
    """Run `python -m pipeline.review.prediction.unordered` after an upgrade, and read what it changes."""
    assert unordered.collected() == json.loads(unordered.TABLE.read_text(encoding="utf-8"))
