"""Layers: stacks within stacks, several edits of them at once, and values that go down and come up again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, Template, edited, reviewed
from tests.pipeline.review.test_verdicts_nested import (
    API,
    DATA,
    DB,
    LISTED,
    NETWORK,
    ROOT,
    Edits,
    review,
    stack,
)
from tests.pipeline.review.verdicts import expected, verdicts

NET, APP = LISTED[NETWORK], LISTED[API]
READS_TABLE = """
    ApiStack False (Parameters) <DataStack
    ApiStack/ChargeFn False (Environment) <DataStack
    ApiStack/ChargeLogs True ReplaceAndDelete (LogGroupName!) STATEFUL_REPLACEMENT <DataStack
"""

# The edits of the root, of its children and of the parameters, and what they come to.
EDITS: dict[str, tuple[Edits, dict[str, Edits], Edits, str]] = {
    "another URL and nothing else": (
        {"DataStack/TemplateURL": "https://artifacts.s3.eu-west-1.amazonaws.com/data-2.json"},
        {},
        {},
        "DataStack False (TemplateURL)",
    ),
    "all URLs at once": (
        {f"{name}/TemplateURL": f"https://x/2/{name}.json" for name in (NETWORK, DATA, API)},
        {},
        {},
        "NetworkStack False (TemplateURL);DataStack False (TemplateURL);ApiStack False (TemplateURL)",
    ),
    "another range for the whole network": (
        {},
        {},
        {"VpcCidr": "10.41.0.0/16"},
        """NetworkStack False (Parameters) <parameter:VpcCidr
           NetworkStack/Vpc True ReplaceAndDelete (CidrBlock!) <parameter:VpcCidr
           NetworkStack/PrivateSubnetA True ReplaceAndDelete (VpcId!) <Vpc
           NetworkStack/PrivateSubnetB True ReplaceAndDelete (VpcId!) <Vpc
           NetworkStack/PrivateRouteTable True ReplaceAndDelete (VpcId!) <Vpc
           NetworkStack/PrivateAssocA True ReplaceAndDelete (RouteTableId!,SubnetId!) <PrivateSubnetA
           NetworkStack/PrivateAssocB True ReplaceAndDelete (RouteTableId!,SubnetId!) <PrivateSubnetB
           NetworkStack/LambdaSg True ReplaceAndDelete (VpcId!) <Vpc
           NetworkStack/DbSg True ReplaceAndDelete (SecurityGroupIngress,VpcId!) <Vpc
           DataStack False (Parameters) <NetworkStack
           DataStack/DbSubnetGroup False (SubnetIds) <NetworkStack
           DataStack/PaymentsDb False (VPCSecurityGroups) <NetworkStack""",
    ),
    "an edit in each": (
        {},
        {
            NETWORK: {"PrivateSubnetA/Tags/0/Value": "x"},
            DATA: {"PaymentsDb/AllocatedStorage": "200"},
            API: {"ChargeFn/Timeout": 60},
        },
        {},
        f"""{NET};{LISTED[DATA]};{APP}
            NetworkStack/PrivateSubnetA False (Tags)
            DataStack/PaymentsDb False (AllocatedStorage)
            ApiStack/ChargeFn False (Timeout)""",
    ),
    "a class by a new argument": (
        {
            "Parameters/DbClass": {"Type": "String", "Default": "db.r6g.large"},
            "DataStack/Parameters/DbClass": {"Ref": "DbClass"},
        },
        {},
        {},
        """DataStack False (Parameters)
           DataStack/PaymentsDb False (DBInstanceClass) INTERRUPTION <parameter:DbClass""",
    ),
    "a new argument of the default's value": (
        {"DataStack/Parameters/DbClass": "db.m6g.large"},
        {},
        {},
        "DataStack False (Parameters)",
    ),
    "a parameter no longer taken": (
        {"DataStack/Parameters/DbSgId": GONE},
        {DATA: {"Parameters/DbSgId": GONE, "PaymentsDb/VPCSecurityGroups": GONE}},
        {},
        "DataStack False (Parameters);DataStack/PaymentsDb False (VPCSecurityGroups)",
    ),
    "a parameter renamed on both sides": (
        {
            "DataStack/Parameters/DbSgId": GONE,
            "DataStack/Parameters/GroupId": {"Fn::GetAtt": ["NetworkStack", "Outputs.DbSgId"]},
        },
        {
            DATA: {
                "Parameters/DbSgId": GONE,
                "Parameters/GroupId": {"Type": "String"},
                "PaymentsDb/VPCSecurityGroups": [{"Ref": "GroupId"}],
            }
        },
        {},
        "DataStack False (Parameters)",
    ),
    "another output for a parameter": (
        {"DataStack/Parameters/DbSgId": {"Fn::GetAtt": ["NetworkStack", "Outputs.LambdaSgId"]}},
        {},
        {},
        "DataStack False (Parameters);DataStack/PaymentsDb False (VPCSecurityGroups) <parameter:DbSgId",
    ),
    "an output renamed on both sides": (
        {"ApiStack/Parameters/TableName": {"Fn::GetAtt": "DataStack.Outputs.Table"}},
        {DATA: {"Outputs/TableName": GONE, "Outputs/Table": {"Value": {"Ref": "TransactionsTable"}}}},
        {},
        "",
    ),
    "a table by another logical id within": (
        {},
        {
            DATA: {
                "TransactionsTable": GONE,
                "Ledger": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {
                        "BillingMode": "PAY_PER_REQUEST",
                        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    },
                },
                "Outputs/TableName/Value": {"Ref": "Ledger"},
            }
        },
        {},
        f"""{LISTED[DATA]};DataStack/TransactionsTable Remove Retain ORPHAN;DataStack/Ledger Add
            {READS_TABLE}""",
    ),
    "a database that nothing keeps within": (
        {},
        {DATA: {"PaymentsDb.DeletionPolicy": "Delete", "PaymentsDb.UpdateReplacePolicy": GONE}},
        {},
        f"{LISTED[DATA]};DataStack/PaymentsDb False (DeletionPolicy,UpdateReplacePolicy) PROTECTION_LOSS",
    ),
    "a database removed within": (
        {},
        {DATA: {"PaymentsDb": GONE, "Outputs/DbEndpoint": GONE}},
        {},
        f"{LISTED[DATA]};DataStack/PaymentsDb Remove Snapshot STATEFUL_DELETION",
    ),
    "a database named and left unencrypted at once": (
        {},
        {DATA: {"PaymentsDb/StorageEncrypted": GONE}},
        {"DbInstanceId": "payments-prod-green"},
        f"""DataStack False (Parameters) <parameter:DbInstanceId
            {DB} (DBInstanceIdentifier!,StorageEncrypted!) STATEFUL_REPLACEMENT ENCRYPTION_LOSS""",
    ),
    "a function in the network's group": (
        {"ApiStack/Parameters/GroupId": {"Fn::GetAtt": ["NetworkStack", "Outputs.LambdaSgId"]}},
        {
            API: {
                "Parameters/GroupId": {"Type": "String"},
                "ChargeFn/VpcConfig": {"SecurityGroupIds": [{"Ref": "GroupId"}], "SubnetIds": ["subnet-1"]},
            }
        },
        {},
        "ApiStack False (Parameters);ApiStack/ChargeFn False (VpcConfig)",
    ),
    "the subnets in another order": (
        {},
        {
            NETWORK: {
                "Outputs/PrivateSubnetIds/Value/Fn::Join/1": [
                    {"Ref": "PrivateSubnetB"},
                    {"Ref": "PrivateSubnetA"},
                ]
            }
        },
        {},
        "DataStack False (Parameters) <NetworkStack;DataStack/DbSubnetGroup False (SubnetIds) <NetworkStack",
    ),
    "a subnet more": (
        {},
        {
            NETWORK: {
                "PrivateSubnetC": {
                    "Type": "AWS::EC2::Subnet",
                    "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.40.3.0/24"},
                },
                "Outputs/PrivateSubnetIds/Value/Fn::Join/1/+": {"Ref": "PrivateSubnetC"},
            }
        },
        {},
        f"""{NET};NetworkStack/PrivateSubnetC Add
            DataStack False (Parameters) <NetworkStack
            DataStack/DbSubnetGroup False (SubnetIds) <NetworkStack""",
    ),
    "logs for a shorter time, and the function renamed": (
        {},
        {API: {"ChargeLogs/RetentionInDays": 30, "ChargeFn/FunctionName": "charge"}},
        {},
        f"""{APP};ApiStack/ChargeLogs False (RetentionInDays) DATA_EXPIRY
            ApiStack/ChargeFn True ReplaceAndDelete (FunctionName!)""",
    ),
    "a root's output of a nested one": (
        {"Outputs": {"Table": {"Value": {"Fn::GetAtt": ["DataStack", "Outputs.TableName"]}}}},
        {},
        {},
        "",
    ),
    "a stack after another": ({"ApiStack.DependsOn": "NetworkStack"}, {}, {}, ""),
    "a stack's metadata": ({"ApiStack.Metadata": {"a": 1}}, {}, {}, "ApiStack False (Metadata)"),
    "a stack told to a topic": (
        {"ApiStack/NotificationARNs": ["arn:aws:sns:eu-west-1:111122223333:x"]},
        {},
        {},
        "ApiStack False (NotificationARNs)",
    ),
    "a stack without what it held": (
        {},
        {API: {"ChargeFn": GONE, "ChargeLogs": GONE, "Topic": {"Type": "AWS::SNS::Topic"}}},
        {},
        f"""{APP};ApiStack/ChargeFn Remove Delete
            ApiStack/ChargeLogs Remove Delete STATEFUL_DELETION;ApiStack/Topic Add""",
    ),
    "a role that may do everything within": (
        {},
        {
            API: {
                "Role": {
                    "Type": "AWS::IAM::Policy",
                    "Properties": {
                        "PolicyName": "x",
                        "Roles": ["charge"],
                        "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
                    },
                }
            }
        },
        {},
        f"{APP};ApiStack/Role Add IAM_WIDENING",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    root, children, given, wanted = EDITS[name]

    assert expected(wanted) == verdicts(review(root, children, given))


def database(stage: object) -> dict[str, Any]:
    """A database named by the stage."""
    return {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {"DBInstanceClass": "c", "DBInstanceIdentifier": stage},
        "UpdateReplacePolicy": "Snapshot",
    }


STAGE: dict[str, Any] = {"Stage": {"Type": "String", "Default": "prod"}}
INNER: Template = {
    "Parameters": STAGE,
    "Resources": {"Db": database({"Ref": "Stage"}), "Queue": {"Type": "AWS::SQS::Queue"}},
    "Outputs": {"Db": {"Value": {"Ref": "Db"}}, "Queue": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}},
}
OUTER: Template = {
    "Parameters": STAGE,
    "Resources": {"Inner": stack("inner", Stage={"Fn::Sub": "db-${Stage}"})},
    "Outputs": {name: {"Value": {"Fn::GetAtt": ["Inner", f"Outputs.{name}"]}} for name in ("Db", "Queue")},
}
READER: Template = {
    "Parameters": {"Queue": {"Type": "String"}, "Db": {"Type": "String"}},
    "Resources": {
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {"EventSourceArn": {"Ref": "Queue"}, "FunctionName": "f"},
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"Dimensions": [{"Name": "DBInstanceIdentifier", "Value": {"Ref": "Db"}}]},
        },
    },
}
DEEP: Template = {
    "Parameters": STAGE,
    "Resources": {
        "Outer": stack("outer", Stage={"Ref": "Stage"}),
        "Reader": stack(
            "reader",
            **{name: {"Fn::GetAtt": ["Outer", f"Outputs.{name}"]} for name in ("Queue", "Db")},
        ),
    },
}
DEEP_STACKS = {"Outer": OUTER, "Outer/Inner": INNER, "Reader": READER}
DEEP_DB = "Outer/Inner/Db True ReplaceAndSnapshot (DBInstanceIdentifier!) STATEFUL_REPLACEMENT"
DEEP_READER = "Reader False (Parameters) <Outer;Reader/Alarm False (Dimensions) <Outer"

# The edits of the root and of the stacks in it, what is given, and what it comes to.
DEEP_EDITS: dict[str, tuple[Edits, dict[str, Edits], Edits, str]] = {
    "a parameter that goes down two levels": (
        {},
        {},
        {"Stage": "dev"},
        f"""Outer False (Parameters) <parameter:Stage;Outer/Inner False (Parameters) <parameter:Stage
            {DEEP_DB} <parameter:Stage;{DEEP_READER}""",
    ),
    "a default two levels down that is overridden": (
        {},
        {"Outer/Inner": {"Parameters/Stage/Default": "x"}},
        {},
        "",
    ),
    "an argument one level down": (
        {},
        {"Outer": {"Inner/Parameters/Stage": {"Fn::Sub": "database-${Stage}"}}},
        {},
        f"""Outer False (TemplateURL);Outer/Inner False (Parameters)
            {DEEP_DB} <parameter:Stage;{DEEP_READER}""",
    ),
    "a queue made anew two levels down": (
        {},
        {"Outer/Inner": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}}},
        {},
        """Outer False (TemplateURL);Outer/Inner False (TemplateURL)
           Outer/Inner/Queue True ReplaceAndDelete (QueueName!) STATEFUL_REPLACEMENT
           Reader False (Parameters) <Outer
           Reader/Mapping True ReplaceAndDelete (EventSourceArn!) <Outer""",
    ),
    "a queue changed in place two levels down": (
        {},
        {"Outer/Inner": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 5}}}},
        {},
        "Outer False (TemplateURL);Outer/Inner False (TemplateURL);Outer/Inner/Queue False (DelaySeconds)",
    ),
    "the inner stack removed": (
        {"Reader": GONE},
        {"Outer": {"Inner": GONE, "Topic": {"Type": "AWS::SNS::Topic"}, "Outputs": {}}},
        {},
        """Outer False (TemplateURL);Outer/Topic Add
           Outer/Inner Remove Delete STATEFUL_DELETION
           Outer/Inner/Db Remove Snapshot STATEFUL_DELETION
           Outer/Inner/Queue Remove Delete STATEFUL_DELETION
           Reader Remove Delete STATEFUL_DELETION
           Reader/Alarm Remove Delete
           Reader/Mapping Remove Delete""",
    ),
    "the outer stack kept when it goes": (
        {"Outer.DeletionPolicy": "Retain"},
        {},
        {},
        "Outer False (DeletionPolicy)",
    ),
    "an output that skips a level": (
        {},
        {"Outer": {"Outputs/Queue/Value": {"Fn::GetAtt": "Inner.Outputs.Queue"}}},
        {},
        "",
    ),
}


@pytest.mark.parametrize("name", DEEP_EDITS)
def test_deep_edit(name: str) -> None:
    root, stacks, given, wanted = DEEP_EDITS[name]
    after = {where: edited(each, stacks.get(where, {})) for where, each in DEEP_STACKS.items()}

    assert expected(wanted) == verdicts(reviewed(DEEP, edited(DEEP, root), ({}, given), (DEEP_STACKS, after)))


def test_the_root_stays_as_it_is() -> None:
    assert not verdicts(reviewed(ROOT, ROOT))
