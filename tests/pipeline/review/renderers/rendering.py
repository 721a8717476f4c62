"""Reviews in the formats that people and machines read."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.review.model import Review
from pipeline.review.renderers import FORMATS, rendered
from pipeline.review.verdict import Policy, decide
from tests.pipeline.review.templates import Template

__all__ = ["FORMATS", "release", "rendering"]


def rendering(review: Review, kind: str, *, colour: bool = False) -> str:
    """Return a review in a format, with the verdict of a policy that sets nothing."""
    return rendered(review, decide(review, Policy()), kind, colour=colour)


def release() -> tuple[Template, Template]:
    """Return two templates, two functions' new code between them, and one of nearly all that a face shows."""
    return side("a", 90, {}), side("b", 30, {"DeletionProtection": False, "BackupRetentionPeriod": 1})


def side(version: str, days: int, database: Mapping[str, object]) -> Template:
    """Return one side: functions with versions and aliases, log groups of a parameter, and a database."""
    resources: Template = {}
    for name in ("First", "Second"):
        function, alarm = f"{name}Function", f"{name}CanaryAlarm"
        published = {"Fn::GetAtt": [f"{name}Version{version}", "Version"]}
        resources[f"{name}LogGroup"] = resource("AWS::Logs::LogGroup", RetentionInDays={"Ref": "LogDays"})
        resources[function] = resource("AWS::Lambda::Function", Code={"S3Bucket": "b", "S3Key": version})
        resources[f"{name}Version{version}"] = resource(
            "AWS::Lambda::Version", FunctionName={"Ref": function}
        )
        resources[f"{name}Alias"] = resource(
            "AWS::Lambda::Alias", FunctionName={"Ref": function}, FunctionVersion=published, Name="live"
        )
        resources[alarm] = resource(
            "AWS::CloudWatch::Alarm",
            AlarmName={"Fn::Sub": [f"canary {'of a long name ' * 9}-${{V}}", {"V": published}]},
        )
    resources["Database"] = resource(
        "AWS::RDS::DBInstance",
        **{
            "AllocatedStorage": {"Ref": "Storage"},
            "DBInstanceIdentifier": "payments",
            "DeletionProtection": True,
            "BackupRetentionPeriod": 14,
            **database,
        },
    )
    resources["Role"] = resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument={
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"},
                *([{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}] if days == 30 else []),
            ]
        },
    )
    parameters = {
        "LogDays": {"Type": "Number", "Default": days},
        "Storage": {"Type": "Number", "Default": days},
    }
    return {"Parameters": parameters, "Resources": resources}


def resource(resource_type: str, **properties: object) -> Template:
    """Return a resource as a template has it."""
    return {"Type": resource_type, "Properties": properties}
