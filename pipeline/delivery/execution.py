"""Execution: the role that CloudFormation changes a stack under, and what it takes to read the stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awacs import kms
from awacs.aws import Condition, PolicyDocument, Statement, StringEquals
from troposphere import AccountId, AWSHelperFn, Ref, Sub, Template, iam

from pipeline.delivery import access, names, permissions
from pipeline.delivery.roles import Roles, list_roles
from templates import grants

KEYS = Sub("arn:*:kms:${AWS::Region}:${AWS::AccountId}:key/*")


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
            "backup",
            "dynamodb.application-autoscaling",
            "ops.apigateway",
            "rds",
            "ssm",
            "wafv2",
        ),
        # They do what a service needs of a role; AWS's other policies may do anything.
        policies_of_aws="service-role",
        nested_under=f"payments-{names.EXECUTION}-{access.SUFFIX}",
    )


def of_environment(
    template: Template, bounds: iam.ManagedPolicy, shared: Sequence[iam.ManagedPolicy]
) -> iam.Role:
    """Add the role that an environment's stack is changed under; `shared` policies let it read."""
    parts = {
        "Data": permissions.write("Data", (*permissions.DATA, *permissions.SECRETS)),
        "Code": permissions.write("Code", permissions.CODE),
        "Edge": permissions.write("Edge", (*permissions.NETWORK, *permissions.EDGE)),
        "Roles": [*roles_of_environment().write(), list_roles()],
    }
    name = access.suffixed(f"payments-{names.EXECUTION}")
    return add(template, "Execution", name, bounds, parts=parts, shared=shared)


def add(
    template: Template,
    title: str,
    name: AWSHelperFn | str,
    bounds: iam.ManagedPolicy,
    *,
    parts: Mapping[str, Sequence[Statement]],
    shared: Sequence[iam.ManagedPolicy] = (),
) -> iam.Role:
    """Add the role `name`, and first its policies, in `parts`: one has no room for all; others share some.

    Only CloudFormation assumes it, to change its stack.
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
            ManagedPolicyArns=[Ref(policy) for policy in (*policies, *shared)],
            PermissionsBoundary=Ref(bounds),
        )
    )


def read_policies() -> list[iam.ManagedPolicy]:
    """Return what reads every resource of the stack, and no content: CloudFormation reads as its caller.

    The execution role has them to create and update, and who plans has them to detect drift.
    """
    parts = {
        "Data": [
            *permissions.read("Data", (*permissions.DATA, *permissions.SECRETS)),
            roles_of_environment().read(),
        ],
        "Services": permissions.read(
            "Services", (*permissions.NETWORK, *permissions.CODE, *permissions.EDGE)
        ),
    }
    return [
        iam.ManagedPolicy(f"Read{title}Policy", PolicyDocument=grants.policy(*statements))
        for title, statements in parts.items()
    ]


def decrypt_function_settings() -> Statement:
    """Have Lambda decrypt environment variables, which it would else leave out: they would show as drift."""
    # The ids of keys are generated.
    decrypting = permissions.chosen(kms, "Decrypt")
    return grants.through(["lambda"], grants.allow("DecryptFunctionSettings", decrypting, KEYS))


def for_this_account(service: str) -> PolicyDocument:
    """Trust `service` in what it does for this account."""
    return grants.trust(service, Condition(StringEquals("aws:SourceAccount", AccountId)))
