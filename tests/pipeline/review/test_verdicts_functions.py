"""Functions: what intrinsic functions come to, what follows from a replacement, and what is no change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import Template, reviewed
from tests.pipeline.review.test_verdicts_expressions import (
    EXTENSIONS,
    IS_PRODUCTION,
    QUEUE,
    REPLACED,
    TOPIC,
    given,
    queue,
    stack,
)
from tests.pipeline.review.verdicts import expected, verdicts


def reader(value: object) -> dict[str, Any]:
    """Another resource R, that reads something of Q."""
    return {
        "R": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/r", "Type": "String", "Value": value}}
    }


def waiting(name: object, value: object, **sections: Any) -> Template:
    """A queue by a name, and what reads it."""
    return queue(name, Others=reader(value), **sections)


FOLLOWS = "R False (Value) <Q"
EDITS: dict[str, tuple[Template, Template, str]] = {
    # Functions
    "a secret that decides a condition": (
        stack(
            Condition="C",
            Conditions={"C": {"Fn::Equals": [{"Ref": "N"}, "a"]}},
            Parameters={"N": {"Type": "String", "Default": "a", "NoEcho": True}},
            kind=TOPIC,
        ),
        stack(
            Condition="C",
            Conditions={"C": {"Fn::Equals": [{"Ref": "N"}, "a"]}},
            Parameters={"N": {"Type": "String", "Default": "b", "NoEcho": True}},
            kind=TOPIC,
        ),
        "Q Remove Delete <parameter:N",
    ),
    "Base64 of a symbol": (
        stack({"X": {"Fn::Base64": {"Ref": "AWS::Region"}}}),
        stack({"X": {"Ref": "AWS::Region"}}),
        "Q False (X)",
    ),
    "Join of nothing": (stack({"X": {"Fn::Join": ["", ["a", "b"]]}}), stack({"X": "ab"}), ""),
    "spaces within the braces": (
        queue({"Fn::Sub": "q-${ N }"}, Parameters=given(N="a")),
        queue({"Fn::Sub": "q-${N}"}, Parameters=given(N="a")),
        "",
    ),
    "JSON of a reference": (
        waiting("a", {"Fn::ToJsonString": {"q": {"Fn::GetAtt": ["Q", "Arn"]}}}, **EXTENSIONS),
        waiting("b", {"Fn::ToJsonString": {"q": {"Fn::GetAtt": ["Q", "Arn"]}}}, **EXTENSIONS),
        f"{REPLACED};{FOLLOWS}",
    ),
    "JSON and a Sub of the same": (
        waiting("a", {"Fn::ToJsonString": {"q": {"Ref": "Q"}}}, **EXTENSIONS),
        waiting("a", {"Fn::Sub": '{"q":"${Q}"}'}, **EXTENSIONS),
        "",
    ),
    "the length of a list": (
        stack(
            {"X": {"Fn::Length": {"Ref": "N"}}},
            Parameters={"N": {"Type": "CommaDelimitedList", "Default": "a,b"}},
            **EXTENSIONS,
        ),
        stack(
            {"X": {"Fn::Length": {"Ref": "N"}}},
            Parameters={"N": {"Type": "CommaDelimitedList", "Default": "a,b,c"}},
            **EXTENSIONS,
        ),
        "Q False (X) <parameter:N",
    ),
    "as many addresses": (
        stack(
            {"X": {"Fn::Select": [1, {"Fn::Cidr": [{"Ref": "N"}, 4, 8]}]}}, Parameters=given(N="10.0.0.0/16")
        ),
        stack({"X": "10.0.1.0/24"}),
        "",
    ),
    "from another range": (
        stack(
            {"X": {"Fn::Select": [1, {"Fn::Cidr": [{"Ref": "N"}, 4, 8]}]}}, Parameters=given(N="10.0.0.0/16")
        ),
        stack(
            {"X": {"Fn::Select": [1, {"Fn::Cidr": [{"Ref": "N"}, 4, 8]}]}}, Parameters=given(N="10.1.0.0/16")
        ),
        "Q False (X) <parameter:N",
    ),
    "zones of the Region": (
        stack({"X": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}),
        stack({"X": {"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}}),
        "",
    ),
    "another zone": (
        stack({"X": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}),
        stack({"X": {"Fn::Select": [1, {"Fn::GetAZs": ""}]}}),
        "Q False (X)",
    ),
    "a longer loop": (
        {"Resources": {"Fn::ForEach::All": ["N", ["A", "B"], {"Q${N}": {"Type": TOPIC}}]}, **EXTENSIONS},
        {"Resources": {"Fn::ForEach::All": ["N", ["A", "B", "C"], {"Q${N}": {"Type": TOPIC}}]}, **EXTENSIONS},
        "QC Add",
    ),
    "a loop over a parameter": (
        {
            "Parameters": {"L": {"Type": "CommaDelimitedList", "Default": "A,B"}},
            "Resources": {"Fn::ForEach::All": ["N", {"Ref": "L"}, {"Q${N}": {"Type": TOPIC}}]},
            **EXTENSIONS,
        },
        {
            "Parameters": {"L": {"Type": "CommaDelimitedList", "Default": "A"}},
            "Resources": {"Fn::ForEach::All": ["N", {"Ref": "L"}, {"Q${N}": {"Type": TOPIC}}]},
            **EXTENSIONS,
        },
        "QB Remove Delete <parameter:L",
    ),
    # What follows from a replacement
    "Ref of a replaced one": (
        waiting("a", {"Ref": "Q"}),
        waiting("b", {"Ref": "Q"}),
        f"{REPLACED};{FOLLOWS}",
    ),
    "GetAtt within a Join": (
        waiting("a", {"Fn::Join": ["/", ["x", {"Fn::GetAtt": ["Q", "Arn"]}]]}),
        waiting("b", {"Fn::Join": ["/", ["x", {"Fn::GetAtt": ["Q", "Arn"]}]]}),
        f"{REPLACED};{FOLLOWS}",
    ),
    "GetAtt within a Split and a Select": (
        waiting("a", {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["Q", "Arn"]}]}]}),
        waiting("b", {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["Q", "Arn"]}]}]}),
        f"{REPLACED};{FOLLOWS}",
    ),
    "DependsOn a replaced one": (
        queue("a", Others={"R": {"Type": TOPIC, "DependsOn": "Q"}}),
        queue("b", Others={"R": {"Type": TOPIC, "DependsOn": "Q"}}),
        REPLACED,
    ),
    "in a branch that does not hold": (
        waiting(
            "a", {"Fn::If": ["Prod", {"Ref": "Q"}, "x"]}, Conditions=IS_PRODUCTION, Parameters=given(E="dev")
        ),
        waiting(
            "b", {"Fn::If": ["Prod", {"Ref": "Q"}, "x"]}, Conditions=IS_PRODUCTION, Parameters=given(E="dev")
        ),
        REPLACED,
    ),
    "from changed in place nothing follows": (
        stack({"DelaySeconds": 1}, Others=reader({"Fn::GetAtt": ["Q", "Arn"]})),
        stack({"DelaySeconds": 2}, Others=reader({"Fn::GetAtt": ["Q", "Arn"]})),
        "Q False (DelaySeconds)",
    ),
    "a condition on a part of a name": (
        stack(
            {"Value": {"Fn::If": ["C", "x", "y"]}},
            Conditions={"C": {"Fn::Equals": [{"Fn::Sub": "a-${AWS::Region}"}, "b-1"]}},
        ),
        stack({"Value": "y"}),
        "",
    ),
    "read directly, then of the template": (
        waiting("a", {"Ref": "Q"}),
        waiting("b", {"Fn::GetAtt": ["Q", "QueueName"]}),
        f"{REPLACED};{FOLLOWS}",
    ),
    "another resource to read": (
        queue("a", Others={"S": {"Type": TOPIC}, **reader({"Ref": "Q"})}),
        queue("a", Others={"S": {"Type": TOPIC}, **reader({"Ref": "S"})}),
        "R False (Value)",
    ),
    "metadata that refers to a replaced one": (
        queue("a", Others={"R": {"Type": TOPIC, "Metadata": {"q": {"Ref": "Q"}}}}),
        queue("b", Others={"R": {"Type": TOPIC, "Metadata": {"q": {"Ref": "Q"}}}}),
        f"{REPLACED};R False (Metadata) <Q",
    ),
    # What is no change
    "outputs, exports and their order": (
        queue("a", Outputs={"A": {"Value": "1"}, "B": {"Value": "2"}}),
        queue("a", Outputs={"B": {"Value": "3", "Export": {"Name": "x"}}}),
        "",
    ),
    "rules": (
        queue("a"),
        queue("a", Rules={"R": {"Assertions": [{"Assert": {"Fn::Equals": ["a", "a"]}}]}}),
        "",
    ),
    "metadata in another order": (
        stack(Metadata={"a": {"b": 1, "c": 2}, "d": 3}),
        stack(Metadata={"d": 3, "a": {"c": 2, "b": 1}}),
        "",
    ),
    "format version": (queue("a"), queue("a", AWSTemplateFormatVersion="2010-09-09"), ""),
    "order of the resources": (
        queue("a", Others={"S": {"Type": TOPIC}, "R": {"Type": TOPIC}}),
        {
            "Resources": {
                "R": {"Type": TOPIC},
                "S": {"Type": TOPIC},
                "Q": {"Type": QUEUE, "Properties": {"QueueName": "a"}},
            }
        },
        "",
    ),
    "empty properties": (
        {"Resources": {"Q": {"Type": TOPIC}}},
        {"Resources": {"Q": {"Type": TOPIC, "Properties": {}}}},
        "",
    ),
    "true as a string": (stack({"FifoQueue": True}), stack({"FifoQueue": "true"}), ""),
    "a policy as it is by default": (stack(), stack(DeletionPolicy="Delete"), "Q False (DeletionPolicy)"),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    old, new, wanted = EDITS[name]

    assert expected(wanted) == verdicts(reviewed(old, new))
