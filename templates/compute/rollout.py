"""Rollout: how a new version of a function takes over its traffic, and what takes it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import AWSObject, Join, Ref, Sub, Template, awslambda, cloudwatch, codedeploy, iam
from troposphere.policies import CodeDeployLambdaAliasUpdate, UpdatePolicy

from templates import grants, names
from templates.compute.function import Made, Platform
from templates.settings import CanaryDeployment

# What a version does not freeze of a function's properties; of the code counts what is in it, not where.
UNVERSIONED = {"Code", "FunctionName", "RecursiveLoop", "ReservedConcurrentExecutions"}


@dataclass(frozen=True, kw_only=True)
class Canary:
    """What moves traffic to a new version, a part of it first."""

    application: codedeploy.Application
    role: iam.Role
    deployment: CanaryDeployment


def canary(template: Template, functions: Sequence[Made], deployment: CanaryDeployment) -> Canary:
    """Add what moves the traffic of `functions` in the way that `deployment` says."""
    arns = [each.resource.get_att("Arn") for each in functions]
    policy = template.add_resource(
        iam.ManagedPolicy(
            "RolloutPolicy",
            PolicyDocument=grants.policy(grants.shift_traffic(*arns), grants.watch_alarms()),
        )
    )
    application = template.add_resource(codedeploy.Application("Rollout", ComputePlatform="Lambda"))
    groups = Sub(
        "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup:${Rollout}/*"
    )
    role = template.add_resource(
        iam.Role(
            "RolloutRole",
            AssumeRolePolicyDocument=grants.trust("codedeploy", grants.on_behalf_of(groups)),
            ManagedPolicyArns=[Ref(policy)],
        )
    )
    return Canary(application=application, role=role, deployment=deployment)


def publish(
    template: Template,
    platform: Platform,
    function: Made,
    moved_by: Canary | None = None,
    after: Sequence[AWSObject] = (),
) -> awslambda.Alias:
    """Add a version of `function`, and the alias `live` that moves to it once `after` is done."""
    published = template.add_resource(version(platform, function))
    if moved_by is None:
        return template.add_resource(alias(function, published, after))
    alarm = template.add_resource(canary_alarm(function, published))
    group = template.add_resource(deployment_group(function, moved_by, alarm))
    moving = alias(function, published, after)
    moving.UpdatePolicy = UpdatePolicy(
        CodeDeployLambdaAliasUpdate=CodeDeployLambdaAliasUpdate(
            ApplicationName=Ref(moved_by.application), DeploymentGroupName=Ref(group)
        )
    )
    return template.add_resource(moving)


def version(platform: Platform, function: Made) -> awslambda.Version:
    """The function as it is now, frozen under a number.

    Lambda refuses to publish what it has published last. So the logical id changes with code and
    configuration, and with nothing else; and the description, a change of which replaces the version
    too, tells the values that may change while the templates stay as they are.
    """
    settings = [Sub("${Memory} MB", Memory=platform.memory_mb), *function.duty.security_group_ids]
    return awslambda.Version(
        f"{function.duty.title}Version{digest(platform, function)}",
        FunctionName=Ref(function.resource),
        Description=Join(", ", [*settings, *function.duty.settings]),
        # Kept to go back to; but not one whose own update failed, which the next attempt publishes again.
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def digest(platform: Platform, function: Made) -> str:
    """What tells apart the versions of a function: its configuration, its code and its libraries."""
    properties = function.resource.to_dict()["Properties"]
    frozen = {
        "properties": {name: value for name, value in properties.items() if name not in UNVERSIONED},
        "code": platform.code.functions[function.duty.module].digest,
        "libraries": platform.code.libraries.digest,
    }
    return hashlib.sha256(json.dumps(frozen, sort_keys=True).encode()).hexdigest()[:12]


def alias(function: Made, published: awslambda.Version, after: Sequence[AWSObject]) -> awslambda.Alias:
    """What callers know the function by: it points to the version that takes the traffic."""
    optional: dict[str, Any] = {"DependsOn": [each.title for each in after]} if after else {}
    return awslambda.Alias(
        f"{function.duty.title}Alias",
        Name=names.LIVE,
        FunctionName=Ref(function.resource),
        FunctionVersion=published.get_att("Version"),
        **optional,
    )


def canary_alarm(function: Made, published: awslambda.Version) -> cloudwatch.Alarm:
    """Raised when the new version fails while it takes its first traffic: the traffic goes back.

    An alarm for each version, told by its name: the one of a bad version, which is still raised,
    does not stand in the way of the version that mends it.
    """
    number = published.get_att("Version")
    called = Join(":", [Ref(function.resource), names.LIVE])
    return cloudwatch.Alarm(
        f"{function.duty.title}CanaryAlarm",
        AlarmName=Sub(f"{function.duty.name}-canary-${{EnvironmentSuffix}}-${{Number}}", Number=number),
        AlarmDescription=Sub(
            f"Version ${{Number}} of {function.duty.name} failed while it took over. CodeDeploy moves the "
            "traffic back by itself, and the stack rolls back; read the function's log for the cause.",
            Number=number,
        ),
        AlarmActions=[names.alerts_topic_arn()],
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[
            cloudwatch.MetricDimension(Name="FunctionName", Value=Ref(function.resource)),
            cloudwatch.MetricDimension(Name="Resource", Value=called),
            cloudwatch.MetricDimension(Name="ExecutedVersion", Value=number),
        ],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
        # Lambda reports by version only while the alias points to two of them.
        TreatMissingData="notBreaching",
    )


def deployment_group(function: Made, moved_by: Canary, alarm: cloudwatch.Alarm) -> codedeploy.DeploymentGroup:
    """How the function's traffic moves, and that it moves back when `alarm` is raised."""
    return codedeploy.DeploymentGroup(
        f"{function.duty.title}Rollout",
        ApplicationName=Ref(moved_by.application),
        ServiceRoleArn=moved_by.role.get_att("Arn"),
        DeploymentConfigName=moved_by.deployment,
        DeploymentStyle=codedeploy.DeploymentStyle(
            DeploymentType="BLUE_GREEN", DeploymentOption="WITH_TRAFFIC_CONTROL"
        ),
        AlarmConfiguration=codedeploy.AlarmConfiguration(
            Enabled=True, Alarms=[codedeploy.Alarm(Name=Ref(alarm))]
        ),
        AutoRollbackConfiguration=codedeploy.AutoRollbackConfiguration(
            Enabled=True,
            Events=["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
        ),
    )
