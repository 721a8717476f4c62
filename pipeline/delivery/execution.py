"""Execution: the role that CloudFormation makes, changes and removes a stack under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awacs.aws import Condition, PolicyDocument, Statement, StringEquals
from troposphere import AccountId, AWSHelperFn, Ref, Template, iam

from pipeline.delivery import access, names, permissions
from pipeline.delivery.roles import Roles, list_roles
from pipeline.delivery.settings import ArtifactBucketArn
from templates import grants
from templates.wires import KeyArn


def roles_of_environment() -> Roles:
    """The roles of an environment's stack take their names from it, for they have none of their own."""
    return Roles(
        prefix=f"payments-{access.SUFFIX}-",
        boundary=names.policy_arn(f"payments-{names.STACK_BOUNDARY}-{access.SUFFIX}"),
        passed_to=(
            "apigateway",
            "backup",
            "codedeploy",
            "lambda",
            "monitoring.rds",
            "s3",
            "ssm",
            "vpc-flow-logs",
        ),
        linked=(
            "access-analyzer",
            "backup",
            "dynamodb.application-autoscaling",
            "ops.apigateway",
            "rds",
            "ssm",
            "wafv2",
        ),
        # They do what a service needs of a role; AWS's other policies may do anything.
        policies_of_aws="service-role",
    )


def of_environment(
    template: Template, bounds: iam.ManagedPolicy, bucket: ArtifactBucketArn, key: KeyArn
) -> iam.Role:
    """Add the role that an environment's stack is made under."""
    parts = {
        "Network": permissions.manage(permissions.NETWORK),
        "Data": permissions.manage(permissions.DATA),
        "Secrets": permissions.manage(permissions.SECRETS),
        "Code": [*permissions.manage(permissions.CODE), *access.read_releases(bucket, key)],
        "Edge": permissions.manage(permissions.EDGE),
        "Roles": [*roles_of_environment().manage(), list_roles()],
    }
    return add(template, "Execution", access.suffixed(f"payments-{names.EXECUTION}"), bounds, parts)


def add(
    template: Template,
    title: str,
    name: AWSHelperFn | str,
    bounds: iam.ManagedPolicy,
    parts: Mapping[str, Sequence[Statement]],
) -> iam.Role:
    """Add the role `name`, and first what it may do, in `parts`: one policy has no room for all of it.

    It is what CloudFormation is, as far as its stack goes; nobody else can be it.
    """
    policies = [
        template.add_resource(iam.ManagedPolicy(f"{title}{part}Policy", PolicyDocument=grants.policy(*may)))
        for part, may in parts.items()
    ]
    return template.add_resource(
        iam.Role(
            f"{title}Role",
            RoleName=name,
            # CloudFormation names no source; a role can be passed to it within its own account only.
            AssumeRolePolicyDocument=grants.trust("cloudformation"),
            ManagedPolicyArns=[Ref(each) for each in policies],
            PermissionsBoundary=Ref(bounds),
        )
    )


def drift_policies() -> list[iam.ManagedPolicy]:
    """What it takes to see whether the stack is as its templates say: all that tells, and no content."""
    parts = {
        "Data": (*permissions.DATA, *permissions.SECRETS),
        "Rest": (*permissions.NETWORK, *permissions.CODE, *permissions.EDGE),
    }
    return [
        iam.ManagedPolicy(
            f"Drift{title}Policy",
            PolicyDocument=grants.policy(
                *permissions.see(services),
                *([roles_of_environment().see()] if title == "Data" else []),
            ),
        )
        for title, services in parts.items()
    ]


def for_this_account(service: str) -> PolicyDocument:
    """Trust `service` in what it does for this account."""
    return grants.trust(service, Condition(StringEquals("aws:SourceAccount", AccountId)))
