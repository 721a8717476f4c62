"""Access: what the roles of a target account may do, and which builds assume them."""

from __future__ import annotations

from awacs import apigateway, cloudformation, kms, s3, sts
from awacs.aws import (
    Allow,
    ArnLike,
    Condition,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
)
from troposphere import Region, Sub
from troposphere import iam as resources

from pipeline.delivery import names
from pipeline.delivery.settings import ArtifactBucketArn, ExternalId, ToolingAccount
from templates import grants
from templates.wires import KeyArn

SESSION_SECONDS = 3600
# The environment's own stacks: the root, and those nested in it.
STACKS = "arn:*:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/payments-"
SUFFIX = "${EnvironmentSuffix}"
CHANGE_SETS = "arn:*:cloudformation:${AWS::Region}:${AWS::AccountId}:changeSet/*"

READ = [
    cloudformation.DescribeChangeSet,
    cloudformation.DescribeEvents,
    cloudformation.DescribeStackEvents,
    cloudformation.DescribeStackResourceDrifts,
    cloudformation.DescribeStackResources,
    cloudformation.DescribeStacks,
    cloudformation.GetTemplate,
    cloudformation.ListChangeSets,
    cloudformation.ListStackResources,
]


def suffixed(name: str) -> Sub:
    """Return `name` in this environment."""
    return Sub(f"{name}-{SUFFIX}")


def policy(title: str, *may: Statement) -> resources.ManagedPolicy:
    """A managed policy of the target account."""
    return resources.ManagedPolicy(f"{title}Policy", PolicyDocument=grants.policy(*may))


def trust_project(task: str, account: ToolingAccount, external_id: ExternalId) -> PolicyDocument:
    """Trust one project of the tooling account, if it knows the external id.

    The account is named and the role is a condition: a role that is not there yet could not be named.
    """
    project = names.inline(
        f"arn:${{AWS::Partition}}:iam::${{Account}}:role/{names.PIPELINE_STACK}-{task}-{SUFFIX}",
        Account=account,
    )
    return grants.policy(
        Statement(
            Sid="AssumedByProject",
            Effect=Allow,
            Principal=Principal(
                "AWS", names.inline("arn:${AWS::Partition}:iam::${Account}:root", Account=account)
            ),
            Action=[sts.AssumeRole],
            Condition=Condition(
                [StringEquals("sts:ExternalId", external_id), ArnLike("aws:PrincipalArn", project)]
            ),
        )
    )


def manage_change_sets(*stacks: Sub) -> list[Statement]:
    """Create, read and delete change sets of the stacks, but execute none."""
    return [
        grants.allow(
            "ManageChangeSets",
            [cloudformation.CreateChangeSet, cloudformation.DeleteChangeSet, *READ],
            *stacks,
        ),
        # Of nested stacks, whose names are generated; to create and to execute one goes by the stack's ARN.
        grants.allow(
            "ReadChangeSets",
            [cloudformation.DescribeChangeSet, cloudformation.DescribeEvents, cloudformation.GetTemplate],
            Sub(CHANGE_SETS),
        ),
        Statement(
            Sid="DescribeUnscoped",
            Effect=Allow,
            Action=[
                cloudformation.BatchDescribeTypeConfigurations,
                cloudformation.DescribeStackDriftDetectionStatus,
            ],
            Resource=["*"],
            Condition=Condition(StringEquals("aws:RequestedRegion", Region)),
        ),
    ]


def detect_drift(*stacks: Sub) -> Statement:
    """Have CloudFormation compare the stacks with their templates; it reads with the caller's rights."""
    return grants.allow(
        "DetectDrift",
        [cloudformation.DetectStackDrift, cloudformation.DetectStackResourceDrift],
        *stacks,
    )


def execute_change_sets(*stacks: Sub) -> Statement:
    """Execute change sets of the stacks, and continue a rollback that failed."""
    return grants.allow(
        "ExecuteChangeSets",
        [
            cloudformation.ContinueUpdateRollback,
            cloudformation.ExecuteChangeSet,
            cloudformation.SetStackPolicy,
        ],
        *stacks,
    )


def own_stacks() -> list[Sub]:
    """Return the ARNs of the environment's stacks: the root, and those nested in it."""
    return [Sub(f"{STACKS}{SUFFIX}/*"), Sub(f"{STACKS}{SUFFIX}-*/*")]


def pass_execution_role(executing: resources.Role) -> Statement:
    """Pass the execution role to CloudFormation."""
    return grants.pass_role("cloudformation", executing.get_att("Arn"))


def read_releases(bucket: ArtifactBucketArn, key: KeyArn) -> list[Statement]:
    """Read the templates and archives of releases, in the tooling account's bucket."""
    objects = [names.inline(f"${{Bucket}}/{prefix}/*", Bucket=bucket) for prefix in names.RELEASES]
    return [
        grants.allow("ReadReleases", [s3.GetObject, s3.GetObjectVersion], *objects),
        grants.through(["s3"], grants.allow("DecryptReleases", [kms.Decrypt], key)),
    ]


def call_the_api() -> list[Statement]:
    """Find the environment's API and its key, to call it as a client does."""
    # API Gateway generates the id of a key.
    keys = Sub("arn:*:apigateway:${AWS::Region}::/apikeys/*")
    return [
        grants.allow("FindApi", [cloudformation.DescribeStacks], Sub(f"{STACKS}{SUFFIX}/*")),
        grants.allow("ReadApiKey", [apigateway.GET], keys),
    ]


def assume(role: Sub, sid: str = "AssumeTargetRole") -> Statement:
    """Assume the role, in another account or in this one."""
    return grants.allow(sid, [sts.AssumeRole], role)
