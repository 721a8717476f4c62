"""Access: policies of every kind, and whether an edit newly allows something."""

from __future__ import annotations

import json

import pytest

from tests.pipeline.review.tables import Edit, edits
from tests.pipeline.review.templates import Template, base, edited
from tests.pipeline.review.verdicts import reviewed, verdicts

ROLE, BUCKET, QUEUE, FUNCTION, DATABASE = "100", "040", "048", "056", "004"


@pytest.mark.parametrize(
    "edit",
    edits(
        "roles",
        "statements",
        "statement_conditions",
        "statement_denials",
        "resource_policies",
        "policies_by_type",
        "grants",
        "other_roles",
    ),
    ids=str,
)
def test_edit_has_its_verdict(edit: Edit) -> None:
    """The review finds every change of the edit, with its cause and risks, and no other change."""
    for verdict, review in edit.reviews():
        assert verdict == verdicts(review)


def test_single_statement_need_not_be_in_a_list() -> None:
    """A policy whose statement is no list allows the same as one whose list has that statement."""
    place = "ProcessorRole/Policies/0/PolicyDocument/Statement"
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    listed, single = (edited(base(ROLE), {place: value}) for value in ([statement], statement))

    assert {"ProcessorRole False (Policies)"} == verdicts(reviewed(listed, single))


def test_risk_of_an_open_resource_names_anyone() -> None:
    """The risk shows the statement, the resource and that it is open to anyone."""
    old = base(BUCKET)

    (change,) = reviewed(
        old, edited(old, {"LedgerBucketPolicy/PolicyDocument/Statement/1/Principal": "*"})
    ).changes

    assert {"Allow s3:GetObject on ${LedgerBucket.Arn}/* for anyone"} == {risk.after for risk in change.risks}


def test_policy_written_as_text_is_read_like_any_other() -> None:
    """A policy document that is a string of JSON is judged as the policy that it contains."""

    def template(service: str) -> Template:
        statement = {
            "Effect": "Allow",
            "Action": "logs:PutLogEvents",
            "Resource": "${L.Arn}",
            "Principal": {"Service": service},
        }
        policy = {"PolicyName": "p", "PolicyDocument": {"Fn::Sub": json.dumps({"Statement": [statement]})}}
        return {
            "Resources": {
                "R": {"Type": "AWS::Logs::ResourcePolicy", "Properties": policy},
                "L": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/l"}},
            }
        }

    review = reviewed(template("es.amazonaws.com"), template("route53.amazonaws.com"))

    assert {"R False (PolicyDocument) IAM_WIDENING"} == verdicts(review)


def test_names_of_statements_never_widen() -> None:
    """Another Sid for every statement of a template is no widening."""
    for case in (ROLE, BUCKET, QUEUE, FUNCTION, DATABASE):
        old = base(case)
        new = json.loads(json.dumps(old).replace('"Effect"', '"Sid": "Another", "Effect"'))

        assert "IAM_WIDENING" not in " ".join(verdicts(reviewed(old, new)))


def test_new_stack_widens_nothing_for_its_own_roles() -> None:
    """A stack that is created, with the roles in it, has no risks."""
    assert not [risk for _, risk in reviewed({"Resources": {}}, base(ROLE)).risks()]


def test_endpoint_added_with_a_policy_widens_nothing() -> None:
    """A gateway endpoint that is added together with its policy has no risks."""
    policy = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": "*"}]}
    endpoint = {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcId": "v", "PolicyDocument": policy}}
    old: Template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}

    assert {"E Add", "T Remove Delete"} == verdicts(reviewed(old, {"Resources": {"E": endpoint}}))
