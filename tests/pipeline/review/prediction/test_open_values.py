"""Symbols for values that nobody knows, and the review of each value that they may have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import ABSENT, Unknown, same, spelt
from pipeline.review.model import Review
from pipeline.review.renderers import terminal
from pipeline.review.reviews import of_templates, side
from pipeline.review.verdict import Policy, decide
from tests.pipeline.review.templates import Template

STAGES = ("prod", "dev", "test")
REGIONS = ("eu-west-1", "us-east-1")
PLACES: dict[str, tuple[str, str, tuple[Any, ...]]] = {
    "protection": ("AWS::DynamoDB::Table", "DeletionProtectionEnabled", ("true", "false")),
    "name": ("AWS::DynamoDB::Table", "TableName", ("one", "two")),
    "range": ("AWS::EC2::SecurityGroupIngress", "CidrIp", ("10.0.0.0/8", "0.0.0.0/0")),
    "port": ("AWS::EC2::SecurityGroupIngress", "FromPort", ("22", "5432")),
    "key": ("AWS::SNS::Topic", "KmsMasterKeyId", ("one", {"Ref": "AWS::NoValue"})),
    "backups": ("AWS::RDS::DBInstance", "BackupRetentionPeriod", ("1", "30")),
}


def template(place: str, value: object, condition: object = None) -> Template:
    """A resource with a value at a place, and a condition and a mapping that a parameter decides."""
    kind, name, _ = PLACES[place]
    resource: dict[str, Any] = {"Type": kind, "Properties": {"GroupId": "sg-1", name: value}}
    if condition:
        resource["Condition"] = condition
    stages = {"dev": {"Value": PLACES[place][2][0]}, "prod": {"Value": PLACES[place][2][-1]}}
    return {
        "Parameters": {"Stage": {"Type": "String"}, "Other": {"Type": "String"}, "Value": {"Type": "String"}},
        "Mappings": {"Stages": stages if place != "key" else {"dev": {"Value": "1"}, "prod": {"Value": "2"}}},
        "Conditions": {
            "Production": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "Test": {"Fn::Not": [{"Fn::Equals": ["dev", {"Ref": "Stage"}]}]},
            "Both": {"Fn::Equals": [{"Ref": "Stage"}, {"Ref": "Other"}]},
        },
        "Resources": {"R": resource, "Q": {"Type": "AWS::SNS::Topic"}},
    }


def expressions(place: str) -> st.SearchStrategy[Any]:
    """Values of a place, some of which hang on parameters."""
    literal = st.sampled_from(PLACES[place][2])
    condition = st.sampled_from(("Production", "Test", "Both"))
    choice = st.builds(lambda name, one, other: {"Fn::If": [name, one, other]}, condition, literal, literal)
    row = st.just({"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "Value"]})
    return st.one_of(literal, choice, row, st.just({"Ref": "Value"}))


@st.composite
def edits(draw: st.DrawFn) -> tuple[Template, Template, dict[str, Any]]:
    """Two templates and a value for each parameter."""
    place = draw(st.sampled_from(sorted(PLACES)))
    conditions = st.sampled_from((None, "Production", "Test", "Both"))
    sides = [template(place, draw(expressions(place)), draw(conditions)) for _ in range(2)]
    value = draw(st.sampled_from([each for each in PLACES[place][2] if isinstance(each, str)]))
    stage = draw(st.sampled_from(STAGES[:2]))
    return sides[0], sides[1], {"Stage": stage, "Other": draw(st.sampled_from(STAGES)), "Value": value}


@settings(deadline=None)
@given(edits())
def test_risk_of_some_value_shows_where_the_parameter_is_left_open(
    edit: tuple[Template, Template, dict[str, Any]],
) -> None:
    """It shows as itself, or as UNJUDGED."""
    old, new, parameters = edit

    shown = {
        (change.id, risk.kind) for change, risk in of_templates(old, new, given=(parameters,) * 2).risks()
    }
    left_open = {(change.id, risk.kind) for change, risk in of_templates(old, new).risks()}

    assert not {each for each in shown - left_open if (each[0], "UNJUDGED") not in left_open}


@settings(deadline=None)
@given(edits())
def test_order_of_keys_never_matters(edit: tuple[Template, Template, dict[str, Any]]) -> None:
    old, _, _ = edit

    assert not of_templates(old, reversed_keys(old)).changes


def reversed_keys(node: Any) -> Any:  # whatever a template holds
    """A template with the keys of every mapping in reverse."""
    if isinstance(node, dict):
        return {name: reversed_keys(node[name]) for name in reversed(node)}
    return [reversed_keys(item) for item in node] if isinstance(node, list) else node


UNGIVEN: dict[str, dict[str, Any]] = {
    "not given": {"Type": "String"},
    "list": {"Type": "CommaDelimitedList"},
    "read from SSM": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a/name"},
    "secret": {"Type": "String", "NoEcho": True, "Default": "hunter22"},
}


@given(st.sampled_from(sorted(UNGIVEN)), st.text())
def test_symbol_equals_no_string_and_prints_as_none(kind: str, word: str) -> None:
    stack = side({"Parameters": {"P": UNGIVEN[kind]}, "Resources": {}}, {}, {})

    symbol = stack.parameter("P")

    assert isinstance(symbol, Unknown)
    assert not same(symbol, word)
    assert spelt(symbol) not in (word, "P", "ABSENT", "/a/name", "hunter22")
    assert spelt(symbol).startswith("${")


def test_what_is_absent_resolves_to_what_is_absent() -> None:
    assert ABSENT is side({"Resources": {}}, {}, {}).resolve(ABSENT)


def test_open_parameters_are_equal_by_name_and_type() -> None:
    def symbol(name: str, kind: str) -> object:
        stack: Stack = side({"Parameters": {name: {"Type": kind}}, "Resources": {}}, {}, {})
        return stack.parameter(name)

    assert symbol("A", "String") == symbol("A", "String")
    assert symbol("A", "String") != symbol("B", "String")
    assert symbol("A", "String") != symbol("A", "Number")


def regional(*rows: str, kind: str = "AWS::EC2::SecurityGroupIngress", name: str = "CidrIp") -> Template:
    """A property out of a mapping by Region."""
    found = {region: {"Value": row} for region, row in zip(REGIONS, rows, strict=True)}
    value = {"Fn::FindInMap": ["Net", {"Ref": "AWS::Region"}, "Value"]}
    return {
        "Mappings": {"Net": found},
        "Resources": {"R": {"Type": kind, "Properties": {"GroupId": "sg-1", name: value}}},
    }


def printed(review: Review) -> str:
    """The review as a terminal shows it, without line breaks."""
    return " ".join(terminal.rendered(review, decide(review, Policy())).split())


def test_risk_says_in_which_case_it_is_one() -> None:
    review = of_templates(regional("10.0.0.0/8", "10.1.0.0/16"), regional("10.0.0.0/8", "0.0.0.0/0"))

    ((_, risk),) = [each for each in review.risks() if each[1].kind == "SG_OPENING"]

    assert "where AWS::Region is 'us-east-1'" in risk.reason


def test_row_that_narrows_is_no_risk() -> None:
    review = of_templates(regional("10.0.0.0/8", "10.0.0.0/8"), regional("10.0.0.0/8", "10.1.0.0/16"))

    assert not list(review.risks())


def test_rows_that_differ_are_shown_and_the_region_is_asked_for() -> None:
    kind, name = "AWS::EC2::Instance", "ImageId"
    old, new = (regional("ami-1", row, kind=kind, name=name) for row in ("ami-2", "ami-3"))

    text = printed(of_templates(old, new))

    assert "row us-east-1: ami-2 → row us-east-1: ami-3" in text
    assert "--region" in text
    assert "successor" not in text


def test_secret_says_that_its_value_is_not_known() -> None:
    template: Template = {
        "Parameters": {"P": {"Type": "String", "NoEcho": True}},
        "Resources": {"R": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "P"}}}},
    }

    text = printed(of_templates(template, template, given=({"P": "one"}, {"P": "two"})))

    assert "its value is not known" in text
    assert "successor" not in text


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        ("{{resolve:ssm:/a/name}}", True),
        ("{{resolve:ssm:/a/name:3}}", False),
        ("{{resolve:secretsmanager:name:SecretString:key}}", True),
        ("{{resolve:secretsmanager:name:SecretString:key::v1}}", False),
    ],
)
def test_reference_without_a_version_may_have_moved(reference: str, named: bool) -> None:
    template: Template = {
        "Resources": {"R": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": reference}}}
    }

    text = printed(of_templates(template, template))

    assert named == ("may have moved" in text)
    assert named != text.startswith("No changes")


def test_more_unknown_values_than_can_be_tried_are_unjudged() -> None:
    names = [f"P{number}" for number in range(12)]

    def chosen(action: str) -> Template:
        conditions = {name: {"Fn::Equals": [{"Ref": name}, "x"]} for name in names}
        actions = [{"Fn::If": [name, action, f"s3:{name}"]} for name in names]
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        properties = {"Roles": ["r"], "PolicyDocument": {"Statement": [statement]}}
        return {
            "Parameters": {name: {"Type": "String"} for name in names},
            "Conditions": conditions,
            "Resources": {"R": {"Type": "AWS::IAM::Policy", "Properties": properties}},
        }

    review = of_templates(chosen("s3:Get"), chosen("s3:Put"))

    assert "UNJUDGED" in {risk.kind for _, risk in review.risks()}


def test_branches_of_an_open_condition_are_shown() -> None:
    choice = {"Fn::If": ["Production", "true", "false"]}
    old, new = (template("protection", value) for value in (choice, "false"))

    assert "if Production: true, if not Production: false → false" in printed(of_templates(old, new))
