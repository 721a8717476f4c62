"""Boundary: the most that the pipeline's roles could ever be given, whatever is attached to them."""

from __future__ import annotations

from collections.abc import Sequence

from awacs import access_analyzer, servicequotas, sts
from awacs import iam as actions
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
    """Return the boundary of the pipeline's roles in an environment's account."""
    groups = (permissions.NETWORK, permissions.DATA, permissions.SECRETS, permissions.CODE, permissions.EDGE)
    # Of Service Quotas and Access Analyzer, preflight reads what the account has.
    services = {service.module.prefix for group in groups for service in group} | {
        servicequotas.prefix,
        access_analyzer.prefix,
    }
    allowed = [
        *execution.roles_of_environment().limit(),
        pass_to_cloudformation(f"payments-{names.EXECUTION}-{access.SUFFIX}"),
    ]
    # The pipeline's roles and boundaries end in the environment's name, and the stack's own do not; what
    # the target's other policies are called begins with the name of its stack.
    of_pipeline = f"payments-*-{access.SUFFIX}"
    denied = deny_changes(
        [*arns("role", [of_pipeline]), *arns("policy", [of_pipeline, "${AWS::StackName}-*"])]
    )
    return policy(sorted(services), f"payments-{names.BOUNDARY}-{access.SUFFIX}", allowed, denied)


def of_pipeline() -> iam.ManagedPolicy:
    """Return the boundary of the roles in the tooling account."""
    own = f"{names.PIPELINE_STACK}-{names.BOUNDARY}"
    allowed = [
        *own_stack.roles().limit(),
        pass_to_cloudformation(f"{names.PIPELINE_STACK}-{names.EXECUTION}"),
        # Which roles, its builds' own policies say; and those roles say which builds.
        grants.allow("AssumeTargetRoles", [sts.AssumeRole], "arn:*:iam::*:role/payments-*"),
    ]
    return policy(OF_PIPELINE, own, allowed, deny_changes(arns("policy", [own])))


def policy(
    services: Sequence[str], name: str, allowed: Sequence[Statement], denied: Statement
) -> iam.ManagedPolicy:
    """A boundary of `services` in one region, of what is `allowed` of IAM, and of what is `denied`."""
    return iam.ManagedPolicy(
        "Boundary",
        ManagedPolicyName=Sub(name) if "${" in name else name,
        Description="The most that the pipeline's roles could ever be given",
        PolicyDocument=grants.policy(
            within(services),
            *allowed,
            denied,
        ),
    )


def within(services: Sequence[str]) -> Statement:
    """Allow whatever policies grant of `services` in this region."""
    statement = grants.allow("UseTheseServices", [Action(service, "*") for service in services], "*")
    statement.Condition = Condition(StringEquals("aws:RequestedRegion", Region))
    return statement


def pass_to_cloudformation(role: str) -> Statement:
    """Pass the role `role` to CloudFormation."""
    return grants.pass_role("cloudformation", *arns("role", [role]))


def deny_changes(protected: Sequence[AWSHelperFn]) -> Statement:
    """Deny changes of the roles and policies `protected`, the boundary itself among them."""
    return Statement(
        Sid="DenyChangesToPipelineRoles",
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
        Resource=list(protected),
    )


def arns(kind: str, of: Sequence[str]) -> list[AWSHelperFn]:
    """Return ARNs of a `kind` of IAM's: role, policy."""
    return [Sub(f"arn:*:iam::${{AWS::AccountId}}:{kind}/{name}") for name in of]
