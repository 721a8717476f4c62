"""Flows: what parameters, mappings and conditions carry to a property, in full."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, Template, base, edited, reviewed
from tests.pipeline.review.test_verdicts_databases import READERS, maybe, replaced
from tests.pipeline.review.verdicts import expected, verdicts

DATABASE, QUEUE, OPERATIONS = "004", "048", "128"
Edits = dict[str, Any]

RENAMED = "PaymentsDb True ReplaceAndSnapshot (DBInstanceIdentifier!) STATEFUL_REPLACEMENT DELETE_FAILS"
NAME = "PaymentsDb/DBInstanceIdentifier"
BY_STAGE = {
    "Parameters/Stage": {"Type": "String", "Default": "prod"},
    "Mappings": {
        "Sizes": {
            "prod": {"Class": "db.m6g.large", "Name": "a"},
            "dev": {"Class": "db.t4g.small", "Name": "b"},
        }
    },
    "PaymentsDb/DBInstanceClass": {"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Class"]},
}
BY_REGION = {
    "Mappings": {"Regions": {"eu-west-1": {"Class": "db.m6g.large"}}},
    "PaymentsDb/DBInstanceClass": {"Fn::FindInMap": ["Regions", {"Ref": "AWS::Region"}, "Class"]},
}
PROD = {
    "Parameters/Stage": {"Type": "String", "Default": "prod"},
    "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
}
DEV = {"Parameters/Stage/Default": "dev"}
CLASS = "PaymentsDb False (DBInstanceClass) INTERRUPTION"
UNKEYED = replaced("KmsKeyId!,StorageEncrypted", "ENCRYPTION_LOSS").partition("\n")[0]


def either(yes: object, no: object) -> dict[str, object]:
    """An Fn::If on the stage."""
    return {"Fn::If": ["IsProd", yes, no]}


NOTHING = {"Ref": "AWS::NoValue"}

# A base, what both sides have of their own, what the new side has besides, what is given, and the verdict.
EDITS: dict[str, tuple[str, Edits, Edits, tuple[Edits, Edits], str]] = {
    # Parameters
    "a default that nobody uses": (
        DATABASE,
        {},
        {"Parameters/DbInstanceId/Default": "x"},
        ({"DbInstanceId": "a"}, {"DbInstanceId": "a"}),
        "",
    ),
    "given at last what was the default": (DATABASE, {}, {}, ({}, {"DbInstanceId": "payments-prod-db"}), ""),
    "given no longer what is the default": (DATABASE, {}, {}, ({"DbInstanceId": "payments-prod-db"}, {}), ""),
    "given no longer, and the default is another": (
        DATABASE,
        {},
        {},
        ({"DbInstanceId": "payments-prod-green"}, {}),
        f"{RENAMED} <parameter:DbInstanceId\n{READERS}",
    ),
    "the default follows what was given": (
        DATABASE,
        {},
        {"Parameters/DbInstanceId/Default": "x"},
        ({"DbInstanceId": "x"}, {}),
        "",
    ),
    "a parameter that nobody reads": (
        DATABASE,
        {},
        {"Parameters/More": {"Type": "String", "Default": "x"}},
        ({}, {}),
        "",
    ),
    "a parameter that nobody reads, given": (
        DATABASE,
        {"Parameters/More": {"Type": "String"}},
        {},
        ({"More": "a"}, {"More": "b"}),
        "",
    ),
    "a number for a string": (
        DATABASE,
        {
            "Parameters/Size": {"Type": "String", "Default": "100"},
            "PaymentsDb/AllocatedStorage": {"Ref": "Size"},
        },
        {"Parameters/Size": {"Type": "Number", "Default": 100}},
        ({}, {}),
        "",
    ),
    "an image by another parameter of Systems Manager": (
        OPERATIONS,
        {
            "Parameters/Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image/a"},
            "BuildProject/Environment/Image": {"Ref": "Image"},
        },
        {"Parameters/Image/Default": "/image/b"},
        ({}, {}),
        "BuildProject False (Environment) <parameter:Image",
    ),
    "two readers of a parameter": (
        OPERATIONS,
        {
            "Parameters/Key": {"Type": "String", "Default": "alias/a"},
            "AlertsTopic/KmsMasterKeyId": {"Ref": "Key"},
            "DbSecret/KmsKeyId": {"Ref": "Key"},
        },
        {"Parameters/Key/Default": "alias/b"},
        ({}, {}),
        "AlertsTopic False (KmsMasterKeyId) <parameter:Key\nDbSecret False (KmsKeyId) <parameter:Key",
    ),
    "two readers of a parameter, both left to the key of AWS": (
        OPERATIONS,
        {
            "Parameters/Key": {"Type": "String", "Default": "alias/a"},
            "AlertsTopic/KmsMasterKeyId": {"Ref": "Key"},
            "DbSecret/KmsKeyId": {"Ref": "Key"},
        },
        {"Parameters/Key/Default": "alias/aws/sns"},
        ({}, {}),
        """AlertsTopic False (KmsMasterKeyId) ENCRYPTION_LOSS <parameter:Key
           DbSecret False (KmsKeyId) ENCRYPTION_LOSS <parameter:Key""",
    ),
    "a part of a list by its place": (
        DATABASE,
        {
            "Parameters/Groups": {"Type": "CommaDelimitedList", "Default": "sg-1, sg-2"},
            "PaymentsDb/VPCSecurityGroups": [{"Fn::Select": [0, {"Ref": "Groups"}]}],
        },
        {"Parameters/Groups/Default": "sg-1,sg-3,sg-4"},
        ({}, {}),
        "",
    ),
    "another place in a list": (
        DATABASE,
        {
            "Parameters/Groups": {"Type": "CommaDelimitedList", "Default": "sg-1,sg-2"},
            "PaymentsDb/VPCSecurityGroups": [{"Fn::Select": [0, {"Ref": "Groups"}]}],
        },
        {"PaymentsDb/VPCSecurityGroups/0/Fn::Select/0": "1"},
        ({}, {}),
        "PaymentsDb False (VPCSecurityGroups)",
    ),
    "a list given with blanks": (
        DATABASE,
        {
            "Parameters/Groups": {"Type": "List<AWS::EC2::SecurityGroup::Id>"},
            "PaymentsDb/VPCSecurityGroups": {"Ref": "Groups"},
        },
        {},
        ({"Groups": "sg-1,sg-2"}, {"Groups": "sg-1, sg-2"}),
        "",
    ),
    "a list given in another order": (
        DATABASE,
        {
            "Parameters/Groups": {"Type": "List<AWS::EC2::SecurityGroup::Id>"},
            "PaymentsDb/VPCSecurityGroups": {"Ref": "Groups"},
        },
        {},
        ({"Groups": "sg-1,sg-2"}, {"Groups": "sg-2,sg-1"}),
        "PaymentsDb False (VPCSecurityGroups) <parameter:Groups",
    ),
    # Mappings
    "another entry of a mapping": (
        DATABASE,
        BY_STAGE,
        {"Mappings/Sizes/prod/Class": "db.r6g.large"},
        ({}, {}),
        f"{CLASS} <mapping:Sizes",
    ),
    "an entry for another stage": (
        DATABASE,
        BY_STAGE,
        {"Mappings/Sizes/dev/Class": "db.t4g.micro"},
        ({}, {}),
        "",
    ),
    "an entry that nobody reads": (DATABASE, BY_STAGE, {"Mappings/Sizes/prod/Zones": "2"}, ({}, {}), ""),
    "another stage of a mapping": (DATABASE, BY_STAGE, DEV, ({}, {}), f"{CLASS} <parameter:Stage"),
    "the same entry for another stage": (
        DATABASE,
        BY_STAGE | {"PaymentsDb/DBInstanceClass": {"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Class"]}},
        {"Parameters/Stage/Default": "test", "Mappings/Sizes/test": {"Class": "db.m6g.large", "Name": "c"}},
        ({}, {}),
        "",
    ),
    "a name by the stage": (
        DATABASE,
        BY_STAGE
        | {
            NAME: {"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Name"]},
            "PaymentsDb/DBInstanceClass": "db.m6g.large",
        },
        {},
        ({}, {"Stage": "dev"}),
        f"{RENAMED} <parameter:Stage\n{READERS}",
    ),
    "an entry for another Region": (
        DATABASE,
        BY_REGION,
        {"Mappings/Regions/us-east-1": {"Class": "db.r6g.large"}},
        ({}, {}),
        "",
    ),
    "an entry for the only Region": (
        DATABASE,
        BY_REGION,
        {"Mappings/Regions/eu-west-1/Class": "db.r6g.large"},
        ({}, {}),
        f"{CLASS} <mapping:Regions",
    ),
    "a Region no longer in a mapping": (
        DATABASE,
        BY_REGION
        | {
            "Mappings": {
                "Regions": {"eu-west-1": {"Class": "db.m6g.large"}, "us-east-1": {"Class": "db.r6g.large"}}
            }
        },
        {"Mappings/Regions/us-east-1": GONE},
        ({}, {}),
        "",
    ),
    # Conditions
    "a value that no condition holds up any more": (
        DATABASE,
        PROD | {"PaymentsDb/MultiAZ": either(True, False)},
        DEV,
        ({}, {}),
        f"{maybe('MultiAZ', 'AVAILABILITY_LOSS')} <parameter:Stage",
    ),
    "no value by the stage": (
        DATABASE,
        PROD | {"PaymentsDb/DeletionProtection": either(True, NOTHING)},
        DEV,
        ({}, {}),
        "PaymentsDb False (DeletionProtection) PROTECTION_LOSS <parameter:Stage",
    ),
    "no key by the stage": (
        DATABASE,
        PROD
        | {
            "PaymentsDb/KmsKeyId": either({"Fn::GetAtt": ["PaymentsKey", "Arn"]}, NOTHING),
            "PaymentsDb/StorageEncrypted": either(True, False),
        },
        DEV,
        ({}, {}),
        f"{UNKEYED} <parameter:Stage\n{READERS}",
    ),
    "the branches exchanged, and the condition": (
        DATABASE,
        PROD | {"PaymentsDb/MultiAZ": either(True, False)},
        {
            "Conditions/IsProd": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "prod"]}]},
            "PaymentsDb/MultiAZ": either(False, True),
        },
        ({}, {}),
        "",
    ),
    "the condition turned round": (
        DATABASE,
        PROD | {"PaymentsDb/CopyTagsToSnapshot": either(True, False)},
        {"Conditions/IsProd": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "prod"]}]}},
        ({}, {}),
        "PaymentsDb False (CopyTagsToSnapshot) <condition:IsProd",
    ),
    "an alarm for one stage only": (
        OPERATIONS,
        PROD | {"ErrorsAlarm.Condition": "IsProd", "PaymentsDashboard": GONE},
        DEV,
        ({}, {}),
        "ErrorsAlarm Remove Delete MONITORING_LOSS <parameter:Stage",
    ),
    "a condition taken off what exists": (
        OPERATIONS,
        PROD | {"AuditLogs.Condition": "IsProd"},
        {"AuditLogs.Condition": GONE},
        ({}, {}),
        "",
    ),
    "a condition taken off what does not": (
        OPERATIONS,
        PROD | DEV | {"AuditLogs.Condition": "IsProd"},
        {"AuditLogs.Condition": GONE},
        ({}, {}),
        "AuditLogs Add",
    ),
    "a condition of two": (
        OPERATIONS,
        PROD | {"AuditLogs.Condition": "IsProd"},
        {
            "Conditions/Both": {
                "Fn::And": [{"Condition": "IsProd"}, {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "dev"]}]}]
            },
            "AuditLogs.Condition": "Both",
        },
        ({}, {}),
        "",
    ),
    "logs that the stage no longer has": (
        OPERATIONS,
        PROD | {"AuditLogs.Condition": "IsProd"},
        DEV,
        ({}, {}),
        "AuditLogs Remove Delete STATEFUL_DELETION <parameter:Stage",
    ),
    "a statement by the stage": (
        QUEUE,
        PROD
        | {
            "PaymentQueuePolicy/PolicyDocument/Statement/0/Principal": either(
                {"Service": "sns.amazonaws.com"}, "*"
            )
        },
        DEV,
        ({}, {}),
        "PaymentQueuePolicy False (PolicyDocument) IAM_WIDENING <parameter:Stage",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    case, shared, edits, given, wanted = EDITS[name]
    old: Template = edited(base(case), copy.deepcopy(shared))

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits), given))
