"""Refusals: what CloudFormation says of parameters, Rules and sizes before an update starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.review.model import Review
from pipeline.review.reviews import of_files
from tests.pipeline.review.templates import Template
from tests.pipeline.review.verdicts import reviewed

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": {"Ref": "Size"}}}


def template(declared: dict[str, Any], **sections: Any) -> Template:
    """Return a template whose only parameter is declared like this, and delays a queue."""
    return {"Parameters": {"Size": declared}, "Resources": {"Q": QUEUE}, **sections}


def refused(review: Review) -> list[str]:
    """Return the reasons for which CloudFormation refuses the update."""
    return [risk.reason for _, risk in review.risks() if risk.kind == "UPDATE_FAILS"]


def updated(declared: dict[str, Any], old: Any, new: Any, **sections: Any) -> list[str]:
    """Return why CloudFormation refuses to change the parameter from one value to another."""
    made = template(declared, **sections)
    return refused(reviewed(made, made, ({"Size": old}, {"Size": new})))


@pytest.mark.parametrize(
    ("declared", "good", "bad", "expected"),
    [
        ({"AllowedValues": ["5", 10]}, "10", "900", "one of 5, 10"),
        ({"AllowedPattern": "[0-9]"}, "7", "77", "a match of [0-9]"),
        (
            {"AllowedPattern": "[0-9]", "ConstraintDescription": "one digit"},
            "7",
            "x",
            "a match of [0-9] (one digit)",
        ),
        ({"MinLength": 2}, "ab", "a", "at least 2 characters"),
        ({"MaxLength": "2"}, "ab", "abc", "at most 2 characters"),
        ({"Type": "Number", "MaxValue": 100}, 100, 900, "at most 100"),
        ({"Type": "Number", "MinValue": 2}, 2, "1.5", "at least 2"),
        ({"Type": "Number"}, "5", "five", "a number"),
        ({"Type": "List<Number>", "MaxValue": 9}, "1,9", "1,10", "at most 9"),
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}, "a,b", "a,c", "one of a, b"),
        ({"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]+"}, "a,b", "a,7", "a match of [a-z]+"),
    ],
)
def test_value_that_breaks_a_constraint_is_refused(
    declared: dict[str, Any], good: Any, bad: Any, expected: str
) -> None:
    """The reason names the parameter, the value or the item of a list, and what was expected."""
    declared = {"Type": "String", **declared}
    (found,) = [item for item in str(bad).split(",") if item not in str(good).split(",")]

    assert [f"Size: found {found}, expected {expected}"] == updated(declared, good, bad)
    assert not updated(declared, good, good if isinstance(good, str) and "," in good else str(good))


def test_default_that_breaks_a_constraint_is_refused() -> None:
    """A default counts like a value that is given."""
    old, new = (
        template({"Type": "String", "AllowedValues": ["a"], "Default": default}) for default in ("a", "b")
    )

    assert ["Size: found b, expected one of a"] == refused(reviewed(old, new))
    assert not refused(reviewed(old, new, ({}, {"Size": "a"})))


def test_constraint_that_becomes_tighter_refuses_the_value_that_stays() -> None:
    """A value that is the same on both sides is refused where only the new side forbids it."""
    old, new = (template({"Type": "Number", "MaxValue": most, "Default": 9}) for most in (10, 5))

    review = reviewed(old, new)

    assert not review.changes
    assert [
        "UPDATE_FAILS: CloudFormation refuses the update: Size: found 9, expected at most 5"
    ] == review.faults


@pytest.mark.parametrize(
    "declared",
    [
        {"Type": "AWS::SSM::Parameter::Value<String>", "AllowedValues": ["a"]},
        {"Type": "String", "AllowedPattern": r"\p{Alpha}+"},
    ],
)
def test_what_only_aws_can_decide_is_left_open(declared: dict[str, Any]) -> None:
    """Values that AWS looks up, and patterns that only Java understands, are refused by nobody."""
    assert not updated(declared, "/one", "/two")


def test_hidden_value_is_not_shown() -> None:
    """The reason does not show the value of a NoEcho parameter."""
    declared = {"Type": "String", "NoEcho": True, "MinLength": 8}

    assert ["Size: found a hidden value, expected at least 8 characters"] == updated(
        declared, "longenough", "short"
    )


def test_what_was_broken_before_is_not_refused() -> None:
    """A value that breaks the constraints of both sides is no news."""
    old = template({"Type": "String", "AllowedValues": ["a"], "Default": "b"})
    new = json.loads(json.dumps(old).replace("DelaySeconds", "VisibilityTimeout"))

    assert not refused(reviewed(old, new))


def test_nested_stack_refuses_what_its_parent_passes() -> None:
    """The constraints of a nested template hold, and the risk is one of the nested stack."""
    child = template({"Type": "String", "AllowedValues": ["5"]})

    def parent(size: str) -> Template:
        properties = {"TemplateURL": "child.json", "Parameters": {"Size": size}}
        return {"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}}

    review = reviewed(parent("5"), parent("6"), nested=({"Child": child}, {"Child": child}))

    assert {"Child/Size: found 6, expected one of 5"} == set(refused(review))


SIZES = {"Ref": "Size"}


@pytest.mark.parametrize(
    "assertion",
    [
        {"Fn::Equals": [SIZES, "5"]},
        {"Fn::Not": [{"Fn::Equals": [SIZES, "6"]}]},
        {"Fn::Contains": [["4", "5"], SIZES]},
        {"Fn::EachMemberEquals": [[SIZES, "5"], "5"]},
        {"Fn::EachMemberIn": [[SIZES], ["4", "5"]]},
        {"Fn::And": [{"Fn::Equals": [SIZES, "5"]}, {"Fn::Equals": ["a", "a"]}]},
        {"Fn::Or": [{"Fn::Equals": [SIZES, "5"]}, {"Fn::Equals": ["a", "b"]}]},
    ],
    ids=lambda assertion: next(iter(assertion)),
)
def test_rule_whose_assertion_fails_is_refused(assertion: dict[str, Any]) -> None:
    """The reason has the name of the rule and its description."""
    rules = {"Bound": {"Assertions": [{"Assert": assertion, "AssertDescription": "only five"}]}}
    reason = "Rules/Bound: found parameters that break it, expected: only five"

    assert [reason] == updated({"Type": "String"}, "5", "6", Rules=rules)
    assert not updated({"Type": "String"}, "6", "5", Rules=rules)


@pytest.mark.parametrize(
    "assertion",
    [
        {"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, SIZES]},
        {"Fn::EachMemberEquals": [{"Fn::ValueOf": ["Size", "Tags.Stage"]}, "prod"]},
        {"Fn::EachMemberIn": [{"Fn::ValueOfAll": ["AWS::EC2::VPC::Id", "Tags.Stage"]}, ["prod"]]},
        {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
    ],
    ids=lambda assertion: str(assertion)[:30],
)
def test_rule_that_only_aws_can_evaluate_is_left_open(assertion: dict[str, Any]) -> None:
    """An assertion about values that are not known here refuses nothing."""
    rules = {"Bound": {"Assertions": [{"Assert": assertion}]}}

    assert not updated({"Type": "String"}, "5", "6", Rules=rules)


@pytest.mark.parametrize(("stage", "reasons"), [("prod", 1), ("dev", 0)])
def test_rule_counts_where_its_condition_holds(stage: str, reasons: int) -> None:
    """Assertions of a rule whose condition does not hold are not looked at."""
    rules = {
        "Bound": {
            "RuleCondition": {"Fn::Equals": [stage, "prod"]},
            "Assertions": [{"Assert": {"Fn::Equals": [SIZES, "5"]}}],
        }
    }

    assert reasons == len(updated({"Type": "String"}, "5", "6", Rules=rules))


@pytest.mark.parametrize(("section", "limit"), [("Parameters", 200), ("Outputs", 200), ("Mappings", 200)])
def test_template_that_has_too_many_of_something_is_refused(section: str, limit: int) -> None:
    """The limits of CloudFormation are counted by section."""
    item = {"Type": "String", "Default": "", "Value": "", "row": {"key": "value"}}

    def declaring(count: int) -> Template:
        resources = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": count}}}
        return {section: {f"X{number}": item for number in range(count)}, "Resources": resources}

    over = [f"the root template: found {limit + 1} {section}, expected at most {limit}"]
    assert over == refused(reviewed(declaring(1), declaring(limit + 1)))
    assert not refused(reviewed(declaring(1), declaring(limit)))


@pytest.mark.parametrize(("count", "reasons"), [(501, 1), (500, 0)])
def test_template_of_more_than_500_resources_is_refused(count: int, reasons: int) -> None:
    """Resources count whether they are new or not."""
    queues = {f"Q{number}": {"Type": "AWS::SQS::Queue"} for number in range(count)}

    assert reasons == len(refused(reviewed({"Resources": {"Q0": queues["Q0"]}}, {"Resources": queues})))


def files(folder: Path, description: str, policy: dict[str, Any] | None = None) -> Review:
    """Return the review of a delay, in a template described like this and under a stack policy."""
    paths = []
    for delay, text in ((1, ""), (2, description)):
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": delay}}
        paths.append(folder / f"{delay}.json")
        paths[-1].write_text(json.dumps({"Resources": {"Q": queue}, "Metadata": {"Text": text}}))
    parameters = folder / "parameters.json"
    parameters.write_text(json.dumps({"Parameters": {}, "StackPolicy": policy or {}}))
    return of_files((paths[0], None, None), (paths[1], None, parameters))


def test_template_larger_than_1_mb_is_refused(tmp_path: Path) -> None:
    """A template of 1 MB is too large for S3 as well; a smaller one is not."""
    assert ["the root template: found 1,000,101 bytes without spaces, expected at most 1,000,000"] == refused(
        files(tmp_path, "x" * 1_000_000)
    )
    assert not refused(files(tmp_path, "x" * 900_000))


def test_file_larger_than_1_mb_is_refused(tmp_path: Path) -> None:
    """The spaces and comments of a file count."""
    assert ["2.json: found 1,000,010 bytes, expected at most 1,000,000"] == refused(
        files(tmp_path, "é" * 166_650)
    )


def test_template_too_large_to_be_sent_inline_is_noted(tmp_path: Path) -> None:
    """A template above 51,200 bytes has a note, no risk: it may be sent by S3."""
    review = files(tmp_path, "x" * 52_000)

    assert not refused(review)
    assert ["takes a template from S3 only" in note for note in review.notes] == [True]


def test_stack_policy_over_its_limit_is_refused(tmp_path: Path) -> None:
    """A stack policy above 16,384 bytes is refused; a smaller one is not."""
    resources = ["LogicalResourceId/PaymentsTable"] * 500
    large = {"Statement": [{"Effect": "Deny", "Resource": resources}]}

    assert ["StackPolicy: found 17,549 bytes, expected at most 16,384"] == refused(files(tmp_path, "", large))
    assert not refused(files(tmp_path, "", {"Statement": []}))
