"""Functions, the API and what watches them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, base, edited, lines, reviewed, told

FUNCTION, API, OPERATIONS = "056", "116", "136"
PERMISSION = {
    "Type": "AWS::Lambda::Permission",
    "Properties": {
        "FunctionName": {"Ref": "ProcessorFn"},
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
    },
}
OPEN_URL = {
    "Type": "AWS::Lambda::Url",
    "Properties": {"TargetFunctionArn": {"Ref": "ProcessorFn"}, "AuthType": "NONE"},
}

EDITS: dict[str, tuple[str, dict[str, Any], str]] = {
    "runtime": (FUNCTION, {"ProcessorFn/Runtime": "python3.13"}, "ProcessorFn False"),
    "layer": (
        FUNCTION,
        {"CommonLayer/Content/S3Key": "layers/2.zip"},
        "CommonLayer True\nProcessorFn False",
    ),
    "version described": (
        FUNCTION,
        {"ProcessorVersion1/Description": "build 2"},
        "ProcessorVersion1 True\nLiveAlias False",
    ),
    "image": (
        FUNCTION,
        {"ProcessorFn/PackageType": "Image"},
        """ProcessorFn True NAME_COLLISION
           ProcessorVersion1 True
           LiveAlias True
           ApiInvoke True
           ProcessorLogs True STATEFUL_REPLACEMENT
           ErrorsAlarm False""",
    ),
    "durable": (
        FUNCTION,
        {"ProcessorFn/DurableConfig": {"ExecutionTimeout": 60}},
        "ProcessorFn Conditional",
    ),
    "alias": (FUNCTION, {"LiveAlias/Name": "x"}, "LiveAlias True\nApiInvoke True"),
    "called from anywhere": (FUNCTION, {"ApiInvoke/SourceArn": GONE}, "ApiInvoke True IAM_WIDENING"),
    "called from more": (
        FUNCTION,
        {"ApiInvoke/SourceArn": "arn:aws:execute-api:eu-west-1:111122223333:abc123/*"},
        "ApiInvoke True IAM_WIDENING",
    ),
    "called from less": (
        FUNCTION,
        {"ApiInvoke/SourceArn": "arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/POST/charge"},
        "ApiInvoke True",
    ),
    "called by anyone": (
        FUNCTION,
        {"ApiInvoke/Principal": "*", "ApiInvoke/SourceArn": GONE},
        "ApiInvoke True IAM_WIDENING PUBLIC_EXPOSURE",
    ),
    "called by another": (FUNCTION, {"Second": PERMISSION}, "Second Add IAM_WIDENING"),
    "open address": (FUNCTION, {"Url": OPEN_URL}, "Url Add PUBLIC_EXPOSURE"),
    "stopped": (
        FUNCTION,
        {"ProcessorFn/ReservedConcurrentExecutions": 0},
        "ProcessorFn False AVAILABILITY_LOSS",
    ),
    "logs for a month": (
        FUNCTION,
        {"ProcessorLogs/RetentionInDays": 30},
        "ProcessorLogs False DATA_EXPIRY",
    ),
    "logs in the clear": (FUNCTION, {"ProcessorLogs/KmsKeyId": GONE}, "ProcessorLogs False ENCRYPTION_LOSS"),
    "administrator": (
        FUNCTION,
        {"ProcessorRole/ManagedPolicyArns/+": "arn:aws:iam::aws:policy/AdministratorAccess"},
        "ProcessorRole False IAM_WIDENING",
    ),
    "role named": (FUNCTION, {"ProcessorRole/RoleName": "x"}, "ProcessorRole True\nProcessorFn False"),
    "alarm without action": (
        FUNCTION,
        {"ErrorsAlarm/AlarmActions": GONE},
        "ErrorsAlarm False MONITORING_LOSS",
    ),
    "alarm switched off": (
        FUNCTION,
        {"ErrorsAlarm/ActionsEnabled": False},
        "ErrorsAlarm False MONITORING_LOSS",
    ),
    "alarm renamed": (FUNCTION, {"ErrorsAlarm/AlarmName": "x"}, "ErrorsAlarm True"),
    "outside the VPC": (FUNCTION, {"ProcessorFn/VpcConfig": GONE}, "ProcessorFn False"),
    "no authorization": (
        API,
        {"ChargePost/AuthorizationType": "NONE"},
        "ChargePost False PUBLIC_EXPOSURE",
    ),
    "no key": (API, {"ChargePost/ApiKeyRequired": False}, "ChargePost False PUBLIC_EXPOSURE"),
    "method": (API, {"ChargePost/HttpMethod": "PUT"}, "ChargePost True"),
    "stage renamed": (
        API,
        {"ApiStage/StageName": "live"},
        "ApiStage True\nPartnerPlan False\nApiWafAssociation True",
    ),
    "no access log": (API, {"ApiStage/AccessLogSetting": GONE}, "ApiStage False MONITORING_LOSS"),
    "no tracing": (API, {"ApiStage/TracingEnabled": False}, "ApiStage False MONITORING_LOSS"),
    "no execution log": (
        API,
        {"ApiStage/MethodSettings/0/LoggingLevel": "OFF"},
        "ApiStage False MONITORING_LOSS",
    ),
    "bodies in the log": (
        API,
        {"ApiStage/MethodSettings/0/DataTraceEnabled": True},
        "ApiStage False DISCLOSURE",
    ),
    "regional": (API, {"PaymentsApi/EndpointConfiguration/Types": ["REGIONAL"]}, "PaymentsApi False"),
    "API named": (API, {"PaymentsApi/Name": "x"}, "PaymentsApi False"),
    "quota": (API, {"PartnerPlan/Quota/Limit": 5}, "PartnerPlan False"),
    "key off": (API, {"PartnerKey/Enabled": False}, "PartnerKey False CREDENTIAL_CHANGE"),
    "key of one's own": (
        API,
        {"PartnerKey/Value": "x" * 20},
        "PartnerKey True CREDENTIAL_CHANGE\nPartnerPlanKey True",
    ),
    "API open to anyone": (
        API,
        {
            "PaymentsApi/Policy": {
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
                ]
            }
        },
        "PaymentsApi False IAM_WIDENING PUBLIC_EXPOSURE",
    ),
    "no firewall": (API, {"ApiWafAssociation": GONE}, "ApiWafAssociation Remove PROTECTION_LOSS"),
    "fewer rules": (API, {"ApiWaf/Rules": []}, "ApiWaf False PROTECTION_LOSS"),
    "rules that only count": (
        API,
        {"ApiWaf/Rules/0/OverrideAction": {"Count": {}}},
        "ApiWaf False PROTECTION_LOSS",
    ),
    "firewall named": (API, {"ApiWaf/Name": "x"}, "ApiWaf True\nApiWafAssociation True"),
    "topic renamed": (
        OPERATIONS,
        {"AlertsTopic/TopicName": "x"},
        "AlertsTopic True\nOncallEmail True\nErrorsAlarm False",
    ),
    "another address": (OPERATIONS, {"OncallEmail/Endpoint": "b@example.com"}, "OncallEmail True"),
    "no address": (OPERATIONS, {"OncallEmail": GONE}, "OncallEmail Remove MONITORING_LOSS"),
    "nobody told": (OPERATIONS, {"ErrorsAlarm/AlarmActions": []}, "ErrorsAlarm False MONITORING_LOSS"),
    "dashboard renamed": (
        OPERATIONS,
        {"PaymentsDashboard/DashboardName": "x"},
        "PaymentsDashboard True",
    ),
    "secret renamed": (
        OPERATIONS,
        {"DbSecret/Name": "x"},
        "DbSecret True CREDENTIAL_CHANGE STATEFUL_REPLACEMENT",
    ),
    "secret made anew": (
        OPERATIONS,
        {"DbSecret/GenerateSecretString/PasswordLength": 40},
        "DbSecret False CREDENTIAL_CHANGE",
    ),
    "audit for a month": (OPERATIONS, {"AuditLogs/RetentionInDays": 30}, "AuditLogs False DATA_EXPIRY"),
    "audit for ever": (OPERATIONS, {"AuditLogs/RetentionInDays": GONE}, "AuditLogs False"),
    "audit removed": (OPERATIONS, {"AuditLogs": GONE}, "AuditLogs Remove STATEFUL_DELETION"),
    "build renamed": (OPERATIONS, {"BuildProject/Name": "x"}, "BuildProject True\nDeployPipeline False"),
    "pipeline renamed": (OPERATIONS, {"DeployPipeline/Name": "x"}, "DeployPipeline True"),
    "stage of the pipeline renamed": (
        OPERATIONS,
        {"DeployPipeline/Stages/2/Name": "Ask"},
        "DeployPipeline False",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit_around_a_function(name: str) -> None:
    case, edits, expected = EDITS[name]
    old = base(case)

    assert lines(expected) == told(reviewed(old, edited(old, edits)))
