"""Function: how a Lambda function is made, with a role and a log group that are its alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awacs.aws import Statement
from troposphere import Ref, Sub, Template, awslambda, iam, logs, sqs

from templates import grants, names
from templates.artifacts import Archive, Code
from templates.settings import EnvironmentSuffix, FunctionMemoryMb, LogRetentionDays
from templates.wires import BucketName, KeyArn, SecurityGroupId, SubnetIds

RUNTIME = "python3.13"
ARCHITECTURE = "arm64"

# API Gateway gives up at 29 s; a function that ends before it can still say what happened.
TIMEOUT_SECONDS = 28

# The reason that checkov is given where a function has no queue for what it could not be handed.
NEVER_ASYNCHRONOUS = "Invoked synchronously, or by a mapping that keeps what failed: nothing gets lost"


class LoggingConfig(awslambda.LoggingConfig):
    """How a function logs; troposphere 4.11 knows only the properties of its namesakes."""

    props = awslambda.LoggingConfig.props | {"LogFormat": (str, True)}


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What every function stands on."""

    code: Code
    libraries: awslambda.LayerVersion
    shared_policy: iam.ManagedPolicy
    artifact_bucket: BucketName
    environment_suffix: EnvironmentSuffix
    memory_mb: FunctionMemoryMb
    log_retention_days: LogRetentionDays
    subnet_ids: SubnetIds
    data_key_arn: KeyArn
    logs_key_arn: KeyArn


@dataclass(frozen=True, kw_only=True)
class Duty:
    """What one function is for: the code it runs, what it is told, and what it may do."""

    title: str
    """Begins the logical ids of all that belongs to the function: `Validator`."""
    name: str
    module: str
    purpose: str
    environment: Mapping[str, grants.Target]
    may: Sequence[Statement]
    security_group_ids: Sequence[SecurityGroupId]
    concurrency: grants.Target | int
    timeout_seconds: int = TIMEOUT_SECONDS
    invokes_itself: bool = False
    """Whether it sends messages, with a delay, to the queue that it is invoked from."""
    undelivered: sqs.Queue | None = None
    """Where events go that the function could not be handed; for functions invoked asynchronously."""
    settings: Sequence[grants.Target] = ()
    """What is in `environment` and may change while the templates do not: see `rollout.version`."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A function, and the duty that it does."""

    duty: Duty
    resource: awslambda.Function


def add(template: Template, platform: Platform, duty: Duty) -> Made:
    """Add the function that does `duty`, and first what it writes to and runs under."""
    group = template.add_resource(log_group(platform, duty))
    own_policy = template.add_resource(policy(duty, group))
    own_role = template.add_resource(role(platform, duty, own_policy))
    return Made(duty=duty, resource=template.add_resource(function(platform, duty, group, own_role)))


def log_group(platform: Platform, duty: Duty) -> logs.LogGroup:
    """The log of the function, under the name that Lambda would choose."""
    return logs.LogGroup(
        f"{duty.title}LogGroup",
        LogGroupName=names.named(f"/aws/lambda/{duty.name}"),
        RetentionInDays=platform.log_retention_days,
        KmsKeyId=platform.logs_key_arn,
        # What happened to payments outlives the stack; an attempt to create it that failed has no history.
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def policy(duty: Duty, group: logs.LogGroup) -> iam.ManagedPolicy:
    """What the function may do, and no other."""
    return iam.ManagedPolicy(
        f"{duty.title}Policy",
        PolicyDocument=grants.policy(grants.write_logs(group.get_att("Arn")), *duty.may),
    )


def role(platform: Platform, duty: Duty, own_policy: iam.ManagedPolicy) -> iam.Role:
    """The role of the function."""
    return iam.Role(
        f"{duty.title}Role",
        AssumeRolePolicyDocument=grants.trust("lambda"),
        # Attached from here: the role has its permissions before a function, which refers to it, is made.
        ManagedPolicyArns=[Ref(platform.shared_policy), Ref(own_policy)],
    )


def function(platform: Platform, duty: Duty, group: logs.LogGroup, own_role: iam.Role) -> awslambda.Function:
    """The function itself, as its latest and unpublished version."""
    archive = platform.code.functions[duty.module]
    optional: dict[str, Any] = {}
    if duty.undelivered is None:
        reason = {"id": "CKV_AWS_116", "comment": NEVER_ASYNCHRONOUS}
        optional["Metadata"] = {"checkov": {"skip": [reason]}}
    else:
        target = duty.undelivered.get_att("Arn")
        optional["DeadLetterConfig"] = awslambda.DeadLetterConfig(TargetArn=target)
    if duty.invokes_itself:
        # Lambda takes 16 rounds of this for a loop that ran away, and stops them.
        optional["RecursiveLoop"] = "Allow"
    return awslambda.Function(
        f"{duty.title}Function",
        FunctionName=names.named(duty.name),
        Description=duty.purpose,
        Runtime=RUNTIME,
        Architectures=[ARCHITECTURE],
        Handler=f"handlers.{duty.module}.handler",
        Code=awslambda.Code(S3Bucket=platform.artifact_bucket, S3Key=archive.key),
        Layers=[Ref(platform.libraries)],
        Role=own_role.get_att("Arn"),
        MemorySize=platform.memory_mb,
        Timeout=duty.timeout_seconds,
        ReservedConcurrentExecutions=duty.concurrency,
        VpcConfig=awslambda.VPCConfig(
            SubnetIds=platform.subnet_ids, SecurityGroupIds=list(duty.security_group_ids)
        ),
        KmsKeyArn=platform.data_key_arn,
        Environment=awslambda.Environment(Variables={**common(platform, duty), **duty.environment}),
        TracingConfig=awslambda.TracingConfig(Mode="Active"),
        LoggingConfig=LoggingConfig(LogFormat="JSON", LogGroup=Ref(group)),
        **optional,
    )


def common(platform: Platform, duty: Duty) -> dict[str, grants.Target]:
    """What every function is told."""
    return {
        "ENVIRONMENT_SUFFIX": platform.environment_suffix,
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_NAMESPACE": names.METRICS,
        "POWERTOOLS_SERVICE_NAME": names.named(duty.name),
    }


def libraries(bucket: BucketName, archive: Archive) -> awslambda.LayerVersion:
    """What the functions import besides the runtime's own.

    Not retained: Lambda keeps a copy for as long as a version of a function refers to it.
    """
    return awslambda.LayerVersion(
        "LibrariesLayer",
        Description="Libraries of the payment functions",
        CompatibleArchitectures=[ARCHITECTURE],
        CompatibleRuntimes=[RUNTIME],
        Content=awslambda.Content(S3Bucket=bucket, S3Key=archive.key),
    )


def shared_policy(*function_names: str) -> iam.ManagedPolicy:
    """What Lambda needs of every role to run the functions in the VPC and to trace them."""
    return iam.ManagedPolicy(
        "SharedPolicy",
        PolicyDocument=grants.policy(
            grants.attach_to_network(),
            grants.describe_network(),
            grants.no_network_changes_by(*[arn(name) for name in function_names]),
            grants.send_traces(),
        ),
    )


def arn(name: str) -> Sub:
    """ARN of the function that plays `name`, for policies, which come before the functions."""
    return Sub(
        f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{name}"
        "-${EnvironmentSuffix}"
    )
