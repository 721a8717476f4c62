"""Releases: several edits of functions, networks, roles, APIs and their watchers at once, in full."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, base, edited, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

FUNCTION, NETWORK, ROLE, API, OPERATIONS = "056", "088", "100", "116", "128"
STAGES = "DeployPipeline/Stages"
APPROVAL = base(OPERATIONS)["Resources"]["DeployPipeline"]["Properties"]["Stages"][2]["Actions"][0]
EMPTY = "STATEFUL_REPLACEMENT"

RELEASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "function: a new runtime, layer and version": (
        FUNCTION,
        {
            "ProcessorFn/Runtime": "python3.13",
            "ProcessorFn/Code/S3Key": "p/2.zip",
            "CommonLayer/Content/S3Key": "layers/2.zip",
            "ProcessorVersion1/Description": "build 2",
        },
        """ProcessorFn False (Code,Layers,Runtime)
           CommonLayer True ReplaceAndDelete (Content!)
           ProcessorVersion1 True ReplaceAndDelete (Description!)
           LiveAlias False (FunctionVersion) <ProcessorVersion1""",
    ),
    "function: out of its VPC, with another role": (
        FUNCTION,
        {
            "ProcessorFn/VpcConfig": GONE,
            "ProcessorFn/Role": "arn:aws:iam::111122223333:role/other",
            "ErrorsAlarm/AlarmActions": [],
        },
        "ProcessorFn False (Role,VpcConfig)\nErrorsAlarm False (AlarmActions) MONITORING_LOSS",
    ),
    "function: its role named": (
        FUNCTION,
        {"ProcessorRole/RoleName": "processor"},
        "ProcessorRole True ReplaceAndDelete (RoleName!)\nProcessorFn False (Role) <ProcessorRole",
    ),
    "function: package of another kind": (
        FUNCTION,
        {
            "ProcessorFn/PackageType": "Image",
            "ProcessorFn/Code": {"ImageUri": "x"},
            "ProcessorFn/Handler": GONE,
            "ProcessorFn/Runtime": GONE,
        },
        """ProcessorFn True ReplaceAndDelete (Code,Handler,PackageType!,Runtime) NAME_COLLISION
           ProcessorVersion1 True ReplaceAndDelete (FunctionName!) <ProcessorFn
           LiveAlias True ReplaceAndDelete (FunctionName!,FunctionVersion) <ProcessorFn
           ApiInvoke True ReplaceAndDelete (FunctionName!) <LiveAlias
           ProcessorLogs True ReplaceAndDelete (LogGroupName!) STATEFUL_REPLACEMENT <ProcessorFn
           ErrorsAlarm False (Dimensions) <ProcessorFn""",
    ),
    "function: logs in the clear, and for ever": (
        FUNCTION,
        {"ProcessorLogs/KmsKeyId": GONE, "ProcessorLogs/RetentionInDays": GONE},
        "ProcessorLogs False (KmsKeyId,RetentionInDays) ENCRYPTION_LOSS",
    ),
    "function: called by anyone at a URL": (
        FUNCTION,
        {
            "Url": {
                "Type": "AWS::Lambda::Url",
                "Properties": {"AuthType": "NONE", "TargetFunctionArn": {"Ref": "ProcessorFn"}},
            },
            "Anyone": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunctionUrl",
                    "Principal": "*",
                    "FunctionName": {"Ref": "ProcessorFn"},
                    "FunctionUrlAuthType": "NONE",
                },
            },
        },
        "Url Add PUBLIC_EXPOSURE\nAnyone Add IAM_WIDENING PUBLIC_EXPOSURE",
    ),
    "network: a second gateway": (
        NETWORK,
        {
            "NatB": {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": {"Ref": "PublicSubnetA"}}},
            "PrivateDefaultRoute/NatGatewayId": {"Ref": "NatB"},
        },
        "NatB Add\nPrivateDefaultRoute False (NatGatewayId) <NatB",
    ),
    "network: no gateway at all": (
        NETWORK,
        {"NatGateway": GONE, "NatEip": GONE, "PrivateDefaultRoute": GONE},
        "NatGateway Remove Delete\nNatEip Remove Delete\nPrivateDefaultRoute Remove Delete",
    ),
    "role: more to do, and less of another": (
        ROLE,
        {
            "ProcessorRole/Policies/0/PolicyDocument/Statement/0/Action": "dynamodb:GetItem",
            "SettlementPolicy/PolicyDocument/Statement/0/Action/+": "s3:PutObject",
        },
        "ProcessorRole False (Policies)\nSettlementPolicy False (PolicyDocument) IAM_WIDENING",
    ),
    "role: renamed, with the same to do": (
        ROLE,
        {"ProcessorRole/RoleName": "charge-processor"},
        """ProcessorRole True ReplaceAndDelete (RoleName!)
           SettlementPolicy False (Roles) <ProcessorRole
           ProcessorFn False (Role) <ProcessorRole""",
    ),
    "role: renamed, without its boundary": (
        ROLE,
        {"ProcessorRole/RoleName": "charge-processor", "ProcessorRole/PermissionsBoundary": GONE},
        """ProcessorRole True ReplaceAndDelete (PermissionsBoundary,RoleName!) IAM_WIDENING
           SettlementPolicy False (Roles) <ProcessorRole
           ProcessorFn False (Role) <ProcessorRole""",
    ),
    "role: by another logical id, with more to do": (
        ROLE,
        {
            "ProcessorRole": GONE,
            "Role": edited(
                base(ROLE),
                {
                    "ProcessorRole/Policies/0/PolicyDocument/Statement/0/Action": "dynamodb:*",
                    "ProcessorRole/RoleName": GONE,
                },
            )["Resources"]["ProcessorRole"],
            "SettlementPolicy/Roles": [{"Ref": "Role"}],
            "ProcessorFn/Role": {"Fn::GetAtt": ["Role", "Arn"]},
        },
        """ProcessorRole Remove Delete
           Role Add IAM_WIDENING
           SettlementPolicy False (Roles) <Role
           ProcessorFn False (Role) <Role""",
    ),
    "role: sessions for longer, described, tagged": (
        ROLE,
        {
            "ProcessorRole/MaxSessionDuration": 7200,
            "ProcessorRole/Description": "x",
            "ProcessorRole/Tags": [{"Key": "a", "Value": "b"}],
        },
        "ProcessorRole False (Description,MaxSessionDuration,Tags)",
    ),
    "API: for anyone, without a firewall": (
        API,
        {
            "ChargePost/AuthorizationType": "NONE",
            "ChargePost/ApiKeyRequired": False,
            "ApiWafAssociation": GONE,
        },
        """ChargePost False (ApiKeyRequired,AuthorizationType) PUBLIC_EXPOSURE
           ApiWafAssociation Remove Delete PROTECTION_LOSS""",
    ),
    "API: a new deployment, without logs": (
        API,
        {
            "ApiDeploymenta1b2c3": GONE,
            "ApiDeploymentd4e5f6": {
                "Type": "AWS::ApiGateway::Deployment",
                "Properties": {"RestApiId": {"Ref": "PaymentsApi"}, "Description": "d4e5f6"},
            },
            "ApiStage/DeploymentId": {"Ref": "ApiDeploymentd4e5f6"},
            "ApiStage/AccessLogSetting": GONE,
        },
        """ApiDeploymenta1b2c3 Remove Delete
           ApiDeploymentd4e5f6 Add
           ApiStage False (AccessLogSetting,DeploymentId) MONITORING_LOSS""",
    ),
    "API: regional": (
        API,
        {"PaymentsApi/EndpointConfiguration/Types/0": "REGIONAL"},
        "PaymentsApi False (EndpointConfiguration)",
    ),
    "API: keys from an authorizer": (
        API,
        {"PaymentsApi/ApiKeySourceType": "AUTHORIZER"},
        "PaymentsApi False (ApiKeySourceType)",
    ),
    "API: renamed": (API, {"PaymentsApi/Name": "charges"}, "PaymentsApi False (Name)"),
    "API: key off, plan larger": (
        API,
        {"PartnerKey/Enabled": False, "PartnerPlan/Quota/Limit": 1000000},
        "PartnerKey False (Enabled) CREDENTIAL_CHANGE\nPartnerPlan False (Quota)",
    ),
    "API: firewall counts only": (
        API,
        {"ApiWaf/Rules/0/OverrideAction": {"Count": {}}},
        "ApiWaf False (Rules) PROTECTION_LOSS",
    ),
    "operations: topic, secret and logs in the clear": (
        OPERATIONS,
        {"AlertsTopic/KmsMasterKeyId": GONE, "DbSecret/KmsKeyId": GONE, "AuditLogs/KmsKeyId": GONE},
        """AlertsTopic False (KmsMasterKeyId) ENCRYPTION_LOSS
           DbSecret False (KmsKeyId) ENCRYPTION_LOSS
           AuditLogs False (KmsKeyId) ENCRYPTION_LOSS""",
    ),
    "operations: nobody told": (
        OPERATIONS,
        {"OncallEmail": GONE, "ErrorsAlarm/AlarmActions": GONE},
        "OncallEmail Remove Delete MONITORING_LOSS\nErrorsAlarm False (AlarmActions) MONITORING_LOSS",
    ),
    "operations: another endpoint": (
        OPERATIONS,
        {"OncallEmail/Endpoint": "other@example.com"},
        "OncallEmail True ReplaceAndDelete (Endpoint!)",
    ),
    "operations: two who approve instead of one": (
        OPERATIONS,
        {f"{STAGES}/2/Actions/+": APPROVAL | {"Name": "Again"}},
        "DeployPipeline False (Stages)",
    ),
    "operations: the approval renamed": (
        OPERATIONS,
        {f"{STAGES}/2/Actions/0/Name": "Sign"},
        "DeployPipeline False (Stages)",
    ),
    "operations: a secret renamed, with its name in an alarm": (
        OPERATIONS,
        {"DbSecret/Name": "payments/db2", "ErrorsAlarm/Period": 300},
        f"DbSecret True ReplaceAndDelete (Name!) {EMPTY} CREDENTIAL_CHANGE\nErrorsAlarm False (Period)",
    ),
    "operations: a password of another length": (
        OPERATIONS,
        {"DbSecret/GenerateSecretString/PasswordLength": 40},
        "DbSecret False (GenerateSecretString) CREDENTIAL_CHANGE",
    ),
    "operations: dashboard renamed": (
        OPERATIONS,
        {"PaymentsDashboard/DashboardName": "x"},
        "PaymentsDashboard True ReplaceAndDelete (DashboardName!)",
    ),
    "operations: logs of another class": (
        OPERATIONS,
        {"AuditLogs/LogGroupClass": "INFREQUENT_ACCESS"},
        "AuditLogs False (LogGroupClass)",
    ),
    "operations: artifacts elsewhere": (
        OPERATIONS,
        {"DeployPipeline/ArtifactStore/Location": "x"},
        "DeployPipeline False (ArtifactStore)",
    ),
    "operations: the pipeline's role": (
        OPERATIONS,
        {"DeployPipeline/RoleArn": "arn:aws:iam::111122223333:role/x"},
        "DeployPipeline False (RoleArn)",
    ),
}

STEPWISE = {"CodeDeployLambdaAliasUpdate": {"ApplicationName": "a", "DeploymentGroupName": "g"}}
GROUP = {
    "ApplicationName": "a",
    "DeploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    "AlarmConfiguration": {"Enabled": True, "Alarms": [{"Name": "x"}, {"Name": "y"}]},
    "AutoRollbackConfiguration": {"Enabled": True, "Events": ["DEPLOYMENT_FAILURE"]},
}
GUARDED = {
    "LiveAlias.UpdatePolicy": STEPWISE,
    "Rollout": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": GROUP},
}
GUIDED = edited(base(FUNCTION), GUARDED)
NO_STEPS = "LiveAlias False (UpdatePolicy)"

# What becomes of a function whose versions are rolled out step by step, and rolled back.
ROLLOUTS: dict[str, tuple[dict[str, Any], str]] = {
    "no steps": ({"LiveAlias.UpdatePolicy": GONE}, f"{NO_STEPS} PROTECTION_LOSS"),
    "another group": (
        {"LiveAlias.UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {"ApplicationName": "b"}}},
        NO_STEPS,
    ),
    "all at once": (
        {"Rollout/DeploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce"},
        "Rollout False (DeploymentConfigName) PROTECTION_LOSS",
    ),
    "other steps": (
        {"Rollout/DeploymentConfigName": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"},
        "Rollout False (DeploymentConfigName)",
    ),
    "not rolled back": (
        {"Rollout/AutoRollbackConfiguration": GONE},
        "Rollout False (AutoRollbackConfiguration) PROTECTION_LOSS",
    ),
    "alarms not heard": (
        {"Rollout/AlarmConfiguration/Enabled": False},
        "Rollout False (AlarmConfiguration) PROTECTION_LOSS",
    ),
    "an alarm less": (
        {"Rollout/AlarmConfiguration/Alarms": [{"Name": "x"}]},
        "Rollout False (AlarmConfiguration) PROTECTION_LOSS",
    ),
    "an alarm more": (
        {"Rollout/AlarmConfiguration/Alarms": [{"Name": "x"}, {"Name": "y"}, {"Name": "z"}]},
        "Rollout False (AlarmConfiguration)",
    ),
}


@pytest.mark.parametrize("name", ROLLOUTS)
def test_rollout(name: str) -> None:
    edits, wanted = ROLLOUTS[name]

    assert expected(wanted) == verdicts(reviewed(GUIDED, edited(GUIDED, edits)))


def test_steps_from_now_on_are_no_loss() -> None:
    old = base(FUNCTION)

    assert expected(NO_STEPS) == verdicts(reviewed(old, edited(old, {"LiveAlias.UpdatePolicy": STEPWISE})))


@pytest.mark.parametrize("name", RELEASES)
def test_release(name: str) -> None:
    case, edits, wanted = RELEASES[name]
    old = base(case)

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits)))
