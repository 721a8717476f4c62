"""Losses: each row of the table sees its loss, and nothing in the opposite edit."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.review.rules.weakening_table import LOSSES
from tests.pipeline.review.neighbours import Template, reviewed

EXAMPLES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("PROTECTION_LOSS", "AWS::RDS::DBCluster", {"DeletionProtection": True}, {}),
    ("PROTECTION_LOSS", "AWS::S3::Bucket", {"VersioningConfiguration": {"Status": "Enabled"}}, {}),
    (
        "PROTECTION_LOSS",
        "AWS::S3::Bucket",
        {"ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Days": 9, "Mode": "COMPLIANCE"}}}},
        {},
    ),
    (
        "PROTECTION_LOSS",
        "AWS::S3::Bucket",
        {"ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Days": 9}}}},
        {"ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Days": 8}}}},
    ),
    (
        "PROTECTION_LOSS",
        "AWS::S3::Bucket",
        {"ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Days": 9, "Mode": "COMPLIANCE"}}}},
        {"ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Days": 9, "Mode": "GOVERNANCE"}}}},
    ),
    (
        "PROTECTION_LOSS",
        "AWS::CodeDeploy::DeploymentGroup",
        {"AutoRollbackConfiguration": {"Enabled": True}},
        {"AutoRollbackConfiguration": {"Enabled": False}},
    ),
    (
        "PROTECTION_LOSS",
        "AWS::CodeDeploy::DeploymentGroup",
        {"AlarmConfiguration": {"Alarms": [{"Name": "x"}, {"Name": "y"}]}},
        {"AlarmConfiguration": {"Alarms": [{"Name": "x"}]}},
    ),
    (
        "PROTECTION_LOSS",
        "AWS::CodeDeploy::DeploymentGroup",
        {"DeploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes"},
        {"DeploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce"},
    ),
    ("PROTECTION_LOSS", "AWS::KMS::Key", {"EnableKeyRotation": True}, {"EnableKeyRotation": False}),
    ("PROTECTION_LOSS", "AWS::KMS::Key", {"PendingWindowInDays": 30}, {"PendingWindowInDays": 7}),
    ("PROTECTION_LOSS", "AWS::KMS::Key", {}, {"Enabled": False}),
    ("PROTECTION_LOSS", "AWS::RDS::DBInstance", {"EnableIAMDatabaseAuthentication": True}, {}),
    ("PROTECTION_LOSS", "AWS::RDS::DBInstance", {"ManageMasterUserPassword": True}, {}),
    ("PROTECTION_LOSS", "AWS::SecretsManager::RotationSchedule", {"RotationLambdaARN": "a"}, {}),
    (
        "PROTECTION_LOSS",
        "AWS::WAFv2::WebACL",
        {"DefaultAction": {"Block": {}}},
        {"DefaultAction": {"Allow": {}}},
    ),
    ("PROTECTION_LOSS", "AWS::WAFv2::WebACL", {"Rules": [{"Name": "a"}]}, {"Rules": []}),
    (
        "PROTECTION_LOSS",
        "AWS::WAFv2::WebACL",
        {"Rules": [{"Name": "a", "Action": {"Block": {}}}]},
        {"Rules": [{"Name": "a", "Action": {"Count": {}}}]},
    ),
    ("PROTECTION_LOSS", "AWS::ApiGateway::Method", {"RequestValidatorId": "a"}, {}),
    ("PROTECTION_LOSS", "AWS::Lambda::Function", {"CodeSigningConfigArn": "a"}, {}),
    (
        "PROTECTION_LOSS",
        "AWS::ECR::Repository",
        {"ImageTagMutability": "IMMUTABLE"},
        {"ImageTagMutability": "MUTABLE"},
    ),
    ("BACKUP_LOSS", "AWS::RDS::DBCluster", {"BackupRetentionPeriod": 9}, {"BackupRetentionPeriod": 8}),
    ("BACKUP_LOSS", "AWS::RDS::DBCluster", {"BackupRetentionPeriod": 9}, {"BackupRetentionPeriod": 0}),
    ("BACKUP_LOSS", "AWS::RDS::DBInstance", {}, {"DeleteAutomatedBackups": True}),
    (
        "BACKUP_LOSS",
        "AWS::DynamoDB::Table",
        {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
        {},
    ),
    (
        "BACKUP_LOSS",
        "AWS::DynamoDB::Table",
        {"PointInTimeRecoverySpecification": {"RecoveryPeriodInDays": 9}},
        {"PointInTimeRecoverySpecification": {"RecoveryPeriodInDays": 8}},
    ),
    ("BACKUP_LOSS", "AWS::S3::Bucket", {"ReplicationConfiguration": {"Role": "a"}}, {}),
    (
        "BACKUP_LOSS",
        "AWS::EFS::FileSystem",
        {"BackupPolicy": {"Status": "ENABLED"}},
        {"BackupPolicy": {"Status": "DISABLED"}},
    ),
    (
        "BACKUP_LOSS",
        "AWS::ElastiCache::CacheCluster",
        {"SnapshotRetentionLimit": 9},
        {"SnapshotRetentionLimit": 8},
    ),
    (
        "BACKUP_LOSS",
        "AWS::Backup::BackupPlan",
        {"BackupPlan": {"BackupPlanRule": [{"Lifecycle": {"DeleteAfterDays": 9}}]}},
        {"BackupPlan": {"BackupPlanRule": [{"Lifecycle": {"DeleteAfterDays": 8}}]}},
    ),
    (
        "BACKUP_LOSS",
        "AWS::Backup::BackupPlan",
        {"BackupPlan": {"BackupPlanRule": [{"RuleName": "a"}, {"RuleName": "b"}]}},
        {"BackupPlan": {"BackupPlanRule": [{"RuleName": "a"}]}},
    ),
    ("DATA_EXPIRY", "AWS::Logs::LogGroup", {"RetentionInDays": 9}, {"RetentionInDays": 8}),
    ("DATA_EXPIRY", "AWS::Logs::LogGroup", {}, {"RetentionInDays": 8}),
    ("DATA_EXPIRY", "AWS::SQS::Queue", {"MessageRetentionPeriod": 9}, {"MessageRetentionPeriod": 8}),
    ("DATA_EXPIRY", "AWS::Kinesis::Stream", {"RetentionPeriodHours": 9}, {"RetentionPeriodHours": 8}),
    ("DATA_EXPIRY", "AWS::DynamoDB::Table", {}, {"TimeToLiveSpecification": {"Enabled": True}}),
    (
        "DATA_EXPIRY",
        "AWS::S3::Bucket",
        {"LifecycleConfiguration": {"Rules": [{"Id": "a"}]}},
        {"LifecycleConfiguration": {"Rules": [{"Id": "a", "ExpirationInDays": 1}]}},
    ),
    (
        "DATA_EXPIRY",
        "AWS::S3::Bucket",
        {"LifecycleConfiguration": {"Rules": [{"NoncurrentVersionExpiration": {"NoncurrentDays": 9}}]}},
        {"LifecycleConfiguration": {"Rules": [{"NoncurrentVersionExpiration": {"NoncurrentDays": 8}}]}},
    ),
    ("MONITORING_LOSS", "AWS::CloudWatch::Alarm", {"AlarmActions": ["a", "b"]}, {"AlarmActions": ["a"]}),
    ("MONITORING_LOSS", "AWS::CloudWatch::CompositeAlarm", {}, {"ActionsEnabled": False}),
    ("MONITORING_LOSS", "AWS::ApiGateway::Stage", {"AccessLogSetting": {"DestinationArn": "a"}}, {}),
    ("MONITORING_LOSS", "AWS::ApiGatewayV2::Stage", {"AccessLogSettings": {"DestinationArn": "a"}}, {}),
    (
        "MONITORING_LOSS",
        "AWS::ApiGateway::Stage",
        {"MethodSettings": [{"LoggingLevel": "INFO"}]},
        {"MethodSettings": [{"LoggingLevel": "OFF"}]},
    ),
    ("MONITORING_LOSS", "AWS::CloudTrail::Trail", {"IsLogging": True}, {"IsLogging": False}),
    ("MONITORING_LOSS", "AWS::Lambda::Function", {"TracingConfig": {"Mode": "Active"}}, {}),
    ("MONITORING_LOSS", "AWS::EC2::FlowLog", {"TrafficType": "ALL"}, {"TrafficType": "REJECT"}),
    ("MONITORING_LOSS", "AWS::RDS::DBInstance", {"MonitoringInterval": 60}, {"MonitoringInterval": 0}),
    ("MONITORING_LOSS", "AWS::RDS::DBInstance", {"EnableCloudwatchLogsExports": ["a"]}, {}),
    ("MONITORING_LOSS", "AWS::S3::Bucket", {"LoggingConfiguration": {"DestinationBucketName": "a"}}, {}),
    (
        "DISCLOSURE",
        "AWS::ApiGateway::Stage",
        {"MethodSettings": [{"DataTraceEnabled": False}]},
        {"MethodSettings": [{"DataTraceEnabled": True}]},
    ),
    ("AVAILABILITY_LOSS", "AWS::RDS::DBInstance", {"MultiAZ": True}, {"MultiAZ": False}),
    ("AVAILABILITY_LOSS", "AWS::Lambda::Function", {"DeadLetterConfig": {"TargetArn": "a"}}, {}),
    ("AVAILABILITY_LOSS", "AWS::Lambda::Function", {}, {"ReservedConcurrentExecutions": 0}),
    ("PROTECTION_LOSS", "AWS::Cognito::UserPool", {"MfaConfiguration": "ON"}, {"MfaConfiguration": "OFF"}),
    (
        "PROTECTION_LOSS",
        "AWS::CodeBuild::Project",
        {"Environment": {"Image": "x"}},
        {"Environment": {"Image": "x", "PrivilegedMode": True}},
    ),
    ("CREDENTIAL_CHANGE", "AWS::ApiGateway::ApiKey", {"Enabled": True}, {"Enabled": False}),
    ("AVAILABILITY_LOSS", "AWS::Events::Rule", {"State": "ENABLED"}, {"State": "DISABLED"}),
    ("AVAILABILITY_LOSS", "AWS::Lambda::EventSourceMapping", {}, {"Enabled": False}),
    (
        "PUBLIC_EXPOSURE",
        "AWS::ECS::Service",
        {"NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "DISABLED"}}},
        {"NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED"}}},
    ),
    ("PUBLIC_EXPOSURE", "AWS::RDS::DBInstance", {}, {"PubliclyAccessible": True}),
    (
        "PUBLIC_EXPOSURE",
        "AWS::S3::Bucket",
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        {},
    ),
    ("PUBLIC_EXPOSURE", "AWS::S3::Bucket", {}, {"AccessControl": "PublicRead"}),
    ("PUBLIC_EXPOSURE", "AWS::Lambda::Url", {"AuthType": "AWS_IAM"}, {"AuthType": "NONE"}),
    ("PUBLIC_EXPOSURE", "AWS::ApiGateway::Method", {"ApiKeyRequired": True}, {"ApiKeyRequired": False}),
    (
        "PUBLIC_EXPOSURE",
        "AWS::ApiGateway::RestApi",
        {"EndpointConfiguration": {"Types": ["PRIVATE"]}},
        {"EndpointConfiguration": {"Types": ["REGIONAL"]}},
    ),
    (
        "PUBLIC_EXPOSURE",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        {"Scheme": "internal"},
        {"Scheme": "internet-facing"},
    ),
    (
        "CREDENTIAL_CHANGE",
        "AWS::SecretsManager::Secret",
        {"GenerateSecretString": {"PasswordLength": 32}},
        {"GenerateSecretString": {"PasswordLength": 40}},
    ),
    ("CREDENTIAL_CHANGE", "AWS::RDS::DBInstance", {"MasterUserPassword": "a"}, {"MasterUserPassword": "b"}),
    ("CREDENTIAL_CHANGE", "AWS::IAM::AccessKey", {"Serial": 1}, {"Serial": 2}),
]


def resource(kind: str, properties: dict[str, Any]) -> Template:
    """A template with one resource."""
    return {"Resources": {"R": {"Type": kind, "Properties": {"Other": "x", **properties}}}}


def reasons(kind: str, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    """The class of each risk of an edit, with its reason."""
    review = reviewed(resource(kind, before), resource(kind, after))
    return [(risk.kind, risk.reason) for _, risk in review.risks()]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example[1]} {example[0]}")
def test_a_loss_is_seen_and_a_gain_is_none(example: tuple[str, str, dict[str, Any], dict[str, Any]]) -> None:
    risk, kind, strong, weak = example

    assert risk in [found for found, _ in reasons(kind, strong, weak)]
    if risk != "CREDENTIAL_CHANGE":
        assert risk not in [found for found, _ in reasons(kind, weak, strong)]


def test_every_row_has_an_example() -> None:
    seen = {
        reason.partition(": ")[2]
        for _, kind, strong, weak in EXAMPLES
        for _, reason in reasons(kind, strong, weak)
    }

    assert {row.reason for row in LOSSES} == seen & {row.reason for row in LOSSES}
