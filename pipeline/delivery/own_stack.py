"""Own stack: how the pipeline changes itself, by a reviewed change set like everything else."""

from __future__ import annotations

from awacs import (
    codebuild,
    codeconnections,
    codepipeline,
    codestar_connections,
    codestar_notifications,
    logs,
    sns,
)
from awacs.aws import Statement
from troposphere import AWSHelperFn, Sub, Template, iam

from pipeline.delivery import access, buildspecs, execution, names, permissions, projects
from pipeline.delivery.artifact_store_stack import Store
from pipeline.delivery.permissions import Service, here
from pipeline.delivery.projects import Duty, Platform
from pipeline.delivery.roles import Roles, list_roles
from pipeline.delivery.settings import ConnectionArn
from templates import grants

SERVICES = (
    Service(
        "Projects",
        codebuild,
        "BatchGetProjects CreateProject DeleteProject UpdateProject",
        here("codebuild", f"project/{names.PIPELINE_STACK}-*"),
    ),
    Service(
        "Pipeline",
        codepipeline,
        "CreatePipeline DeletePipeline DisableStageTransition EnableStageTransition "
        "GetPipeline GetPipelineState ListTagsForResource "
        "StartPipelineExecution TagResource UntagResource UpdatePipeline",
        here("codepipeline", names.PIPELINE, f"{names.PIPELINE}/*"),
    ),
    Service(
        "Notices",
        codestar_notifications,
        "CreateNotificationRule DeleteNotificationRule DescribeNotificationRule TagResource UntagResource "
        "UpdateNotificationRule",
        here("codestar-notifications", "notificationrule/*"),
    ),
    Service(
        "Logs",
        logs,
        "AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey "
        "GetDataProtectionPolicy ListTagsForResource PutLogGroupDeletionProtection PutRetentionPolicy "
        "TagResource UntagResource DeleteDataProtectionPolicy PutDataProtectionPolicy",
        here("logs", "log-group:/aws/codebuild/*", "log-group:/aws/codebuild/*:*"),
        "DescribeLogGroups DescribeIndexPolicies DescribeResourcePolicies DeleteIndexPolicy PutIndexPolicy "
        "PutResourcePolicy CreateLogDelivery",
    ),
    Service(
        "Topics",
        sns,
        "CreateTopic DeleteTopic GetDataProtectionPolicy GetTopicAttributes ListSubscriptionsByTopic "
        "ListTagsForResource PutDataProtectionPolicy SetTopicAttributes Subscribe TagResource UntagResource",
        here("sns", names.PIPELINE_STACK),
        permissions.SUBSCRIPTIONS,
    ),
)


def roles() -> Roles:
    """The roles of the pipeline, all of them under its boundary."""
    return Roles(
        prefix=f"{names.PIPELINE_STACK}-",
        boundary=names.policy_arn(f"{names.PIPELINE_STACK}-{names.BOUNDARY}"),
        passed_to=("codebuild", "codepipeline"),
        linked=("codestar-notifications",),
    )


def add_execution_role(
    template: Template, bounds: iam.ManagedPolicy, kept: Store, connection: ConnectionArn
) -> None:
    """Add the role that CloudFormation changes the pipeline's own stack under."""
    parts = {
        "Services": [*permissions.write("Pipeline", SERVICES), pass_connection(connection)],
        "Read": read(),
        "Roles": [*roles().write(), list_roles(), projects.read_published(kept), projects.decrypt(kept)],
    }
    name = f"{names.PIPELINE_STACK}-{names.EXECUTION}"
    execution.add(template, "PipelineExecution", name, bounds, parts=parts)


def read() -> list[Statement]:
    """Read every resource of the pipeline's own stack, to change it and to detect its drift."""
    return [*permissions.read("Pipeline", SERVICES), roles().read()]


def pass_connection(connection: ConnectionArn) -> Statement:
    """Pass the connection to the pipeline; the service had another name, which older ones still go by."""
    passing = [codeconnections.PassConnection, codestar_connections.PassConnection]
    return grants.allow("PassConnection", passing, connection)


def duties(platform: Platform, plan_minutes: int, execute_minutes: int) -> list[Duty]:
    """The builds that plan and execute a change of the pipeline's own stack."""
    role = f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{names.PIPELINE_STACK}-{names.EXECUTION}"
    told: dict[str, AWSHelperFn | str] = {"STACK": names.PIPELINE_STACK, "EXECUTION_ROLE": Sub(role)}
    return [
        Duty(
            title="PipelinePlan",
            name=f"{names.PIPELINE_STACK}-plan",
            purpose="Plan what a commit changes in the pipeline itself",
            buildspec=buildspecs.plan("pipeline"),
            minutes=plan_minutes,
            may=[
                *projects.change_own_stack(),
                access.detect_drift(projects.OWN_STACK),
                *read(),
                projects.read_published(platform.store),
                projects.write_reviews(platform.store),
            ],
            environment=told,
        ),
        Duty(
            title="PipelineExecute",
            name=f"{names.PIPELINE_STACK}-execute",
            purpose="Change the pipeline itself, while no other run is under way",
            buildspec=buildspecs.execute("PipelinePlan", f"--alone {names.PIPELINE}"),
            minutes=execute_minutes,
            may=[
                *projects.change_own_stack(),
                access.execute_change_sets(projects.OWN_STACK),
                projects.read_published(platform.store),
                projects.watch_pipeline(),
            ],
            environment=told,
        ),
    ]
