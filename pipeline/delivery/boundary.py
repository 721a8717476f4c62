"""Boundary: the most that the pipeline's roles could ever be given, whatever is attached to them."""

from __future__ import annotations

from collections.abc import Sequence

from awacs import iam as actions
from awacs.aws import Action, Condition, Deny, Statement, StringNotEquals
from troposphere import AWSHelperFn, Region, Sub, iam

from pipeline.delivery import access, names, permissions
from templates import grants

# What the roles of an environment have to do with besides what its stack is made of.
BESIDE_THE_STACK = ("iam", "sts")
# What the pipeline and its builds have to do with, and what the pipeline's own stack is made of.
OF_PIPELINE = (
    "cloudformation",
    "codebuild",
    "codeconnections",
    "codepipeline",
    "codestar-connections",
    "codestar-notifications",
    "iam",
    "kms",
    "logs",
    "s3",
    "sns",
    "sts",
)
# IAM and STS answer from one region for all.
GLOBAL = ("iam", "sts")
WHOLE_SERVICES = {
    "id": "CKV_AWS_109",
    "comment": "A boundary grants nothing: it is the most that the policies beside it can come to",
}
REASONS = [
    WHOLE_SERVICES,
    {**WHOLE_SERVICES, "id": "CKV_AWS_107"},
    {**WHOLE_SERVICES, "id": "CKV_AWS_108"},
    {**WHOLE_SERVICES, "id": "CKV_AWS_110"},
    {**WHOLE_SERVICES, "id": "CKV_AWS_111"},
]


def of_environment() -> iam.ManagedPolicy:
    """What bounds the roles of an environment."""
    groups = (permissions.NETWORK, permissions.DATA, permissions.SECRETS, permissions.CODE, permissions.EDGE)
    services = {each.module.prefix for group in groups for each in group}
    roles = [f"payments-{task}-{access.SUFFIX}" for task in (*names.TASKS, names.EXECUTION)]
    return policy(sorted({*services, *BESIDE_THE_STACK}), f"payments-{names.BOUNDARY}-{access.SUFFIX}", roles)


def of_pipeline() -> iam.ManagedPolicy:
    """What bounds the roles of the pipeline."""
    return policy(OF_PIPELINE, f"{names.PIPELINE_STACK}-{names.BOUNDARY}", [])


def policy(services: Sequence[str], name: str, kept: Sequence[str]) -> iam.ManagedPolicy:
    """A boundary around `services` in one region that no role under it can move; `kept` roles stay."""
    own = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{name}")
    return iam.ManagedPolicy(
        "Boundary",
        ManagedPolicyName=Sub(name) if "${" in name else name,
        Description="The most that the pipeline's roles could ever be given",
        PolicyDocument=grants.policy(
            within(services),
            refuse("RegionOnly", elsewhere(services), "*", where=other_region()),
            refuse(
                "BoundaryStays",
                [
                    actions.CreatePolicyVersion,
                    actions.DeletePolicy,
                    actions.DeletePolicyVersion,
                    actions.SetDefaultPolicyVersion,
                ],
                own,
            ),
            refuse(
                "NobodyLeavesIt",
                [actions.DeleteRolePermissionsBoundary, actions.DeleteUserPermissionsBoundary],
                "*",
            ),
            refuse(
                "NoPeople",
                [
                    actions.CreateAccessKey,
                    actions.CreateLoginProfile,
                    actions.CreateUser,
                    actions.CreateGroup,
                    actions.AddUserToGroup,
                    actions.AttachUserPolicy,
                    actions.PutUserPolicy,
                ],
                "*",
            ),
            *([stay(kept)] if kept else []),
        ),
        Metadata={"checkov": {"skip": REASONS}},
    )


def within(services: Sequence[str]) -> Statement:
    """Let the policies beside the boundary grant what they do of `services`."""
    return grants.allow("WithinTheseServices", [Action(each, "*") for each in services], "*")


def elsewhere(services: Sequence[str]) -> list[Action]:
    """All of the services that have regions."""
    return [Action(each, "*") for each in services if each not in GLOBAL]


def other_region() -> Condition:
    """In another region than the stack's."""
    return Condition(StringNotEquals("aws:RequestedRegion", Region))


def stay(roles: Sequence[str]) -> Statement:
    """Let nobody under the boundary change who the pipeline's roles are and what they may do."""
    arns = [Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{each}") for each in roles]
    return refuse(
        "RolesStay",
        [
            actions.AttachRolePolicy,
            actions.DeleteRole,
            actions.DetachRolePolicy,
            actions.PutRolePermissionsBoundary,
            actions.PutRolePolicy,
            actions.UpdateAssumeRolePolicy,
        ],
        *arns,
    )


def refuse(
    sid: str, refused: Sequence[Action], *resources: AWSHelperFn | str, where: Condition | None = None
) -> Statement:
    """Refuse whoever is under the boundary."""
    optional = {} if where is None else {"Condition": where}
    return Statement(Sid=sid, Effect=Deny, Action=list(refused), Resource=list(resources), **optional)
