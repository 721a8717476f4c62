"""Noise: edits that come to the same, or to little, beside their neighbours that do not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, base, edited, reviewed
from tests.pipeline.review.test_verdicts_databases import replaced
from tests.pipeline.review.verdicts import expected, verdicts

DATABASE, TABLE, QUEUE, FUNCTION, NETWORK, API = "004", "024", "048", "056", "088", "116"
NAME = "PaymentsDb/DBInstanceIdentifier"
CLASS = "PaymentsDb False (DBInstanceClass) INTERRUPTION"
Edits = dict[str, Any]

# A base, what both sides have of their own, what the new side has besides, and the verdict.
EDITS: dict[str, tuple[str, Edits, Edits, str]] = {
    # Expressions
    "a Join and a Sub of the same": (
        TABLE,
        {"TransactionsTable/TableName": {"Fn::Join": ["-", [{"Ref": "TablePrefix"}, "tx"]]}},
        {"TransactionsTable/TableName": {"Fn::Sub": "${TablePrefix}-tx"}},
        "",
    ),
    "a Join with another delimiter": (
        TABLE,
        {"TransactionsTable/TableName": {"Fn::Join": ["-", [{"Ref": "TablePrefix"}, "tx"]]}},
        {"TransactionsTable/TableName/Fn::Join/0": "."},
        """TransactionsTable True ReplaceAndRetain (TableName!) STATEFUL_REPLACEMENT
           LedgerFn False (Environment) <TransactionsTable
           LedgerPolicy False (PolicyDocument) <TransactionsTable
           StreamMapping True ReplaceAndDelete (EventSourceArn!) <TransactionsTable""",
    ),
    "a Sub with a variable of its own, and without": (
        TABLE,
        {"TransactionsTable/TableName": {"Fn::Sub": "${TablePrefix}-tx"}},
        {"TransactionsTable/TableName": {"Fn::Sub": ["${P}-tx", {"P": {"Ref": "TablePrefix"}}]}},
        "",
    ),
    "a variable of a Sub that is not used": (
        TABLE,
        {"TransactionsTable/TableName": {"Fn::Sub": ["${P}-tx", {"P": {"Ref": "TablePrefix"}}]}},
        {"TransactionsTable/TableName/Fn::Sub/1/Q": "x"},
        "",
    ),
    "braces that a Sub leaves": (
        FUNCTION,
        {"ProcessorFn/Environment/Variables/LOG_LEVEL": {"Fn::Sub": "${!x}"}},
        {"ProcessorFn/Environment/Variables/LOG_LEVEL": "${x}"},
        "",
    ),
    "a Split and a Select of the same": (
        DATABASE,
        {},
        {NAME: {"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::Sub": "x/${DbInstanceId}/y"}]}]}},
        "",
    ),
    "a name by Ref, then spelt": (
        QUEUE,
        {"QueueAgeAlarm/Dimensions/0/Value": {"Fn::GetAtt": ["PaymentQueue", "QueueName"]}},
        {"QueueAgeAlarm/Dimensions/0/Value": {"Fn::GetAtt": "PaymentQueue.QueueName"}},
        "",
    ),
    "another version of a parameter of Systems Manager": (
        DATABASE,
        {"PaymentsDb/DBInstanceClass": "{{resolve:ssm:/db/class:1}}"},
        {"PaymentsDb/DBInstanceClass": "{{resolve:ssm:/db/class:2}}"},
        CLASS,
    ),
    "no version of a parameter of Systems Manager": (
        DATABASE,
        {"PaymentsDb/DBInstanceClass": "{{resolve:ssm:/db/class}}"},
        {},
        "",
    ),
    "another import": (
        DATABASE,
        {"PaymentsDb/DBSubnetGroupName": {"Fn::ImportValue": "a"}},
        {"PaymentsDb/DBSubnetGroupName": {"Fn::ImportValue": "b"}},
        replaced("DBSubnetGroupName"),
    ),
    "an import by a Sub": (
        DATABASE,
        {"PaymentsDb/DBSubnetGroupName": {"Fn::ImportValue": "a-b"}},
        {"PaymentsDb/DBSubnetGroupName": {"Fn::ImportValue": {"Fn::Sub": "a-b"}}},
        "",
    ),
    "a literal for a reference to a name": (
        FUNCTION,
        {},
        {"LiveAlias/FunctionName": "payment-processor"},
        "",
    ),
    "a Ref for the ARN of a function": (
        FUNCTION,
        {},
        {"LiveAlias/FunctionName": {"Fn::GetAtt": ["ProcessorFn", "Arn"]}},
        """LiveAlias True ReplaceAndDelete (FunctionName!)
           ApiInvoke True ReplaceAndDelete (FunctionName!) <LiveAlias""",
    ),
    # Noise
    "keys in another order, numbers and switches as strings": (
        DATABASE,
        {},
        {
            "PaymentsDb/AllocatedStorage": 100,
            "PaymentsDb/BackupRetentionPeriod": "14",
            "PaymentsDb/MultiAZ": "true",
            "DbCpuAlarm/Threshold": 80.0,
        },
        "",
    ),
    "a version with a nought more": (
        DATABASE,
        {"PaymentsDb/EngineVersion": "16.1"},
        {"PaymentsDb/EngineVersion": "16.10"},
        "PaymentsDb False (EngineVersion) INTERRUPTION",
    ),
    "DependsOn and nothing else": (
        NETWORK,
        {},
        {"NatEip.DependsOn": ["IgwAttachment", "Vpc"], "NatGateway.DependsOn": "Igw"},
        "",
    ),
    "an output exported": (NETWORK, {}, {"Outputs/VpcId/Export": {"Name": "vpc"}}, ""),
    "an output removed": (NETWORK, {}, {"Outputs/VpcId": GONE}, ""),
    "metadata of two": (
        API,
        {},
        {"ApiStage.Metadata": {"a": 1}, "PartnerKey.Metadata": {"a": 1}},
        "ApiStage False (Metadata)\nPartnerKey False (Metadata)",
    ),
    "tags of one": (
        QUEUE,
        {},
        {"PaymentDlq/Tags": [{"Key": "a", "Value": "b"}]},
        "PaymentDlq False (Tags)",
    ),
    "what a stack says of itself": (API, {}, {"Description": "x", "Metadata": {"a": 1}}, ""),
    "an update policy": (
        FUNCTION,
        {},
        {
            "LiveAlias.UpdatePolicy": {
                "CodeDeployLambdaAliasUpdate": {"ApplicationName": "a", "DeploymentGroupName": "b"}
            }
        },
        "LiveAlias False (UpdatePolicy)",
    ),
    "kept on replacement, and on deletion": (
        QUEUE,
        {},
        {"PaymentDlq.UpdateReplacePolicy": "Retain", "PaymentDlq.DeletionPolicy": "Retain"},
        "PaymentDlq False (DeletionPolicy,UpdateReplacePolicy)",
    ),
    "kept except when made": (
        DATABASE,
        {},
        {"PaymentsDb.DeletionPolicy": "RetainExceptOnCreate"},
        "PaymentsDb False (DeletionPolicy)",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    case, shared, edits, wanted = EDITS[name]
    old = edited(base(case), shared)

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits)))
