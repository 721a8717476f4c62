"""Boundary: the most that the pipeline's roles could ever be given, whatever is attached to them."""

from __future__ import annotations

from collections.abc import Sequence

from awacs import iam as actions
from awacs import servicequotas, sts
from awacs.aws import Action, Condition, Deny, Statement, StringEquals
from troposphere import AWSHelperFn, Region, Sub, iam

from pipeline.delivery import access, execution, names, own_stack, permissions
from templates import grants

# What the pipeline and its builds have to do with, and what the pipeline's own stack is made of.
OF_PIPELINE = (
    "cloudformation",
    "codebuild",
    "codeconnections",
    "codepipeline",
    "codestar-connections",
    "codestar-notifications",
    "kms",
    "logs",
    "s3",
    "sns",
)


def of_environment() -> iam.ManagedPolicy:
    """What bounds the roles of an environment."""
    groups = (permissions.NETWORK, permissions.DATA, permissions.SECRETS, permissions.CODE, permissions.EDGE)
    # Of Service Quotas, preflight reads how much is left.
    services = {each.module.prefix for group in groups for each in group} | {servicequotas.prefix}
    may = [
        *execution.roles_of_environment().limit(),
        pass_to_cloudformation(f"payments-{names.EXECUTION}-{access.SUFFIX}"),
    ]
    # The pipeline's roles and boundaries end in the environment's name, and the stack's own do not; what
    # the target's other policies are called begins with the name of its stack.
    of_pipeline = f"payments-*-{access.SUFFIX}"
    stays = everything_stays(
        [*arns("role", [of_pipeline]), *arns("policy", [of_pipeline, "${AWS::StackName}-*"])]
    )
    return policy(sorted(services), f"payments-{names.BOUNDARY}-{access.SUFFIX}", may, stays)


def of_pipeline() -> iam.ManagedPolicy:
    """What bounds the roles of the pipeline."""
    own = f"{names.PIPELINE_STACK}-{names.BOUNDARY}"
    may = [
        *own_stack.roles().limit(),
        pass_to_cloudformation(f"{names.PIPELINE_STACK}-{names.EXECUTION}"),
        # Which roles, its builds' own policies say; and those roles say which builds.
        grants.allow("BeTargetRoles", [sts.AssumeRole], Sub("arn:${AWS::Partition}:iam::*:role/payments-*")),
    ]
    return policy(OF_PIPELINE, own, may, everything_stays(arns("policy", [own])))


def policy(
    services: Sequence[str], name: str, may: Sequence[Statement], stays: Statement
) -> iam.ManagedPolicy:
    """A boundary around `services` in one region and what one `may` of IAM; what holds it up `stays`."""
    return iam.ManagedPolicy(
        "Boundary",
        ManagedPolicyName=Sub(name) if "${" in name else name,
        Description="The most that the pipeline's roles could ever be given",
        PolicyDocument=grants.policy(
            within(services),
            *may,
            stays,
        ),
    )


def within(services: Sequence[str]) -> Statement:
    """Let the policies beside the boundary grant what they do of `services` in this region."""
    allowed = grants.allow("WithinTheseServices", [Action(each, "*") for each in services], "*")
    allowed.Condition = Condition(StringEquals("aws:RequestedRegion", Region))
    return allowed


def pass_to_cloudformation(role: str) -> Statement:
    """Let CloudFormation work under the role `role`."""
    return grants.pass_role("cloudformation", *arns("role", [role]))


def everything_stays(held: Sequence[AWSHelperFn]) -> Statement:
    """Let nobody under the boundary change the roles and policies `held`, the boundary itself among them."""
    return Statement(
        Sid="PipelineStays",
        Effect=Deny,
        Action=[
            actions.AttachRolePolicy,
            actions.CreatePolicyVersion,
            actions.DeletePolicy,
            actions.DeletePolicyVersion,
            actions.DeleteRole,
            actions.DeleteRolePermissionsBoundary,
            actions.DeleteRolePolicy,
            actions.DetachRolePolicy,
            actions.PutRolePermissionsBoundary,
            actions.PutRolePolicy,
            actions.SetDefaultPolicyVersion,
            actions.UpdateAssumeRolePolicy,
        ],
        Resource=list(held),
    )


def arns(kind: str, of: Sequence[str]) -> list[AWSHelperFn]:
    """ARNs of a `kind` of IAM's: role, policy."""
    return [Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{kind}/{each}") for each in of]
