"""Services: functions, the API and the pipeline, and what an edit makes of each, in full."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, base, edited, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

FUNCTION, API, OPERATIONS = "056", "116", "128"
STAGES = "DeployPipeline/Stages"


FUNCTIONS: dict[str, tuple[str, dict[str, Any], str]] = {
    "code": (FUNCTION, {"ProcessorFn/Code/S3Key": "p/2.zip"}, "ProcessorFn False (Code)"),
    "handler, memory and time": (
        FUNCTION,
        {"ProcessorFn/Handler": "x.y", "ProcessorFn/MemorySize": 1024, "ProcessorFn/Timeout": 30},
        "ProcessorFn False (Handler,MemorySize,Timeout)",
    ),
    "time as a string": (FUNCTION, {"ProcessorFn/Timeout": "60"}, ""),
    "another key": (
        FUNCTION,
        {"ProcessorFn/KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/2222"},
        "ProcessorFn False (KmsKeyArn)",
    ),
    "its variable": (
        FUNCTION,
        {"ProcessorFn/Environment/Variables/LOG_LEVEL": "DEBUG"},
        "ProcessorFn False (Environment)",
    ),
    "no layers": (FUNCTION, {"ProcessorFn/Layers": GONE}, "ProcessorFn False (Layers)"),
    "layer renamed": (
        FUNCTION,
        {"CommonLayer/LayerName": "x"},
        """CommonLayer True ReplaceAndDelete (LayerName!)
           ProcessorFn False (Layers) <CommonLayer""",
    ),
    "layer for other runtimes": (
        FUNCTION,
        {"CommonLayer/CompatibleRuntimes": ["python3.13"]},
        """CommonLayer True ReplaceAndDelete (CompatibleRuntimes!)
           ProcessorFn False (Layers) <CommonLayer""",
    ),
    "another version": (
        FUNCTION,
        {
            "ProcessorVersion1": GONE,
            "ProcessorVersion2": base(FUNCTION)["Resources"]["ProcessorVersion1"],
            "LiveAlias/FunctionVersion": {"Fn::GetAtt": ["ProcessorVersion2", "Version"]},
        },
        """ProcessorVersion1 Remove Retain
           ProcessorVersion2 Add
           LiveAlias False (FunctionVersion) <ProcessorVersion2""",
    ),
    "alias of some calls": (
        FUNCTION,
        {
            "LiveAlias/RoutingConfig": {
                "AdditionalVersionWeights": [{"FunctionVersion": "2", "FunctionWeight": 0.1}]
            }
        },
        "LiveAlias False (RoutingConfig)",
    ),
    "alias renamed": (
        FUNCTION,
        {"LiveAlias/Name": "current"},
        """LiveAlias True ReplaceAndDelete (Name!)
           ApiInvoke True ReplaceAndDelete (FunctionName!) <LiveAlias""",
    ),
    "log group by its literal name": (
        FUNCTION,
        {"ProcessorLogs/LogGroupName": "/aws/lambda/payment-processor"},
        "",
    ),
    "logs removed": (FUNCTION, {"ProcessorLogs": GONE}, "ProcessorLogs Remove Delete STATEFUL_DELETION"),
    "logs for longer": (
        FUNCTION,
        {"ProcessorLogs/RetentionInDays": 731},
        "ProcessorLogs False (RetentionInDays)",
    ),
    "no name": (
        FUNCTION,
        {"ProcessorFn/FunctionName": GONE},
        """ProcessorFn True ReplaceAndDelete (FunctionName!)
           ProcessorVersion1 True ReplaceAndDelete (FunctionName!) <ProcessorFn
           LiveAlias True ReplaceAndDelete (FunctionName!,FunctionVersion) <ProcessorFn
           ApiInvoke True ReplaceAndDelete (FunctionName!) <LiveAlias
           ProcessorLogs True ReplaceAndDelete (LogGroupName!) STATEFUL_REPLACEMENT <ProcessorFn
           ErrorsAlarm False (Dimensions) <ProcessorFn""",
    ),
    "its role's path": (
        FUNCTION,
        {"ProcessorRole/Path": "/x/"},
        """ProcessorRole True ReplaceAndDelete (Path!)
           ProcessorFn False (Role) <ProcessorRole""",
    ),
    "more at a time": (
        FUNCTION,
        {"ProcessorFn/ReservedConcurrentExecutions": 100},
        "ProcessorFn False (ReservedConcurrentExecutions)",
    ),
    "other subnets": (
        FUNCTION,
        {"ProcessorFn/VpcConfig/SubnetIds/0": "subnet-1"},
        "ProcessorFn False (VpcConfig)",
    ),
    "traced": (
        FUNCTION,
        {"ProcessorFn/TracingConfig": {"Mode": "Active"}},
        "ProcessorFn False (TracingConfig)",
    ),
    "alarm at more": (FUNCTION, {"ErrorsAlarm/Threshold": 5}, "ErrorsAlarm False (Threshold)"),
    "alarm renamed": (
        FUNCTION,
        {"ErrorsAlarm/AlarmName": "x"},
        "ErrorsAlarm True ReplaceAndDelete (AlarmName!)",
    ),
    "alarm told to another": (
        FUNCTION,
        {"ErrorsAlarm/AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:day"]},
        "ErrorsAlarm False (AlarmActions)",
    ),
    "function removed": (
        FUNCTION,
        dict.fromkeys(
            ("ProcessorFn", "ProcessorVersion1", "LiveAlias", "ApiInvoke", "ProcessorLogs", "ErrorsAlarm"),
            GONE,
        ),
        """ProcessorFn Remove Delete
           ProcessorVersion1 Remove Retain
           LiveAlias Remove Delete
           ApiInvoke Remove Delete
           ProcessorLogs Remove Delete STATEFUL_DELETION
           ErrorsAlarm Remove Delete""",
    ),
}
APIS: dict[str, tuple[str, dict[str, Any], str]] = {
    "deployed anew": (
        API,
        {
            "ApiDeploymenta1b2c3": GONE,
            "ApiDeploymentd4e5f6": base(API)["Resources"]["ApiDeploymenta1b2c3"],
            "ApiStage/DeploymentId": {"Ref": "ApiDeploymentd4e5f6"},
        },
        """ApiDeploymenta1b2c3 Remove Delete
           ApiDeploymentd4e5f6 Add
           ApiStage False (DeploymentId) <ApiDeploymentd4e5f6""",
    ),
    "deployment described": (
        API,
        {"ApiDeploymenta1b2c3/Description": "x"},
        "ApiDeploymenta1b2c3 False (Description)",
    ),
    "parent": (
        API,
        {"ChargeResource/ParentId": "abc"},
        """ChargeResource True ReplaceAndDelete (ParentId!)
           ChargePost True ReplaceAndDelete (ResourceId!) <ChargeResource""",
    ),
    "integration": (API, {"ChargePost/Integration/TimeoutInMillis": 10000}, "ChargePost False (Integration)"),
    "method": (API, {"ChargePost/HttpMethod": "PUT"}, "ChargePost True ReplaceAndDelete (HttpMethod!)"),
    "another authorizer": (
        API,
        {"ChargePost/AuthorizationType": "COGNITO_USER_POOLS"},
        "ChargePost False (AuthorizationType)",
    ),
    "a cache in the clear": (
        API,
        {"ApiStage/MethodSettings/0/CacheDataEncrypted": False},
        "ApiStage False (MethodSettings)",
    ),
    "variables": (API, {"ApiStage/Variables": {"a": "b"}}, "ApiStage False (Variables)"),
    "a limit gone": (API, {"PartnerPlan/Throttle": GONE}, "PartnerPlan False (Throttle)"),
    "plan renamed": (API, {"PartnerPlan/UsagePlanName": "x"}, "PartnerPlan False (UsagePlanName)"),
    "key of another type": (
        API,
        {"PartnerPlanKey/KeyType": "X"},
        "PartnerPlanKey True ReplaceAndDelete (KeyType!)",
    ),
    "firewall for the edge": (
        API,
        {"ApiWaf/Scope": "CLOUDFRONT"},
        """ApiWaf True ReplaceAndDelete (Scope!)
           ApiWafAssociation True ReplaceAndDelete (WebACLArn!) <ApiWaf""",
    ),
    "the key and its plan removed": (
        API,
        {"PartnerKey": GONE, "PartnerPlanKey": GONE},
        "PartnerKey Remove Delete CREDENTIAL_CHANGE\nPartnerPlanKey Remove Delete",
    ),
    "another method for anyone": (
        API,
        {
            "Refund": {
                "Type": "AWS::ApiGateway::Method",
                "Properties": {
                    "RestApiId": {"Ref": "PaymentsApi"},
                    "ResourceId": {"Ref": "ChargeResource"},
                    "HttpMethod": "DELETE",
                    "AuthorizationType": "NONE",
                },
            }
        },
        "Refund Add PUBLIC_EXPOSURE",
    ),
    "another firewall": (
        API,
        {"ApiWafAssociation/WebACLArn": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/x/1"},
        "ApiWafAssociation True ReplaceAndDelete (WebACLArn!)",
    ),
    "the API by another logical id": (
        API,
        {"PaymentsApi/Description": "x"},
        "PaymentsApi False (Description)",
    ),
    "stage renamed": (
        API,
        {"ApiStage/StageName": "live"},
        """ApiStage True ReplaceAndDelete (StageName!)
           PartnerPlan False (ApiStages) <ApiStage
           ApiWafAssociation True ReplaceAndDelete (ResourceArn!) <ApiStage""",
    ),
}
OTHERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "topic renamed": (
        OPERATIONS,
        {"AlertsTopic/TopicName": "x"},
        """AlertsTopic True ReplaceAndDelete (TopicName!)
           OncallEmail True ReplaceAndDelete (TopicArn!) <AlertsTopic
           ErrorsAlarm False (AlarmActions) <AlertsTopic""",
    ),
    "topic with a key of AWS": (
        OPERATIONS,
        {"AlertsTopic/KmsMasterKeyId": "alias/aws/sns"},
        "AlertsTopic False (KmsMasterKeyId) ENCRYPTION_LOSS",
    ),
    "topic shown as": (OPERATIONS, {"AlertsTopic/DisplayName": "x"}, "AlertsTopic False (DisplayName)"),
    "ordered topic": (
        OPERATIONS,
        {"AlertsTopic/FifoTopic": True, "AlertsTopic/TopicName": "payments-alerts.fifo"},
        """AlertsTopic True ReplaceAndDelete (FifoTopic!,TopicName!)
           OncallEmail True ReplaceAndDelete (TopicArn!) <AlertsTopic
           ErrorsAlarm False (AlarmActions) <AlertsTopic""",
    ),
    "only some messages": (
        OPERATIONS,
        {"OncallEmail/FilterPolicy": {"a": ["b"]}},
        "OncallEmail False (FilterPolicy)",
    ),
    "by another way": (
        OPERATIONS,
        {"OncallEmail/Protocol": "sms", "OncallEmail/Endpoint": "+15550100"},
        "OncallEmail True ReplaceAndDelete (Endpoint!,Protocol!)",
    ),
    "dashboard": (
        OPERATIONS,
        {"PaymentsDashboard/DashboardBody": "{}"},
        "PaymentsDashboard False (DashboardBody)",
    ),
    "alarm renamed, its dashboard": (
        OPERATIONS,
        {"ErrorsAlarm/AlarmName": "x"},
        """ErrorsAlarm True ReplaceAndDelete (AlarmName!)
           PaymentsDashboard False (DashboardBody) <ErrorsAlarm""",
    ),
    "secret described": (OPERATIONS, {"DbSecret/Description": "x"}, "DbSecret False (Description)"),
    "secret under a key of AWS": (
        OPERATIONS,
        {"DbSecret/KmsKeyId": "alias/aws/secretsmanager"},
        "DbSecret False (KmsKeyId) ENCRYPTION_LOSS",
    ),
    "secret without a name": (
        OPERATIONS,
        {"DbSecret/Name": GONE},
        "DbSecret True ReplaceAndDelete (Name!) STATEFUL_REPLACEMENT CREDENTIAL_CHANGE",
    ),
    "secret removed": (OPERATIONS, {"DbSecret": GONE}, "DbSecret Remove Delete STATEFUL_DELETION"),
    "audit renamed": (
        OPERATIONS,
        {"AuditLogs/LogGroupName": "/x"},
        "AuditLogs True ReplaceAndDelete (LogGroupName!) STATEFUL_REPLACEMENT",
    ),
    "build image": (OPERATIONS, {"BuildProject/Environment/Image": "x"}, "BuildProject False (Environment)"),
    "build renamed": (
        OPERATIONS,
        {"BuildProject/Name": "x"},
        """BuildProject True ReplaceAndDelete (Name!)
           DeployPipeline False (Stages) <BuildProject""",
    ),
    "pipeline renamed": (
        OPERATIONS,
        {"DeployPipeline/Name": "x"},
        "DeployPipeline True ReplaceAndDelete (Name!)",
    ),
    "another step": (
        OPERATIONS,
        {f"{STAGES}/3/Actions/0/Configuration/ActionMode": "CREATE_UPDATE"},
        "DeployPipeline False (Stages)",
    ),
    "approval in another place": (
        OPERATIONS,
        {
            f"{STAGES}/3/Actions/0": base(OPERATIONS)["Resources"]["DeployPipeline"]["Properties"]["Stages"][
                2
            ]["Actions"][0],
            f"{STAGES}/2": GONE,
        },
        "DeployPipeline False (Stages)",
    ),
    "a topic becomes a queue": (
        OPERATIONS,
        {"AlertsTopic": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "a"}}},
        """AlertsTopic True ReplaceAndDelete (Type!) UPDATE_FAILS
           OncallEmail True ReplaceAndDelete (TopicArn!) <AlertsTopic
           ErrorsAlarm False (AlarmActions) <AlertsTopic""",
    ),
    "privileged builds": (
        OPERATIONS,
        {"BuildProject/Environment/PrivilegedMode": True},
        "BuildProject False (Environment) PROTECTION_LOSS",
    ),
    "tags and metadata at once": (
        OPERATIONS,
        {"AuditLogs/Tags": [{"Key": "a", "Value": "b"}], "AuditLogs.Metadata": {"a": 1}},
        "AuditLogs False (Metadata,Tags)",
    ),
    "dashboard removed": (OPERATIONS, {"PaymentsDashboard": GONE}, "PaymentsDashboard Remove Delete"),
    "everything but one removed": (
        OPERATIONS,
        dict.fromkeys(("OncallEmail", "ErrorsAlarm", "PaymentsDashboard", "AlertsTopic"), GONE),
        """OncallEmail Remove Delete
           ErrorsAlarm Remove Delete
           PaymentsDashboard Remove Delete
           AlertsTopic Remove Delete""",
    ),
}
ALL = {
    f"{family}: {name}": edit
    for family, edits in (("function", FUNCTIONS), ("API", APIS), ("operations", OTHERS))
    for name, edit in edits.items()
}


@pytest.mark.parametrize("name", ALL)
def test_edit(name: str) -> None:
    case, edits, wanted = ALL[name]
    old = base(case)

    assert expected(wanted) == verdicts(reviewed(old, edited(old, edits)))
