"""Permissions: what is newly allowed is a widening, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, Template, base, edited, lines, reviewed, told

ROLE, KEY = "100", "072"
POLICY = "ProcessorRole/Policies/0/PolicyDocument/Statement"
TRUST = "ProcessorRole/AssumeRolePolicyDocument/Statement"
KEY_POLICY = "PaymentsKey/KeyPolicy/Statement"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/transactions"
OWN_ACCOUNT = "arn:aws:iam::${AWS::AccountId}"


def statements() -> Any:
    """The statements of the role's own policy."""
    role = base(ROLE)["Resources"]["ProcessorRole"]["Properties"]
    return role["Policies"][0]["PolicyDocument"]["Statement"]


def allow(action: str, **given: object) -> dict[str, object]:
    """An Allow for one action on everything."""
    return {"Effect": "Allow", "Action": action, "Resource": "*", **given}


ALLOW_PUT = {"Statement": [allow("s3:PutObject")]}
NEW_POLICY = {
    "Type": "AWS::IAM::Policy",
    "Properties": {"PolicyName": "m", "Roles": [{"Ref": "ProcessorRole"}], "PolicyDocument": ALLOW_PUT},
}
NEW_ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ]
        },
        "Policies": [{"PolicyName": "m", "PolicyDocument": ALLOW_PUT}],
    },
}
VIA = f"{POLICY}/1/Condition"

WIDER: dict[str, dict[str, Any]] = {
    "deny removed": {f"{POLICY}/2": GONE},
    "deny for less": {f"{POLICY}/2/Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/other"},
    "deny on a condition": {f"{POLICY}/2/Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
    "every action": {f"{POLICY}/0/Action": "dynamodb:*"},
    "actions by their beginning": {f"{POLICY}/0/Action": ["dynamodb:Get*", "dynamodb:PutItem"]},
    "every resource": {f"{POLICY}/0/Resource": "*"},
    "indexes too": {f"{POLICY}/0/Resource": [TABLE, f"{TABLE}/index/*"]},
    "all actions but some": {f"{POLICY}/0/Action": GONE, f"{POLICY}/0/NotAction": ["iam:*"]},
    "all resources but some": {f"{POLICY}/0/Resource": GONE, f"{POLICY}/0/NotResource": ["arn:aws:s3:::x"]},
    "another value of a condition": {
        f"{VIA}/StringEquals/kms:ViaService": [
            "dynamodb.eu-west-1.amazonaws.com",
            "s3.eu-west-1.amazonaws.com",
        ]
    },
    "a condition that lets all through": {VIA: {"StringLike": {"kms:ViaService": "*"}}},
    "a condition that may be absent": {
        VIA: {"StringEqualsIfExists": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"}}
    },
    "no boundary": {"ProcessorRole/PermissionsBoundary": GONE},
    "another boundary": {"ProcessorRole/PermissionsBoundary": "arn:aws:iam::111122223333:policy/wide"},
    "a managed policy": {
        "ProcessorRole/ManagedPolicyArns/+": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    },
    "another managed policy": {"ProcessorRole/ManagedPolicyArns/0": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    "a managed policy of the template": {"ProcessorRole/ManagedPolicyArns/+": {"Ref": "AuditManaged"}},
    "another service may assume": {
        f"{TRUST}/0/Principal": {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}
    },
    "another account may assume": {
        f"{TRUST}/+": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
            "Action": "sts:AssumeRole",
        }
    },
}
NO_WIDER: dict[str, dict[str, Any]] = {
    "another deny": {f"{POLICY}/+": {"Effect": "Deny", "Action": "*", "Resource": "*"}},
    "another order": {POLICY: statements()[::-1]},
    "a name": {f"{POLICY}/0/Sid": "Ledger"},
    "another spelling": {f"{POLICY}/0/Action": ["DynamoDB:getitem", "dynamodb:PutItem"]},
    "one as a list": {f"{POLICY}/1/Action": ["kms:Decrypt"]},
    "fewer actions": {f"{POLICY}/0/Action": "dynamodb:GetItem"},
    "no statement": {f"{POLICY}/0": GONE},
    "another condition beside": {f"{VIA}/StringEquals/kms:CallerAccount": "111122223333"},
    "sessions of hours": {"ProcessorRole/MaxSessionDuration": 43200},
    "no managed policy": {"ProcessorRole/ManagedPolicyArns": GONE},
}


@pytest.mark.parametrize("name", WIDER)
def test_wider(name: str) -> None:
    old = base(ROLE)

    assert lines("ProcessorRole False IAM_WIDENING") == told(reviewed(old, edited(old, WIDER[name])))


@pytest.mark.parametrize("name", NO_WIDER)
def test_no_wider(name: str) -> None:
    old = base(ROLE)

    assert lines("ProcessorRole False") == told(reviewed(old, edited(old, NO_WIDER[name])))


def test_a_boundary_is_no_widening() -> None:
    new = base(ROLE)
    old = edited(new, {"ProcessorRole/PermissionsBoundary": GONE})

    assert lines("ProcessorRole False") == told(reviewed(old, new))


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "anyone may assume": (
        {f"{TRUST}/0/Principal": "*"},
        "ProcessorRole False IAM_WIDENING PUBLIC_EXPOSURE",
    ),
    "a statement moved to another policy of the role": (
        {f"{POLICY}/0": GONE, "SettlementPolicy/PolicyDocument/Statement/+": statements()[0]},
        "ProcessorRole False\nSettlementPolicy False",
    ),
    "a policy for another role too": (
        {"SettlementPolicy/Roles/+": "ledger"},
        "SettlementPolicy False IAM_WIDENING",
    ),
    "a policy removed": ({"SettlementPolicy": GONE}, "SettlementPolicy Remove"),
    "a policy renamed": ({"SettlementPolicy/PolicyName": "x"}, "SettlementPolicy False"),
    "a managed policy renamed": ({"AuditManaged/ManagedPolicyName": "x"}, "AuditManaged True"),
    "a managed policy wider": (
        {"AuditManaged/PolicyDocument/Statement/0/Action/+": "logs:*"},
        "AuditManaged False IAM_WIDENING",
    ),
    "a policy added": ({"More": NEW_POLICY}, "More Add IAM_WIDENING"),
    "a role added": ({"NewRole": NEW_ROLE}, "NewRole Add IAM_WIDENING"),
    "a role renamed": (
        {"ProcessorRole/RoleName": "x"},
        "ProcessorRole True\nSettlementPolicy False\nProcessorFn False",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_policies_of_a_role_count_together(name: str) -> None:
    edits, expected = OTHERS[name]
    old = base(ROLE)

    assert lines(expected) == told(reviewed(old, edited(old, edits)))


def decrypt(principal: object, **given: object) -> dict[str, Any]:
    """A key policy with a statement more."""
    return {f"{KEY_POLICY}/+": allow("kms:Decrypt", Principal=principal, **given)}


KEYS: dict[str, tuple[dict[str, Any], str]] = {
    "a role of another account": (decrypt({"AWS": "arn:aws:iam::444455556666:role/x"}), "IAM_WIDENING"),
    "a role of the account itself": (decrypt({"AWS": {"Fn::Sub": f"{OWN_ACCOUNT}:role/x"}}), "IAM_WIDENING"),
    "a role instead of its account": (
        {f"{KEY_POLICY}/0/Principal/AWS": {"Fn::Sub": f"{OWN_ACCOUNT}:role/x"}},
        "",
    ),
    "fewer actions": ({f"{KEY_POLICY}/0/Action": ["kms:Describe*", "kms:Put*"]}, ""),
    "another name": ({f"{KEY_POLICY}/0/Sid": "Renamed"}, ""),
    "a service": (decrypt({"Service": "logs.amazonaws.com"}), "IAM_WIDENING"),
    "anyone of an account": (
        decrypt("*", Condition={"StringEquals": {"kms:CallerAccount": "111122223333"}}),
        "IAM_WIDENING",
    ),
    "anyone": (decrypt("*"), "IAM_WIDENING PUBLIC_EXPOSURE"),
}


@pytest.mark.parametrize("name", KEYS)
def test_key_policy(name: str) -> None:
    edits, expected = KEYS[name]
    old = base(KEY)

    assert lines(f"PaymentsKey False {expected}") == told(reviewed(old, edited(old, edits)))


def test_a_stack_that_is_being_created_widens_nothing_for_its_own_roles() -> None:
    assert not [risk for _, risk in reviewed({"Resources": {}}, base(ROLE)).risks()]


@pytest.mark.parametrize(("old", "new"), [("a", "b"), ("payments.a", "payments.b"), ("a.b", "a")])
def test_a_policy_that_follows_a_table_to_its_new_name_allows_nothing_new(old: str, new: str) -> None:
    def template(name: str) -> Template:
        arn = f"arn:aws:dynamodb:eu-west-1:111122223333:table/{name}"
        policy = {
            "Statement": [
                {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": [arn, f"{arn}/index/*"]}
            ]
        }
        return {
            "Resources": {
                "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": name}},
                "Policy": {
                    "Type": "AWS::IAM::ManagedPolicy",
                    "Properties": {"PolicyDocument": policy, "Roles": ["ledger"]},
                },
            }
        }

    assert lines("Table True STATEFUL_REPLACEMENT\nPolicy False") == told(
        reviewed(template(old), template(new))
    )


def endpoint(**given: object) -> Template:
    """A gateway endpoint."""
    return {"Resources": {"E": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcId": "v", **given}}}}


READ = {"Statement": [allow("s3:GetObject", Principal="*")]}


def test_an_endpoint_without_a_policy_lets_everything_through() -> None:
    narrow, wide = endpoint(PolicyDocument=READ), endpoint()

    assert lines("E False IAM_WIDENING") == told(reviewed(narrow, wide))
    assert lines("E False") == told(reviewed(wide, narrow))
    assert lines("E Add") == told(
        reviewed({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}, narrow | {})
    ) - {"T Remove"}
