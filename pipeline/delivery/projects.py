"""Projects: the builds of the pipeline, each under a role of its own that does one thing in one account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from awacs import codepipeline, kms, s3
from awacs.aws import Statement
from troposphere import AWSHelperFn, Ref, Sub, Template, codebuild, iam, logs

from pipeline.delivery import access, buildspecs, execution, names
from pipeline.delivery.artifact_store_stack import Store
from pipeline.delivery.buildspecs import Buildspec
from pipeline.delivery.settings import ExternalId
from templates import grants
from templates.settings import LogRetentionDays

IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
# The longest wait for a machine; what waits longer is superseded soon.
QUEUED_MINUTES = 30
OWN_STACK = Sub(f"{access.STACKS}pipeline/*")


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What every project stands on."""

    store: Store
    bounds: iam.ManagedPolicy
    external_id: ExternalId
    log_retention_days: LogRetentionDays


@dataclass(frozen=True, kw_only=True)
class Duty:
    """What one project is for."""

    title: str
    """Begins the logical ids of all that belongs to the project: `DevPlan`."""
    name: str
    purpose: str
    buildspec: Buildspec
    minutes: int
    may: Sequence[Statement]
    environment: Mapping[str, AWSHelperFn | str]
    compute: str = "BUILD_GENERAL1_SMALL"


def add(template: Template, platform: Platform, duty: Duty) -> codebuild.Project:
    """Add the project that does `duty`, and first what it writes to and runs under."""
    group = template.add_resource(log_group(platform, duty))
    policy = template.add_resource(
        iam.ManagedPolicy(
            f"{duty.title}Policy",
            PolicyDocument=grants.policy(
                grants.write_logs(group.get_att("Arn")), *read_and_write_artifacts(platform.store), *duty.may
            ),
        )
    )
    role = template.add_resource(
        iam.Role(
            f"{duty.title}Role",
            # Other accounts know it by its name.
            RoleName=duty.name,
            AssumeRolePolicyDocument=execution.for_this_account("codebuild"),
            ManagedPolicyArns=[Ref(policy)],
            PermissionsBoundary=Ref(platform.bounds),
        )
    )
    return template.add_resource(project(platform, duty, group, role))


def log_group(platform: Platform, duty: Duty) -> logs.LogGroup:
    """The log of the project."""
    return logs.LogGroup(
        f"{duty.title}LogGroup",
        LogGroupName=f"/aws/codebuild/{duty.name}",
        RetentionInDays=platform.log_retention_days,
        KmsKeyId=platform.store.key,
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )


def read_and_write_artifacts(store: Store) -> list[Statement]:
    """Read and write CodePipeline's artifacts."""
    own = grants.within(store.bucket_arn, f"/{names.PIPELINE}/*")
    return [
        grants.allow("ReadAndWriteArtifacts", [s3.GetObject, s3.GetObjectVersion, s3.PutObject], own),
        use_key(store),
    ]


def use_key(store: Store) -> Statement:
    """Read and write in the bucket under its key."""
    return grants.through(
        ["s3"], grants.allow("UseArtifactKey", [kms.Decrypt, kms.GenerateDataKey], store.key)
    )


def publish(store: Store) -> list[Statement]:
    """Put releases into the bucket, and see what it has."""
    bucket = store.bucket_arn
    objects = [grants.within(bucket, f"/{prefix}/*") for prefix in names.RELEASES]
    return [
        grants.reach_bucket(bucket),
        grants.allow("PublishReleases", [s3.GetObject, s3.PutObject], *objects),
    ]


def read_published(store: Store) -> Statement:
    """Read templates that were published."""
    return grants.allow("ReadTemplates", [s3.GetObject], grants.within(store.bucket_arn, "/templates/*"))


def decrypt(store: Store) -> Statement:
    """Decrypt what is read in the bucket."""
    return grants.through(["s3"], grants.allow("DecryptTemplates", [kms.Decrypt], store.key))


def write_reviews(store: Store) -> Statement:
    """Write reviews, for whoever approves."""
    return grants.allow(
        "WriteReviews", [s3.PutObject], grants.within(store.bucket_arn, f"/{names.REVIEWS}/*")
    )


def watch_pipeline() -> Statement:
    """Read whether another run is under way."""
    own = Sub(f"arn:${{AWS::Partition}}:codepipeline:${{AWS::Region}}:${{AWS::AccountId}}:{names.PIPELINE}")
    return grants.allow("WatchPipeline", [codepipeline.GetPipelineState], own)


def change_own_stack() -> list[Statement]:
    """Plan changes of the pipeline's own stack, under its execution role."""
    role = Sub(
        f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{names.PIPELINE_STACK}-{names.EXECUTION}"
    )
    return [*access.manage_change_sets(OWN_STACK), grants.pass_role("cloudformation", role)]


def project(platform: Platform, duty: Duty, group: logs.LogGroup, role: iam.Role) -> codebuild.Project:
    """The project itself."""
    given = {"ARTIFACT_BUCKET": platform.store.bucket, **duty.environment}
    return codebuild.Project(
        f"{duty.title}Project",
        Name=duty.name,
        Description=duty.purpose,
        ServiceRole=role.get_att("Arn"),
        EncryptionKey=platform.store.key,
        TimeoutInMinutes=duty.minutes,
        QueuedTimeoutInMinutes=QUEUED_MINUTES,
        Artifacts=codebuild.Artifacts(Type="CODEPIPELINE"),
        Source=codebuild.Source(Type="CODEPIPELINE", BuildSpec=buildspecs.text(duty.buildspec)),
        Environment=codebuild.Environment(
            Type="LINUX_CONTAINER",
            ComputeType=duty.compute,
            Image=IMAGE,
            PrivilegedMode=False,
            EnvironmentVariables=[
                codebuild.EnvironmentVariable(Name=name, Value=value) for name, value in given.items()
            ],
        ),
        LogsConfig=codebuild.LogsConfig(
            CloudWatchLogs=codebuild.CloudWatchLogs(Status="ENABLED", GroupName=Ref(group))
        ),
        # A retry of CodeBuild's own would be a second run of a step that the pipeline counts once.
        AutoRetryLimit=0,
    )
