"""Nested stacks: changes followed down through parameters and up through outputs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.tables import Edit, edits
from tests.pipeline.review.templates import Template, base, edited, nested_templates
from tests.pipeline.review.verdicts import reviewed, verdicts

ROOT, CHILDREN = base("176"), nested_templates("176")
ANOTHER_URL = {"DataStack/TemplateURL": "https://x/other.json"}


def stack(template: str, **parameters: object) -> dict[str, Any]:
    """Return a nested stack."""
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": f"https://x/{template}.json", "Parameters": parameters},
    }


@pytest.mark.parametrize("edit", edits("nested_root", "nested_children", "nested_deeper"), ids=str)
def test_edit_has_its_verdict(edit: Edit) -> None:
    """The review finds every change of the edit, with its cause and risks, and no other change."""
    for verdict, review in edit.reviews():
        assert verdict == verdicts(review)


def test_another_url_alone_changes_the_stack_alone() -> None:
    """The stack is changed, and what reads its outputs only may be listed."""
    review = reviewed(ROOT, edited(ROOT, ANOTHER_URL), nested=(CHILDREN, CHILDREN))

    assert {"DataStack False (TemplateURL)"} == verdicts(review)
    assert {"ApiStack", "ApiStack/ChargeFn", "ApiStack/ChargeLogs"} == {
        possible.id for possible in review.possible
    }


def test_each_argument_has_a_cause_of_its_own() -> None:
    """An argument by a parameter names the parameter, an argument by another stack's output that stack."""
    parameters = {"VpcCidr": "10.50.0.0/16", "DbInstanceId": "other"}

    review = reviewed(ROOT, ROOT, ({}, parameters), (CHILDREN, CHILDREN))

    (change,) = (change for change in review.changes if change.id == "DataStack")
    assert {
        "Parameters/DbInstanceId": "parameter:DbInstanceId",
        "Parameters/SubnetIds": "NetworkStack",
        "Parameters/DbSgId": "NetworkStack",
    } == {"/".join(place.path.split("/")[:2]): place.cause for place in change.properties}


def test_removed_output_that_the_root_reads_is_a_finding() -> None:
    """A resource removed within a stack follows its own policy, and its output is missing in the root."""
    data = edited(CHILDREN["DataStack"], {}, ["PaymentsDb", "Outputs/DbEndpoint"])

    review = reviewed(ROOT, edited(ROOT, ANOTHER_URL), nested=(CHILDREN, CHILDREN | {"DataStack": data}))

    assert {
        "DataStack False (TemplateURL)",
        "DataStack/PaymentsDb Remove Snapshot STATEFUL_DELETION",
    } == verdicts(review)
    assert [("OUTPUT_REMOVED", ("DataStack",), "DbEndpoint")] == [
        (finding.kind, finding.stack, finding.subject) for finding in review.findings
    ]


def test_root_against_itself_has_no_changes() -> None:
    """Templates with nested stacks that stay the same are no change."""
    assert not verdicts(reviewed(ROOT, ROOT))


def test_stacks_in_stacks_are_followed_all_the_way() -> None:
    """A parameter of the root is the cause of a replacement two levels down, by way of every stack."""

    def nesting(name: str) -> Template:
        return {
            "Parameters": {"Name": {"Type": "String", "Default": "a"}},
            "Resources": {name: stack("x", Name={"Ref": "Name"})},
        }

    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}
    inmost: Template = {"Parameters": {"Name": {"Type": "String"}}, "Resources": {"Topic": topic}}
    templates = {"Outer": nesting("Inner"), "Outer/Inner": inmost}
    root = nesting("Outer")

    review = reviewed(root, root, ({}, {"Name": "b"}), (templates, templates))

    assert {
        "Outer False (Parameters) <parameter:Name",
        "Outer/Inner False (Parameters) <parameter:Name",
        "Outer/Inner/Topic True ReplaceAndDelete (TopicName!) <parameter:Name",
    } == verdicts(review)
    (change,) = (change for change in review.changes if change.resource == "Topic")
    assert ("Outer/Inner/parameter:Name", "Outer/parameter:Name", "parameter:Name") == change.chain


def test_stacks_of_one_template_are_followed_separately() -> None:
    """Of two stacks with the same template, only the one whose parameter changes is changed."""
    child: Template = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}},
    }
    children = {"A": child, "B": child}
    old: Template = {"Resources": {"A": stack("q", Name="a"), "B": stack("q", Name="b")}}
    new: Template = {"Resources": {"A": stack("q", Name="a"), "B": stack("q", Name="c")}}

    assert {
        "B False (Parameters)",
        "B/Q True ReplaceAndDelete (QueueName!) STATEFUL_REPLACEMENT <parameter:Name",
    } == verdicts(reviewed(old, new, nested=(children, children)))


def test_condition_of_a_child_follows_the_parameter_of_the_root() -> None:
    """A parameter that the root passes decides the conditions within the stack."""
    child: Template = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {
            "T": {"Type": "AWS::SNS::Topic", "Condition": "Prod"},
            "L": {"Type": "AWS::SNS::Topic"},
        },
        "Outputs": {"Arn": {"Condition": "Prod", "Value": {"Ref": "T"}}},
    }
    root: Template = {
        "Parameters": {"Stage": {"Type": "String", "Default": "prod"}},
        "Resources": {"A": stack("t", Stage={"Ref": "Stage"})},
    }
    children = {"A": child}

    assert {"A False (Parameters) <parameter:Stage", "A/T Remove Delete <parameter:Stage"} == verdicts(
        reviewed(root, root, ({}, {"Stage": "dev"}), (children, children))
    )


def test_stack_that_a_parameter_removes_is_removed_with_its_resources() -> None:
    """A condition of the root removes a stack and all that is in it, and adds both again."""
    child: Template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
    root: Template = {
        "Parameters": {"Stage": {"Type": "String", "Default": "prod"}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {"A": stack("t") | {"Condition": "Prod"}, "T": {"Type": "AWS::SNS::Topic"}},
    }
    children = {"A": child}

    production: dict[str, str] = {}
    development = {"Stage": "dev"}
    removed, added = (
        verdicts(reviewed(root, root, parameters, (children, children)))
        for parameters in ((production, development), (development, production))
    )
    removal = "Remove Delete STATEFUL_DELETION <parameter:Stage"
    assert {f"A {removal}", f"A/Q {removal}"} == removed
    assert {"A Add <parameter:Stage", "A/Q Add <parameter:Stage"} == added


def test_list_of_outputs_is_split_again_below() -> None:
    """Of a list that one stack joins and another splits, only the changed item replaces its reader."""
    network: Template = {
        "Resources": {
            name: {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "v", "CidrBlock": block}}
            for name, block in (("A", "10.0.1.0/24"), ("B", "10.0.2.0/24"))
        },
        "Outputs": {"Ids": {"Value": {"Fn::Join": [",", [{"Ref": "A"}, {"Ref": "B"}]]}}},
    }
    reader: Template = {
        "Parameters": {"Ids": {"Type": "CommaDelimitedList"}},
        "Resources": {
            "First": {
                "Type": "AWS::EC2::NatGateway",
                "Properties": {"SubnetId": {"Fn::Select": [0, {"Ref": "Ids"}]}},
            },
            "Second": {
                "Type": "AWS::EC2::NatGateway",
                "Properties": {"SubnetId": {"Fn::Select": [1, {"Ref": "Ids"}]}},
            },
        },
    }
    root: Template = {
        "Resources": {"N": stack("n"), "R": stack("r", Ids={"Fn::GetAtt": ["N", "Outputs.Ids"]})}
    }
    moved = edited(network, {"B/CidrBlock": "10.0.3.0/24"})

    review = reviewed(root, root, nested=({"N": network, "R": reader}, {"N": moved, "R": reader}))

    assert {
        "N False (TemplateURL)",
        "N/B True ReplaceAndDelete (CidrBlock!)",
        "R False (Parameters) <N",
        "R/Second True ReplaceAndDelete (SubnetId!) <N",
    } == verdicts(review)


def test_stack_without_its_template_is_compared_by_its_parameters() -> None:
    """A stack whose template was not passed is changed by its parameters, and cannot be judged."""
    old: Template = {"Resources": {"A": stack("t", Stage="prod")}}
    new: Template = {"Resources": {"A": stack("t", Stage="dev")}}

    assert {"A False (Parameters) UNJUDGED"} == verdicts(reviewed(old, new))


def test_stack_without_its_template_is_noted_even_if_it_does_not_change() -> None:
    """A note says that the stack's resources are not seen."""
    template: Template = {"Resources": {"A": stack("t", Stage="prod")}}

    assert ["A: its template was not given; what is in it is not seen"] == reviewed(template, template).notes


def test_reference_that_a_parent_passes_is_never_empty() -> None:
    """A condition on whether a parameter is empty is false for a reference to a resource, known or not."""
    topic = {"KmsMasterKeyId": {"Fn::If": ["HasKey", {"Ref": "KeyArn"}, {"Ref": "AWS::NoValue"}]}}
    child: Template = {
        "Parameters": {"KeyArn": {"Type": "String", "Default": ""}},
        "Conditions": {"HasKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "KeyArn"}, ""]}]}},
        "Resources": {
            "T": {"Type": "AWS::SNS::Topic", "Properties": topic},
            "Q": {"Type": "AWS::SQS::Queue", "Condition": "HasKey"},
        },
    }

    def root(**parameters: object) -> Template:
        return {
            "Resources": {
                "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
                "A": stack("t", **parameters),
            }
        }

    children = {"A": child}
    review = reviewed(root(KeyArn={"Fn::GetAtt": ["Key", "Arn"]}), root(), nested=(children, children))

    assert {
        "A False (Parameters)",
        "A/T False (KmsMasterKeyId) ENCRYPTION_LOSS <parameter:KeyArn",
        "A/Q Remove Delete STATEFUL_DELETION <parameter:KeyArn",
    } == verdicts(review)
