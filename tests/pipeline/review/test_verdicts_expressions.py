"""Expressions: parameters, conditions, mappings and functions, and what an edit of them comes to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import Template, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

QUEUE, TOPIC = "AWS::SQS::Queue", "AWS::SNS::Topic"
NO_VALUE = {"Ref": "AWS::NoValue"}
REPLACED = "Q True ReplaceAndDelete (QueueName!) STATEFUL_REPLACEMENT"


def stack(properties: dict[str, Any] | None = None, /, kind: str = QUEUE, **sections: Any) -> Template:
    """A template with one resource Q, attributes of it in small letters, and sections of its own."""
    attributes = {name: sections.pop(name) for name in list(sections) if name in ATTRIBUTES}
    others = sections.pop("Others", {})
    resource = {"Type": kind, "Properties": properties or {}, **attributes}
    return {**sections, "Resources": {"Q": resource, **others}}


ATTRIBUTES = ("Condition", "DependsOn", "DeletionPolicy", "Metadata", "UpdatePolicy", "CreationPolicy")


def given(**defaults: Any) -> dict[str, Any]:
    """Parameters with their defaults."""
    return {name: {"Type": "String", "Default": default} for name, default in defaults.items()}


def queue(name: object, **sections: Any) -> Template:
    """A queue by a name."""
    return stack({"QueueName": name}, **sections)


IS_PRODUCTION = {"Prod": {"Fn::Equals": [{"Ref": "E"}, "prod"]}}
SIZES = {"M": {"prod": {"N": "a", "L": ["x", "y"]}, "dev": {"N": "b", "L": ["z"]}}}
BY_STAGE = {"Fn::FindInMap": ["M", {"Ref": "E"}, "N"]}
OR_DEFAULT = {"Fn::FindInMap": ["M", "none", "N", {"DefaultValue": "d"}]}
EXTENSIONS = {"Transform": "AWS::LanguageExtensions"}


EDITS: dict[str, tuple[Template, Template, str]] = {
    # Parameters
    "default": (
        queue({"Ref": "N"}, Parameters=given(N="a")),
        queue({"Ref": "N"}, Parameters=given(N="b")),
        f"{REPLACED} <parameter:N",
    ),
    "default in a Sub": (
        queue({"Fn::Sub": "q-${N}"}, Parameters=given(N="a")),
        queue({"Fn::Sub": "q-${N}"}, Parameters=given(N="b")),
        f"{REPLACED} <parameter:N",
    ),
    "default by way of a variable": (
        queue({"Fn::Sub": ["q-${V}", {"V": {"Ref": "N"}}]}, Parameters=given(N="a")),
        queue({"Fn::Sub": ["q-${V}", {"V": {"Ref": "N"}}]}, Parameters=given(N="b")),
        f"{REPLACED} <parameter:N",
    ),
    "default in a Join in a Select": (
        queue({"Fn::Select": [0, [{"Fn::Join": ["-", ["q", {"Ref": "N"}]]}]]}, Parameters=given(N="a")),
        queue({"Fn::Select": [0, [{"Fn::Join": ["-", ["q", {"Ref": "N"}]]}]]}, Parameters=given(N="b")),
        f"{REPLACED} <parameter:N",
    ),
    "another item of a list parameter": (
        queue(
            {"Fn::Select": [1, {"Ref": "N"}]},
            Parameters={"N": {"Type": "CommaDelimitedList", "Default": "a,b"}},
        ),
        queue(
            {"Fn::Select": [1, {"Ref": "N"}]},
            Parameters={"N": {"Type": "CommaDelimitedList", "Default": "a,c"}},
        ),
        f"{REPLACED} <parameter:N",
    ),
    "an item that nobody selects": (
        queue(
            {"Fn::Select": [0, {"Ref": "N"}]},
            Parameters={"N": {"Type": "CommaDelimitedList", "Default": "a,b"}},
        ),
        queue(
            {"Fn::Select": [0, {"Ref": "N"}]},
            Parameters={"N": {"Type": "CommaDelimitedList", "Default": "a,c"}},
        ),
        "",
    ),
    "a literal becomes a parameter of that value": (
        queue("a"),
        queue({"Ref": "N"}, Parameters=given(N="a")),
        "",
    ),
    "a literal becomes a parameter of another value": (
        queue("a"),
        queue({"Ref": "N"}, Parameters=given(N="b")),
        REPLACED,
    ),
    "a parameter renamed": (
        queue({"Ref": "N"}, Parameters=given(N="a")),
        queue({"Ref": "M"}, Parameters=given(M="a")),
        "",
    ),
    "another type of parameter": (
        stack({"DelaySeconds": {"Ref": "N"}}, Parameters=given(N="5")),
        stack({"DelaySeconds": {"Ref": "N"}}, Parameters={"N": {"Type": "Number", "Default": 5}}),
        "",
    ),
    "a description and allowed values": (
        queue({"Ref": "N"}, Parameters=given(N="a")),
        queue(
            {"Ref": "N"},
            Parameters={"N": {"Type": "String", "Default": "a", "AllowedValues": ["a"], "Description": "x"}},
        ),
        "",
    ),
    "a secret from now on": (
        stack({"Tags": [{"Key": "a", "Value": {"Ref": "N"}}]}, Parameters=given(N="a")),
        stack(
            {"Tags": [{"Key": "a", "Value": {"Ref": "N"}}]},
            Parameters={"N": {"Type": "String", "Default": "a", "NoEcho": True}},
        ),
        "",
    ),
    "two parameters": (
        queue({"Fn::Sub": "${A}-${B}"}, Parameters=given(A="a", B="b")),
        queue({"Fn::Sub": "${A}-${B}"}, Parameters=given(A="a", B="c")),
        f"{REPLACED} <parameter:B",
    ),
    "two parameters that make up for each other": (
        queue({"Fn::Sub": "${A}${B}"}, Parameters=given(A="a", B="bc")),
        queue({"Fn::Sub": "${A}${B}"}, Parameters=given(A="ab", B="c")),
        "",
    ),
    # Dynamic references
    "another version of a secret": (
        stack({"Tags": [{"Key": "k", "Value": "{{resolve:ssm:/a:1}}"}]}),
        stack({"Tags": [{"Key": "k", "Value": "{{resolve:ssm:/a:2}}"}]}),
        "Q False (Tags)",
    ),
    "a dynamic reference by a parameter": (
        queue({"Fn::Sub": "{{resolve:ssm:/${E}/name}}"}, Parameters=given(E="a")),
        queue({"Fn::Sub": "{{resolve:ssm:/${E}/name}}"}, Parameters=given(E="b")),
        f"{REPLACED} <parameter:E",
    ),
    # Conditions
    "removed by a parameter": (
        stack(Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        stack(Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="dev")),
        "Q Remove Delete STATEFUL_DELETION <parameter:E",
    ),
    "added by a parameter": (
        stack(Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="dev"), kind=TOPIC),
        stack(Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="prod"), kind=TOPIC),
        "Q Add <parameter:E",
    ),
    "kept, though its condition fails": (
        stack(
            Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="prod"), DeletionPolicy="Retain"
        ),
        stack(Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="dev"), DeletionPolicy="Retain"),
        "Q Remove Retain ORPHAN <parameter:E",
    ),
    "a condition put on it that fails": (
        stack(Conditions=IS_PRODUCTION, Parameters=given(E="dev"), kind=TOPIC),
        stack(Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="dev"), kind=TOPIC),
        "Q Remove Delete",
    ),
    "a condition taken off it that failed": (
        stack(Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="dev"), kind=TOPIC),
        stack(Conditions=IS_PRODUCTION, Parameters=given(E="dev"), kind=TOPIC),
        "Q Add",
    ),
    "a condition renamed": (
        stack(Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        stack(Condition="Live", Conditions={"Live": IS_PRODUCTION["Prod"]}, Parameters=given(E="prod")),
        "",
    ),
    "another condition that holds as well": (
        stack(Condition="Prod", Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        stack(
            Condition="Prod",
            Conditions={"Prod": {"Fn::Not": [{"Fn::Equals": [{"Ref": "E"}, "dev"]}]}},
            Parameters=given(E="prod"),
        ),
        "",
    ),
    "the other branch": (
        queue({"Fn::If": ["Prod", "a", "b"]}, Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        queue({"Fn::If": ["Prod", "a", "b"]}, Conditions=IS_PRODUCTION, Parameters=given(E="dev")),
        f"{REPLACED} <parameter:E",
    ),
    "the same in both branches": (
        queue({"Fn::If": ["Prod", "a", "a"]}, Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        queue({"Fn::If": ["Prod", "a", "a"]}, Conditions=IS_PRODUCTION, Parameters=given(E="dev")),
        "",
    ),
    "the branch that does not hold": (
        queue({"Fn::If": ["Prod", "a", "b"]}, Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        queue({"Fn::If": ["Prod", "a", "c"]}, Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        "",
    ),
    "the branch that holds": (
        queue({"Fn::If": ["Prod", "a", "b"]}, Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        queue({"Fn::If": ["Prod", "z", "b"]}, Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        REPLACED,
    ),
    "a literal becomes a branch": (
        queue("a", Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        queue({"Fn::If": ["Prod", "a", "b"]}, Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        "",
    ),
    "no value any more": (
        queue({"Fn::If": ["Prod", "a", NO_VALUE]}, Conditions=IS_PRODUCTION, Parameters=given(E="prod")),
        queue({"Fn::If": ["Prod", "a", NO_VALUE]}, Conditions=IS_PRODUCTION, Parameters=given(E="dev")),
        f"{REPLACED} <parameter:E",
    ),
    "all properties by a condition": (
        {
            "Parameters": given(E="prod"),
            "Conditions": IS_PRODUCTION,
            "Resources": {
                "Q": {
                    "Type": QUEUE,
                    "Properties": {"Fn::If": ["Prod", {"QueueName": "a"}, {"QueueName": "b"}]},
                }
            },
        },
        {
            "Parameters": given(E="dev"),
            "Conditions": IS_PRODUCTION,
            "Resources": {
                "Q": {
                    "Type": QUEUE,
                    "Properties": {"Fn::If": ["Prod", {"QueueName": "a"}, {"QueueName": "b"}]},
                }
            },
        },
        f"{REPLACED} <parameter:E",
    ),
    "kept or not by a condition": (
        stack(
            DeletionPolicy={"Fn::If": ["Prod", "Retain", "Delete"]},
            Conditions=IS_PRODUCTION,
            Parameters=given(E="prod"),
            **EXTENSIONS,
        ),
        stack(
            DeletionPolicy={"Fn::If": ["Prod", "Retain", "Delete"]},
            Conditions=IS_PRODUCTION,
            Parameters=given(E="dev"),
            **EXTENSIONS,
        ),
        "Q False (DeletionPolicy) PROTECTION_LOSS <parameter:E",
    ),
    # Mappings
    "an entry": (
        queue(BY_STAGE, Parameters=given(E="prod"), Mappings=SIZES),
        queue(BY_STAGE, Parameters=given(E="prod"), Mappings={"M": {"prod": {"N": "c"}}}),
        f"{REPLACED} <mapping:M",
    ),
    "another key": (
        queue(BY_STAGE, Parameters=given(E="prod"), Mappings=SIZES),
        queue(BY_STAGE, Parameters=given(E="dev"), Mappings=SIZES),
        f"{REPLACED} <parameter:E",
    ),
    "a mapping by another name": (
        queue({"Fn::FindInMap": ["M", "prod", "N"]}, Mappings=SIZES),
        queue({"Fn::FindInMap": ["Sizes", "prod", "N"]}, Mappings={"Sizes": SIZES["M"]}),
        "",
    ),
    "an entry in a Sub": (
        queue({"Fn::Sub": ["q-${V}", {"V": {"Fn::FindInMap": ["M", "prod", "N"]}}]}, Mappings=SIZES),
        queue(
            {"Fn::Sub": ["q-${V}", {"V": {"Fn::FindInMap": ["M", "prod", "N"]}}]},
            Mappings={"M": {"prod": {"N": "c"}}},
        ),
        f"{REPLACED} <mapping:M",
    ),
    "an entry decides a condition": (
        stack(
            Condition="C",
            Conditions={"C": {"Fn::Equals": [BY_STAGE, "a"]}},
            Parameters=given(E="prod"),
            Mappings=SIZES,
            kind=TOPIC,
        ),
        stack(
            Condition="C",
            Conditions={"C": {"Fn::Equals": [BY_STAGE, "a"]}},
            Parameters=given(E="prod"),
            Mappings={"M": {"prod": {"N": "c"}}},
            kind=TOPIC,
        ),
        "Q Remove Delete <mapping:M",
    ),
    "the default of a lookup": (
        queue(OR_DEFAULT, Mappings=SIZES, **EXTENSIONS),
        queue(OR_DEFAULT, Mappings={"M": {**SIZES["M"], "none": {"N": "d"}}}, **EXTENSIONS),
        "",
    ),
    "a list in a mapping": (
        stack(
            {"Tags": [{"Key": "a", "Value": {"Fn::Join": [",", {"Fn::FindInMap": ["M", "prod", "L"]}]}}]},
            Mappings=SIZES,
        ),
        stack({"Tags": [{"Key": "a", "Value": "x,y"}]}),
        "",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    old, new, wanted = EDITS[name]

    assert expected(wanted) == verdicts(reviewed(old, new))
