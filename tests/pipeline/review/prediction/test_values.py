"""Values of parameters, conditions and mappings, and which of their changes count as a change."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.evaluation.values import Reference, Text, at, spelt, text
from pipeline.review.reviews import side
from tests.pipeline.review.templates import Template, base
from tests.pipeline.review.verdicts import reviewed, verdicts

QUEUE = "AWS::SQS::Queue"


def queue(parameters: dict[str, Any] | None = None, /, **properties: Any) -> Template:
    """A template with one queue Q."""
    return {"Parameters": parameters or {}, "Resources": {"Q": {"Type": QUEUE, "Properties": properties}}}


def named(default: str, kind: str = "String", **given: Any) -> dict[str, Any]:
    """A parameter N."""
    return {"N": {"Type": kind, "Default": default, **given}}


def test_what_no_resource_uses_changes_nothing() -> None:
    new = queue(named("a"), X=1) | {
        "Description": "x",
        "Metadata": {"a": 1},
        "Mappings": {"U": {"a": {"b": "c"}}},
        "Conditions": {"U": {"Fn::Equals": ["a", "b"]}},
    }

    assert not reviewed(queue(X=1), new).changes


def test_depends_on_alone_changes_nothing() -> None:
    old = base("048")
    new = base("048")
    new["Resources"]["QueueMapping"]["DependsOn"] = ["PaymentDlq"]

    assert not reviewed(old, new).changes


@pytest.mark.parametrize("attribute", ["Metadata", "UpdatePolicy", "CreationPolicy"])
def test_attribute_is_a_change_in_place(attribute: str) -> None:
    new = queue(X=1)
    new["Resources"]["Q"][attribute] = {"a": "b"}

    (change,) = reviewed(queue(X=1), new).changes

    assert ("False", [attribute]) == (change.replacement, change.scope())


def test_default_flows_only_where_nothing_is_given() -> None:
    old, new = (queue(named(default), QueueName={"Ref": "N"}) for default in ("a", "b"))

    assert not reviewed(old, new, ({"N": "z"}, {"N": "z"})).changes
    assert {"Q True ReplaceAndDelete (QueueName!) STATEFUL_REPLACEMENT <parameter:N"} == verdicts(
        reviewed(old, new)
    )
    assert not reviewed(old, new, ({}, {"N": "a"})).changes


def conditional(value: str) -> Template:
    """Resources and properties on a condition that a parameter decides."""
    branches = {
        "QueueName": {"Fn::If": ["P", "x", "y"]},
        "X": {"Fn::If": ["P", "1", {"Ref": "AWS::NoValue"}]},
    }
    return {
        "Parameters": {"E": {"Type": "String", "Default": value}},
        "Conditions": {
            "IsProduction": {"Fn::Equals": [{"Ref": "E"}, "prod"]},
            "P": {"Fn::And": [{"Condition": "IsProduction"}, {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}]},
        },
        "Resources": {
            "Q": {"Type": QUEUE, "Condition": "P", "Properties": {}},
            "R": {"Type": QUEUE, "Properties": branches},
        },
    }


def test_condition_that_no_longer_holds_removes() -> None:
    review = reviewed(conditional("prod"), conditional("dev"))

    assert {
        "Q Remove Delete STATEFUL_DELETION <parameter:E",
        "R True ReplaceAndDelete (QueueName!,X) STATEFUL_REPLACEMENT <parameter:E",
    } == verdicts(review)
    assert ("condition:P", "condition:IsProduction", "parameter:E") == review.changes[0].chain


def test_condition_that_comes_to_hold_adds() -> None:
    review = reviewed(conditional("dev"), conditional("prod"))

    assert {
        "Q Add <parameter:E",
        "R True ReplaceAndDelete (QueueName!,X) STATEFUL_REPLACEMENT <parameter:E",
    } == verdicts(review)


def test_condition_that_is_edited_is_the_cause_itself() -> None:
    new = conditional("prod")
    new["Conditions"]["IsProduction"] = {"Fn::Equals": [{"Ref": "E"}, "production"]}

    assert {"condition:IsProduction"} == {
        change.cause for change in reviewed(conditional("prod"), new).changes
    }


def test_condition_on_the_region_is_left_open() -> None:
    template = conditional("prod")
    template["Conditions"]["P"] = {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}

    assert not reviewed(template, template).changes


def mapped(*entries: str, key: object = "a") -> Template:
    """A name looked up in a mapping."""
    found = {name: {"Name": entry, "Other": "1"} for name, entry in zip("ab", entries, strict=True)}
    template = queue(named("a"), QueueName={"Fn::FindInMap": ["M", key, "Name"]})
    return template | {"Mappings": {"M": found}}


def test_mapping_is_the_cause() -> None:
    (change,) = reviewed(mapped("1", "2"), mapped("9", "2")).changes

    assert ("True", "mapping:M") == (change.replacement, change.cause)


def test_entry_that_nobody_looks_up_changes_nothing() -> None:
    assert not reviewed(mapped("1", "2"), mapped("1", "9")).changes


def test_key_by_parameter_is_the_cause() -> None:
    template = mapped("1", "2", key={"Ref": "N"})

    (change,) = reviewed(template, template, ({}, {"N": "b"})).changes

    assert ("True", "parameter:N") == (change.replacement, change.cause)


def test_key_by_region_finds_what_any_region_may_find() -> None:
    region = {"Ref": "AWS::Region"}

    assert reviewed(mapped("1", "2", key=region), mapped("1", "9", key=region)).changes
    assert not reviewed(mapped("1", "1", key=region), queue(QueueName="1")).changes


def test_loop_is_the_same_as_its_rounds() -> None:
    body = {"Q${N}": {"Type": QUEUE, "Properties": {"QueueName": {"Fn::Sub": "q-${N}"}, "X": {"Ref": "N"}}}}
    old: Template = {"Resources": {"Fn::ForEach::All": ["N", ["A", "B"], body]}}
    new: Template = {
        "Resources": {
            f"Q{name}": {"Type": QUEUE, "Properties": {"QueueName": f"q-{name}", "X": name}} for name in "AB"
        }
    }

    assert not reviewed(old, new).changes


def test_parameters_that_do_not_fit_the_template_are_findings() -> None:
    template = queue({"N": {"Type": "String"}}, X={"Ref": "N"})

    review = reviewed(template, template, ({}, {"M": "x"}))

    assert {("PARAMETER_UNDECLARED", "M"), ("PARAMETER_MISSING", "N")} == {
        (each.kind, each.subject) for each in review.findings
    }
    assert not review.changes


def test_transform_that_only_aws_applies_is_a_finding_and_one_that_is_evaluated_is_none() -> None:
    template = queue(X=1) | {"Transform": ["AWS::LanguageExtensions", "Payments::Macro"]}

    review = reviewed(template, template)

    assert [("NOT_JUDGED", "Transform")] == [(each.kind, each.subject) for each in review.findings]
    assert "Payments::Macro was not applied to the template" in review.findings[0].reason


def test_type_cannot_change() -> None:
    new: Template = {"Resources": {"Q": {"Type": "AWS::SNS::Topic"}}}

    assert {"Q True ReplaceAndDelete (Type!) STATEFUL_REPLACEMENT UPDATE_FAILS"} == verdicts(
        reviewed(queue(), new)
    )


def custom(**properties: str) -> Template:
    """A custom resource."""
    return {"Resources": {"C": {"Type": "Custom::Migration", "Properties": properties}}}


def test_custom_resource_may_be_replaced() -> None:
    old = custom(ServiceToken="a", Version="1")

    version, service = custom(ServiceToken="a", Version="2"), custom(ServiceToken="b", Version="1")

    assert {"C Conditional ReplaceAndDelete (Version?)"} == verdicts(reviewed(old, version))
    assert {"C Conditional ReplaceAndDelete (ServiceToken?) UPDATE_FAILS"} == verdicts(reviewed(old, service))


def test_create_only_path_within_a_property_replaces() -> None:
    def endpoint(**options: object) -> Template:
        return {"Resources": {"E": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"DnsOptions": options}}}}

    old = endpoint(DnsRecordIpType="ipv4", PrivateDnsPreference="ALL_DOMAINS")

    in_place = endpoint(DnsRecordIpType="dualstack", PrivateDnsPreference="ALL_DOMAINS")

    assert {"E False (DnsOptions)"} == verdicts(reviewed(old, in_place))
    assert {"E True ReplaceAndDelete (DnsOptions!)"} == verdicts(
        reviewed(old, endpoint(DnsRecordIpType="ipv4"))
    )


def test_name_spelt_or_referred_to_is_the_same() -> None:
    old = base("040")
    new = base("040")
    new["Resources"]["LedgerBucketPolicy"]["Properties"]["Bucket"] = "acme-payments-ledger-prod"

    assert not reviewed(old, new).changes


def test_text_joins_what_is_known() -> None:
    reference = Reference((), "R")

    assert "ab" == text(["a", "", "b"])
    assert reference == text(["", reference])
    assert Text(("ab", reference, "c")) == text(["a", "b", Text((reference, "c"))])
    assert "ab${R}c" == spelt(text(["ab", reference, "c"]))


def test_secret_parameter_is_never_shown() -> None:
    stack = side(queue(named("hunter22", NoEcho=True), X={"Fn::Sub": "p-${N}"}), {}, {})

    found = at(stack.resource("Q"), "Properties/X")

    assert "p-${parameter N (NoEcho; its value is not known)}" == spelt(found)
