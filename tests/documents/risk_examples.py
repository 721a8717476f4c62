"""Examples of the classes of risk for docs/risks.md: the resources before and after an edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Resources = Mapping[str, Mapping[str, Any]]


def resource(kind: str, properties: Mapping[str, Any], **attributes: Any) -> Mapping[str, Any]:
    """Return a resource as a template declares it."""
    return {"Type": kind, "Properties": properties, **attributes}


def edit(
    name: str, kind: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[Resources, Resources]:
    """Return the sides of an edit of one resource's properties."""
    return {name: resource(kind, before)}, {name: resource(kind, after)}


QUEUE = {"Queue": resource("AWS::SQS::Queue", {})}
ROLE = {"Action": "s3:GetObject"}, {"Action": "s3:*"}
PIPELINE = [
    {
        "Stages": [
            {
                "Name": "Prod",
                "Actions": [{"Name": name, "ActionTypeId": {"Category": name}} for name in names],
            }
        ]
    }
    for names in (("Approval", "Deploy"), ("Deploy",))
]

EXAMPLES: dict[str, tuple[Resources, Resources]] = {
    "STATEFUL_REPLACEMENT": edit(
        "Database", "AWS::RDS::DBInstance", {"DBInstanceIdentifier": "one"}, {"DBInstanceIdentifier": "two"}
    ),
    "STATEFUL_DELETION": (
        {**QUEUE, "Table": resource("AWS::DynamoDB::Table", {"TableName": "payments"})},
        QUEUE,
    ),
    "IAM_WIDENING": edit(
        "ChargePolicy",
        "AWS::IAM::RolePolicy",
        *(
            {
                "RoleName": "charge",
                "PolicyDocument": {"Statement": {"Effect": "Allow", "Resource": "*", **action}},
            }
            for action in ROLE
        ),
    ),
    "SG_OPENING": edit(
        "DatabaseGroup",
        "AWS::EC2::SecurityGroup",
        *(
            {
                "SecurityGroupIngress": [
                    {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": block}
                ]
            }
            for block in ("10.0.0.0/16", "0.0.0.0/0")
        ),
    ),
    "ENCRYPTION_LOSS": edit(
        "Files", "AWS::EFS::FileSystem", {"KmsKeyId": "alias/files", "Encrypted": True}, {"Encrypted": True}
    ),
    "PUBLIC_EXPOSURE": edit(
        "Database", "AWS::RDS::DBInstance", {"PubliclyAccessible": False}, {"PubliclyAccessible": True}
    ),
    "DESTINATION_CHANGE": edit(
        "Charge",
        "AWS::Lambda::Function",
        {"Environment": {"Variables": {"PAYMENT_GATEWAY_URL": "https://api.stripe.com"}}},
        {"Environment": {"Variables": {"PAYMENT_GATEWAY_URL": "https://pay.example.net"}}},
    ),
    "DISCLOSURE": edit(
        "Stage",
        "AWS::ApiGateway::Stage",
        {"MethodSettings": [{"DataTraceEnabled": False}]},
        {"MethodSettings": [{"DataTraceEnabled": True}]},
    ),
    "NAME_COLLISION": edit(
        "Table",
        "AWS::DynamoDB::Table",
        *({"TableName": "payments", "KeySchema": [{"AttributeName": name}]} for name in ("id", "key")),
    ),
    "UPDATE_FAILS": edit(
        "Volume", "AWS::EC2::Volume", {"AvailabilityZone": "eu-west-1a"}, {"AvailabilityZone": "eu-west-1b"}
    ),
    "DELETE_FAILS": (
        {**QUEUE, "Table": resource("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": True})},
        QUEUE,
    ),
    "PROTECTION_LOSS": edit(
        "Database", "AWS::RDS::DBInstance", {"DeletionProtection": True}, {"DeletionProtection": False}
    ),
    "BACKUP_LOSS": edit(
        "Database", "AWS::RDS::DBInstance", {"BackupRetentionPeriod": 30}, {"BackupRetentionPeriod": 7}
    ),
    "DATA_EXPIRY": edit("Log", "AWS::Logs::LogGroup", {"RetentionInDays": 400}, {"RetentionInDays": 30}),
    "MONITORING_LOSS": (
        {**QUEUE, "Alarm": resource("AWS::CloudWatch::Alarm", {"MetricName": "Errors"})},
        QUEUE,
    ),
    "AVAILABILITY_LOSS": edit("Database", "AWS::RDS::DBInstance", {"MultiAZ": True}, {"MultiAZ": False}),
    "APPROVAL_REMOVED": edit("Pipeline", "AWS::CodePipeline::Pipeline", *PIPELINE),
    "CREDENTIAL_CHANGE": edit(
        "Secret",
        "AWS::SecretsManager::Secret",
        {"GenerateSecretString": {"PasswordLength": 32}},
        {"GenerateSecretString": {"PasswordLength": 40}},
    ),
    "INTERRUPTION": edit(
        "Database",
        "AWS::RDS::DBInstance",
        {"PreferredMaintenanceWindow": "mon:01:00-mon:02:00"},
        {"PreferredMaintenanceWindow": "tue:01:00-tue:02:00"},
    ),
    "ORPHAN": (
        {
            **QUEUE,
            "Table": resource("AWS::DynamoDB::Table", {"TableName": "payments"}, DeletionPolicy="Retain"),
        },
        QUEUE,
    ),
    "UNJUDGED": edit(
        "Data",
        "AWS::CloudFormation::Stack",
        {"TemplateURL": "https://example.com/data-1.json"},
        {"TemplateURL": "https://example.com/data-2.json"},
    ),
}
