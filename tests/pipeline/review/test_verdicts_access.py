"""Access: policies of every kind, and whether an edit newly allows something."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, Template, base, edited, reviewed
from tests.pipeline.review.test_verdicts_statements import ROLE, SAME, allow
from tests.pipeline.review.verdicts import expected, verdicts

BUCKET, QUEUE, FUNCTION = "040", "048", "056"
TRUST = "ProcessorRole/AssumeRolePolicyDocument/Statement"
BUCKET_POLICY = "LedgerBucketPolicy/PolicyDocument/Statement"
TLS, AUDITOR = f"{BUCKET_POLICY}/0", f"{BUCKET_POLICY}/1"
FROM_TOPIC = "PaymentQueuePolicy/PolicyDocument/Statement/0"
OTHER_ACCOUNT = "arn:aws:iam::444455556666"
TRUSTS_MORE, TRUSTS = (
    "ProcessorRole False (AssumeRolePolicyDocument) IAM_WIDENING",
    "ProcessorRole False (AssumeRolePolicyDocument)",
)
READS, WRITES = (
    "LedgerBucketPolicy False (PolicyDocument)",
    "LedgerBucketPolicy False (PolicyDocument) IAM_WIDENING",
)


EDITS: dict[str, tuple[str, dict[str, Any], str]] = {
    # A role
    "policy renamed": (ROLE, {"ProcessorRole/Policies/0/PolicyName": "x"}, SAME),
    "an inline policy moved to a managed one": (
        ROLE,
        {
            "ProcessorRole/Policies": GONE,
            "Moved": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {
                    "Roles": [{"Ref": "ProcessorRole"}],
                    "PolicyDocument": base(ROLE)["Resources"]["ProcessorRole"]["Properties"]["Policies"][0][
                        "PolicyDocument"
                    ],
                },
            },
        },
        f"{SAME}\nMoved Add",
    ),
    "a role by its name, and less": (
        ROLE,
        {
            "SettlementPolicy/Roles": ["payment-processor"],
            "SettlementPolicy/PolicyDocument/Statement/0/Resource": "arn:aws:s3:::settlement/x",
        },
        "SettlementPolicy False (PolicyDocument)",
    ),
    "a policy for another role": (
        ROLE,
        {"SettlementPolicy/Roles": ["ledger"]},
        "SettlementPolicy False (Roles) IAM_WIDENING",
    ),
    "a path": (
        ROLE,
        {"ProcessorRole/Path": "/pay/"},
        """ProcessorRole True ReplaceAndDelete (Path!) NAME_COLLISION
           SettlementPolicy False (Roles) <ProcessorRole
           ProcessorFn False (Role) <ProcessorRole""",
    ),
    "described": (ROLE, {"ProcessorRole/Description": "x"}, "ProcessorRole False (Description)"),
    "an administrator": (
        ROLE,
        {"ProcessorRole/ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
        "ProcessorRole False (ManagedPolicyArns) IAM_WIDENING",
    ),
    "another policy of the account": (
        ROLE,
        {"AuditManaged/Roles": [{"Ref": "ProcessorRole"}]},
        "AuditManaged False (Roles) IAM_WIDENING",
    ),
    # Trust
    "the account may assume": (
        ROLE,
        {f"{TRUST}/0/Principal/AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
        TRUSTS_MORE,
    ),
    "tags with the session": (ROLE, {f"{TRUST}/0/Action": ["sts:AssumeRole", "sts:TagSession"]}, TRUSTS_MORE),
    "only for one function": (
        ROLE,
        {f"{TRUST}/0/Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}},
        TRUSTS,
    ),
    "another service": (ROLE, {f"{TRUST}/0/Principal/Service": "ec2.amazonaws.com"}, TRUSTS_MORE),
    "another partition's spelling": (
        ROLE,
        {f"{TRUST}/0/Principal/Service": ["lambda.amazonaws.com"]},
        TRUSTS,
    ),
    "anyone": (
        ROLE,
        {f"{TRUST}/0/Principal": {"AWS": "*"}},
        f"{TRUSTS_MORE} PUBLIC_EXPOSURE",
    ),
    # A bucket
    "TLS no longer asked for": (BUCKET, {TLS: GONE}, f"{WRITES} ENCRYPTION_LOSS"),
    "TLS asked for of some": (
        BUCKET,
        {f"{TLS}/Principal": {"AWS": f"{OTHER_ACCOUNT}:role/auditor"}},
        f"{WRITES} ENCRYPTION_LOSS",
    ),
    "TLS turned round": (
        BUCKET,
        {f"{TLS}/Condition/Bool/aws:SecureTransport": "true"},
        f"{WRITES} ENCRYPTION_LOSS",
    ),
    "TLS deny renamed": (BUCKET, {f"{TLS}/Sid": "Https"}, READS),
    "TLS as a boolean": (BUCKET, {f"{TLS}/Condition/Bool/aws:SecureTransport": False}, ""),
    "another role reads": (
        BUCKET,
        {f"{AUDITOR}/Principal/AWS": [f"{OTHER_ACCOUNT}:role/auditor", f"{OTHER_ACCOUNT}:role/x"]},
        WRITES,
    ),
    "reads under a prefix": (
        BUCKET,
        {f"{AUDITOR}/Resource": {"Fn::Sub": "${LedgerBucket.Arn}/audit/*"}},
        READS,
    ),
    "reads from one network": (
        BUCKET,
        {f"{AUDITOR}/Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
        READS,
    ),
    "all but one role read": (
        BUCKET,
        {f"{AUDITOR}/Principal": GONE, f"{AUDITOR}/NotPrincipal": {"AWS": f"{OTHER_ACCOUNT}:role/x"}},
        WRITES,
    ),
    "anyone reads, over TLS": (
        BUCKET,
        {
            f"{AUDITOR}/Principal": {"AWS": "*"},
            f"{AUDITOR}/Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
        f"{WRITES} PUBLIC_EXPOSURE",
    ),
    "anyone of the organization reads": (
        BUCKET,
        {
            f"{AUDITOR}/Principal": "*",
            f"{AUDITOR}/Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        },
        WRITES,
    ),
    "another bucket's policy": (
        BUCKET,
        {"LedgerBucketPolicy/Bucket": "other"},
        "LedgerBucketPolicy True ReplaceAndDelete (Bucket!) IAM_WIDENING ENCRYPTION_LOSS",
    ),
    "policy version": (BUCKET, {"LedgerBucketPolicy/PolicyDocument/Version": "2008-10-17"}, READS),
    "may delete": (
        BUCKET,
        {"LedgerPolicy/PolicyDocument/Statement/0/Action": ["s3:PutObject", "s3:DeleteObject"]},
        "LedgerPolicy False (PolicyDocument) IAM_WIDENING",
    ),
    # A queue
    "another queue as well": (
        QUEUE,
        {"PaymentQueuePolicy/Queues/+": {"Ref": "PaymentDlq"}},
        "PaymentQueuePolicy False (Queues) IAM_WIDENING",
    ),
    "all actions": (
        QUEUE,
        {f"{FROM_TOPIC}/Action": "sqs:*"},
        "PaymentQueuePolicy False (PolicyDocument) IAM_WIDENING",
    ),
    "another service sends": (
        QUEUE,
        {f"{FROM_TOPIC}/Principal/Service": ["sns.amazonaws.com", "events.amazonaws.com"]},
        "PaymentQueuePolicy False (PolicyDocument) IAM_WIDENING",
    ),
    "from no particular topic": (
        QUEUE,
        {f"{FROM_TOPIC}/Condition": GONE},
        "PaymentQueuePolicy False (PolicyDocument) IAM_WIDENING",
    ),
    # A function
    "every action on it": (
        FUNCTION,
        {"ApiInvoke/Action": "lambda:*"},
        "ApiInvoke True ReplaceAndDelete (Action!) IAM_WIDENING",
    ),
    "another account calls it": (
        FUNCTION,
        {"ApiInvoke/Principal": "444455556666"},
        "ApiInvoke True ReplaceAndDelete (Principal!) IAM_WIDENING",
    ),
    "only for its account": (
        FUNCTION,
        {"ApiInvoke/SourceAccount": "111122223333"},
        "ApiInvoke True ReplaceAndDelete (SourceAccount!)",
    ),
    "permission removed": (FUNCTION, {"ApiInvoke": GONE}, "ApiInvoke Remove Delete"),
    "its layer for everyone": (
        FUNCTION,
        {
            "Shared": {
                "Type": "AWS::Lambda::LayerVersionPermission",
                "Properties": {
                    "LayerVersionArn": {"Ref": "CommonLayer"},
                    "Action": "lambda:GetLayerVersion",
                    "Principal": "*",
                },
            }
        },
        "Shared Add IAM_WIDENING PUBLIC_EXPOSURE",
    ),
    "its role opens the table": (
        FUNCTION,
        {"ProcessorRole/Policies/0/PolicyDocument/Statement/0/Resource": "*"},
        "ProcessorRole False (Policies) IAM_WIDENING",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    case, edits, wanted = EDITS[name]
    old = base(case)

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits)))


def test_an_open_resource_says_that_it_is_open_to_anyone() -> None:
    old = base(BUCKET)

    (change,) = reviewed(old, edited(old, {f"{AUDITOR}/Principal": "*"})).changes

    assert {"Allow s3:GetObject on ${LedgerBucket.Arn}/* for anyone"} == {risk.after for risk in change.risks}


def one(kind: str, **properties: Any) -> Template:
    """A template with one resource R, and a log group beside it."""
    return {
        "Resources": {
            "R": {"Type": kind, "Properties": properties},
            "L": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/l"}},
        }
    }


def policy(*principals: object, **given: object) -> dict[str, Any]:
    """A resource policy that lets somebody do something."""
    return {
        "Version": "2012-10-17",
        "Statement": [allow("x:Do", Principal=each, **given) for each in principals],
    }


US, THEM = {"AWS": "arn:aws:iam::111122223333:role/a"}, {"AWS": f"{OTHER_ACCOUNT}:root"}
HOLDERS = {
    "AWS::ECR::Repository": "RepositoryPolicyText",
    "AWS::SecretsManager::ResourcePolicy": "ResourcePolicy",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::Backup::BackupVault": "AccessPolicy",
    "AWS::ApiGateway::RestApi": "Policy",
    "AWS::S3::AccessPoint": "Policy",
    "AWS::OpenSearchService::Domain": "AccessPolicies",
    "AWS::EFS::FileSystem": "FileSystemPolicy",
    "AWS::Events::EventBus": "Policy",
    "AWS::Kinesis::ResourcePolicy": "ResourcePolicy",
}
ABOUT: dict[str, dict[str, Any]] = {
    "AWS::SecretsManager::ResourcePolicy": {"SecretId": "s"},
    "AWS::SNS::TopicPolicy": {"Topics": ["t"]},
    "AWS::Kinesis::ResourcePolicy": {"ResourceArn": "arn:aws:kinesis:eu-west-1:1:stream/s"},
}


@pytest.mark.parametrize("kind", HOLDERS)
def test_resource_policy_that_lets_in_another_account(kind: str) -> None:
    where, about = HOLDERS[kind], ABOUT.get(kind, {})

    wider = verdicts(
        reviewed(one(kind, **about, **{where: policy(US)}), one(kind, **about, **{where: policy(US, THEM)}))
    )
    narrower = verdicts(
        reviewed(one(kind, **about, **{where: policy(US, THEM)}), one(kind, **about, **{where: policy(US)}))
    )

    assert expected(f"R False ({where}) IAM_WIDENING") == wider
    assert expected(f"R False ({where})") == narrower


def test_policy_written_as_text_is_read_like_any_other() -> None:
    def written(principal: str) -> Template:
        document = json.dumps(
            {"Statement": [allow("logs:PutLogEvents", "${L.Arn}", Principal={"Service": principal})]}
        )
        return one("AWS::Logs::ResourcePolicy", PolicyName="p", PolicyDocument={"Fn::Sub": document})

    found = reviewed(written("es.amazonaws.com"), written("route53.amazonaws.com"))

    assert expected("R False (PolicyDocument) IAM_WIDENING") == verdicts(found)


def test_event_bus_policy_of_one_statement() -> None:
    kind = "AWS::Events::EventBusPolicy"
    narrow = one(kind, StatementId="s", Action="events:PutEvents", Principal="111122223333")
    wide = one(kind, StatementId="s", Action="events:PutEvents", Principal="*")

    assert expected("R False (Principal) IAM_WIDENING PUBLIC_EXPOSURE") == verdicts(reviewed(narrow, wide))
    assert expected("R False (Principal)") == verdicts(reviewed(wide, narrow))


def test_membership_in_a_group_is_what_the_group_allows() -> None:
    alone, member = one("AWS::IAM::User"), one("AWS::IAM::User", Groups=["admins"])

    assert expected("R False (Groups) IAM_WIDENING") == verdicts(reviewed(alone, member))
    assert expected("R False (Groups)") == verdicts(reviewed(member, alone))


def test_names_of_statements_never_widen() -> None:
    for case in (ROLE, BUCKET, QUEUE, FUNCTION, "004"):
        old = base(case)
        renamed = json.loads(json.dumps(old).replace('"Effect"', '"Sid": "Another", "Effect"'))

        assert "IAM_WIDENING" not in " ".join(verdicts(reviewed(old, renamed)))
