"""Nested stacks: edits of the root and of its children, followed both ways, in full."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from pipeline.review.model import Review
from tests.pipeline.review.neighbours import CASES, GONE, Template, edited, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

CASE = next(CASES.glob("176-*"))
ROOT: Template = json.loads((CASE / "old.json").read_text(encoding="utf-8"))
CHILDREN: dict[str, Template] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (CASE / "nested" / "old").iterdir()
}
NETWORK, DATA, API = "NetworkStack", "DataStack", "ApiStack"
LISTED = {name: f"{name} False (TemplateURL)" for name in (NETWORK, DATA, API)}
TABLE_OUT = {"Fn::GetAtt": ["DataStack", "Outputs.TableName"]}
STACK = "AWS::CloudFormation::Stack"

Edits = dict[str, Any]

DB = "DataStack/PaymentsDb True ReplaceAndSnapshot"
LOGS = "ApiStack/ChargeLogs True ReplaceAndDelete (LogGroupName!) STATEFUL_REPLACEMENT"
TABLE = "DataStack/TransactionsTable True ReplaceAndRetain"

# The edits of the root, of its children and of the parameters, and what they come to.
EDITS: dict[str, tuple[Edits, dict[str, Edits], Edits, str]] = {
    "another engine version in a child": (
        {},
        {DATA: {"PaymentsDb/EngineVersion": "16.6"}},
        {},
        f"{LISTED[DATA]};DataStack/PaymentsDb False (EngineVersion) INTERRUPTION",
    ),
    "a database renamed within": (
        {},
        {DATA: {"PaymentsDb/DBInstanceIdentifier": "x"}},
        {},
        f"{LISTED[DATA]};{DB} (DBInstanceIdentifier!) STATEFUL_REPLACEMENT",
    ),
    "a default within that the parent overrides": (
        {},
        {DATA: {"Parameters/DbInstanceId/Default": "x"}},
        {},
        "",
    ),
    "a default within": (
        {},
        {DATA: {"Parameters/DbClass/Default": "db.r6g.large"}},
        {},
        f"{LISTED[DATA]};DataStack/PaymentsDb False (DBInstanceClass) INTERRUPTION <parameter:DbClass",
    ),
    "an argument taken away": (
        {"DataStack/Parameters/DbInstanceId": GONE},
        {DATA: {"Parameters/DbInstanceId/Default": "payments-prod-db"}},
        {},
        "DataStack False (Parameters)",
    ),
    "a literal for the root's parameter": (
        {"DataStack/Parameters/DbInstanceId": "payments-prod-db"},
        {},
        {},
        "",
    ),
    "another literal": (
        {"DataStack/Parameters/DbInstanceId": "x"},
        {},
        {},
        f"""DataStack False (Parameters)
           {DB} (DBInstanceIdentifier!) STATEFUL_REPLACEMENT <parameter:DbInstanceId""",
    ),
    "a tag by the root's parameter": (
        {},
        {},
        {"EnvName": "dev"},
        "NetworkStack False (Parameters) <parameter:EnvName;NetworkStack/Vpc False (Tags) <parameter:EnvName",
    ),
    "a root default that is given": ({"Parameters/EnvName/Default": "dev"}, {}, {"EnvName": "prod"}, ""),
    "an output more": ({}, {DATA: {"Outputs/More": {"Value": "x"}}}, {}, ""),
    "an output that names another resource": (
        {},
        {DATA: {"Outputs/TableName/Value": {"Ref": "PaymentsDb"}}},
        {},
        """ApiStack False (Parameters) <DataStack
           ApiStack/ChargeFn False (Environment) <DataStack
           ApiStack/ChargeLogs True ReplaceAndDelete (LogGroupName!) STATEFUL_REPLACEMENT <DataStack""",
    ),
    "an output by a literal": (
        {},
        {DATA: {"Outputs/TableName/Value": "payments-transactions"}},
        {},
        "",
    ),
    "metadata within": (
        {},
        {API: {"ChargeFn.Metadata": {"Owner": "x"}}},
        {},
        f"{LISTED[API]};ApiStack/ChargeFn False (Metadata)",
    ),
    "DependsOn within": ({}, {API: {"ChargeFn.DependsOn": "ChargeLogs"}}, {}, ""),
    "a description within": ({}, {API: {"Description": "x"}}, {}, ""),
    "a resource added within": (
        {},
        {API: {"Topic": {"Type": "AWS::SNS::Topic"}}},
        {},
        f"{LISTED[API]};ApiStack/Topic Add",
    ),
    "a resource removed within": (
        {},
        {API: {"ChargeLogs": GONE}},
        {},
        f"{LISTED[API]};ApiStack/ChargeLogs Remove Delete STATEFUL_DELETION",
    ),
    "a resource by another logical id within": (
        {},
        {API: {"ChargeLogs": GONE, "Logs": CHILDREN[API]["Resources"]["ChargeLogs"]}},
        {},
        f"{LISTED[API]};ApiStack/ChargeLogs Remove Delete STATEFUL_DELETION;ApiStack/Logs Add NAME_COLLISION",
    ),
    "a resource moved to another stack": (
        {},
        {
            API: {"ChargeLogs": GONE},
            DATA: {
                "ChargeLogs": {
                    "Type": "AWS::Logs::LogGroup",
                    "Properties": {"LogGroupName": "/payments/payments-transactions/charge"},
                }
            },
        },
        {},
        f"""{LISTED[API]};{LISTED[DATA]}
           ApiStack/ChargeLogs Remove Delete STATEFUL_DELETION;DataStack/ChargeLogs Add NAME_COLLISION""",
    ),
    "the table renamed within": (
        {"DataStack/Parameters/TableNameParam": "x"},
        {},
        {},
        f"""DataStack False (Parameters)
           {TABLE} (TableName!) STATEFUL_REPLACEMENT <parameter:TableNameParam
           ApiStack False (Parameters) <DataStack
           ApiStack/ChargeFn False (Environment) <DataStack
           ApiStack/ChargeLogs True ReplaceAndDelete (LogGroupName!) STATEFUL_REPLACEMENT <DataStack""",
    ),
    "a key schema within": (
        {},
        {DATA: {"TransactionsTable/KeySchema/+": {"AttributeName": "sk", "KeyType": "RANGE"}}},
        {},
        f"""{LISTED[DATA]}
           DataStack/TransactionsTable True ReplaceAndRetain (KeySchema!) STATEFUL_REPLACEMENT NAME_COLLISION
           ApiStack False (Parameters) <DataStack
           ApiStack/ChargeFn False (Environment) <DataStack
           ApiStack/ChargeLogs True ReplaceAndDelete (LogGroupName!) STATEFUL_REPLACEMENT <DataStack""",
    ),
    "a group made anew within": (
        {},
        {NETWORK: {"DbSg/GroupDescription": "x"}},
        {},
        f"""{LISTED[NETWORK]}
           NetworkStack/DbSg True ReplaceAndDelete (GroupDescription!)
           DataStack False (Parameters) <NetworkStack
           DataStack/PaymentsDb False (VPCSecurityGroups) <NetworkStack""",
    ),
    "a subnet made anew within": (
        {},
        {NETWORK: {"PrivateSubnetA/CidrBlock": "10.40.3.0/24"}},
        {},
        f"""{LISTED[NETWORK]}
           NetworkStack/PrivateSubnetA True ReplaceAndDelete (CidrBlock!)
           NetworkStack/PrivateAssocA True ReplaceAndDelete (SubnetId!) <PrivateSubnetA
           DataStack False (Parameters) <NetworkStack
           DataStack/DbSubnetGroup False (SubnetIds) <NetworkStack""",
    ),
    "a stack tagged": ({"DataStack/Tags": [{"Key": "a", "Value": "b"}]}, {}, {}, "DataStack False (Tags)"),
    "a stack given longer": (
        {"DataStack/TimeoutInMinutes": 30},
        {},
        {},
        "DataStack False (TimeoutInMinutes)",
    ),
    "a stack kept from now on": (
        {"DataStack.DeletionPolicy": "Retain"},
        {},
        {},
        "DataStack False (DeletionPolicy)",
    ),
    "a stack added": (
        {
            "MailStack": {
                "Type": STACK,
                "Properties": {"TemplateURL": "https://x/mail.json", "Parameters": {"TableName": TABLE_OUT}},
            }
        },
        {"MailStack": {}},
        {},
        "MailStack Add;MailStack/Topic Add",
    ),
    "a stack removed": (
        {"ApiStack": GONE},
        {},
        {},
        """ApiStack Remove Delete STATEFUL_DELETION
           ApiStack/ChargeFn Remove Delete
           ApiStack/ChargeLogs Remove Delete STATEFUL_DELETION""",
    ),
    "two stacks with one cause": (
        {"ApiStack/Parameters/TableName": {"Fn::Sub": "${EnvName}-transactions"}},
        {},
        {},
        f"""ApiStack False (Parameters)
           ApiStack/ChargeFn False (Environment) <parameter:TableName
           {LOGS} <parameter:TableName""",
    ),
    "another URL and an edit within": (
        {"ApiStack/TemplateURL": "https://x/api-2.json"},
        {API: {"ChargeFn/Timeout": 60}},
        {},
        "ApiStack False (TemplateURL);ApiStack/ChargeFn False (Timeout)",
    ),
    "the database opened within": (
        {},
        {
            NETWORK: {
                "DbSg/SecurityGroupIngress/0/SourceSecurityGroupId": GONE,
                "DbSg/SecurityGroupIngress/0/CidrIp": "0.0.0.0/0",
            }
        },
        {},
        f"{LISTED[NETWORK]};NetworkStack/DbSg False (SecurityGroupIngress) SG_OPENING",
    ),
    "encryption turned off within": (
        {},
        {DATA: {"PaymentsDb/StorageEncrypted": False}},
        {},
        f"""{LISTED[DATA]}
           {DB} (StorageEncrypted!) STATEFUL_REPLACEMENT ENCRYPTION_LOSS NAME_COLLISION""",
    ),
    "a condition within by the root": (
        {
            "Parameters/Mail": {"Type": "String", "Default": "yes"},
            "ApiStack/Parameters/Mail": {"Ref": "Mail"},
        },
        {
            API: {
                "Parameters/Mail": {"Type": "String", "Default": "no"},
                "Conditions/Mails": {"Fn::Equals": [{"Ref": "Mail"}, "yes"]},
                "Topic": {"Type": "AWS::SNS::Topic", "Condition": "Mails"},
            }
        },
        {},
        "ApiStack False (Parameters);ApiStack/Topic Add",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    root, children, given, wanted = EDITS[name]

    assert expected(wanted) == verdicts(review(root, children, given))


def review(root: Edits, children: dict[str, Edits], given: Edits) -> Review:
    """The review of edits of the root, of its children and of the parameters."""
    nested = copy.deepcopy(CHILDREN)
    nested["MailStack"] = {
        "Parameters": {"TableName": {"Type": "String"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
    for name, edits in children.items():
        nested[name] = edited(nested[name], edits)
    return reviewed(ROOT, edited(ROOT, root), ({}, given), (CHILDREN, nested))


def stack(template: str, **parameters: object) -> dict[str, Any]:
    """A nested stack."""
    return {
        "Type": STACK,
        "Properties": {"TemplateURL": f"https://x/{template}.json", "Parameters": parameters},
    }


def test_children_of_one_template_are_followed_each_for_itself() -> None:
    child: Template = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}},
    }
    held = {"A": child, "B": child}
    old: Template = {"Resources": {"A": stack("q", Name="a"), "B": stack("q", Name="b")}}
    new: Template = {"Resources": {"A": stack("q", Name="a"), "B": stack("q", Name="c")}}

    wanted = (
        "B False (Parameters);B/Q True ReplaceAndDelete (QueueName!) STATEFUL_REPLACEMENT <parameter:Name"
    )
    assert expected(wanted) == verdicts(reviewed(old, new, nested=(held, held)))


def test_a_condition_of_a_child_follows_the_parameter_of_the_root() -> None:
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
    held = {"A": child}

    wanted = "A False (Parameters) <parameter:Stage;A/T Remove Delete <parameter:Stage"
    assert expected(wanted) == verdicts(reviewed(root, root, ({}, {"Stage": "dev"}), (held, held)))


def test_a_stack_that_a_parameter_removes_takes_along_what_is_in_it() -> None:
    child: Template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
    root: Template = {
        "Parameters": {"Stage": {"Type": "String", "Default": "prod"}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {"A": stack("t") | {"Condition": "Prod"}, "T": {"Type": "AWS::SNS::Topic"}},
    }
    held = {"A": child}

    gone = "Remove Delete STATEFUL_DELETION <parameter:Stage"
    come = "Add <parameter:Stage"
    assert expected(f"A {gone};A/Q {gone}") == verdicts(
        reviewed(root, root, ({}, {"Stage": "dev"}), (held, held))
    )
    assert expected(f"A {come};A/Q {come}") == verdicts(
        reviewed(root, root, ({"Stage": "dev"}, {}), (held, held))
    )


def test_a_list_of_outputs_is_split_again_below() -> None:
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

    wanted = """
        N False (TemplateURL)
        N/B True ReplaceAndDelete (CidrBlock!)
        R False (Parameters) <N
        R/Second True ReplaceAndDelete (SubnetId!) <N
    """
    assert expected(wanted) == verdicts(
        reviewed(root, root, nested=({"N": network, "R": reader}, {"N": moved, "R": reader}))
    )


def test_a_stack_whose_template_is_missing_is_compared_by_what_it_is_given() -> None:
    old: Template = {"Resources": {"A": stack("t", Stage="prod")}}
    new: Template = {"Resources": {"A": stack("t", Stage="dev")}}

    assert expected("A False (Parameters) UNJUDGED") == verdicts(reviewed(old, new))


def test_a_stack_whose_template_is_missing_is_told_even_where_it_does_not_change() -> None:
    template: Template = {"Resources": {"A": stack("t", Stage="prod")}}

    assert ["A: its template was not given; what is in it is not seen"] == reviewed(template, template).notes
