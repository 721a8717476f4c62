"""Execution: the role that CloudFormation makes, changes and removes an environment's stack under."""

from __future__ import annotations

from collections.abc import Sequence

from awacs import iam as actions
from awacs.aws import Allow, ArnLike, Condition, PolicyDocument, Statement, StringEquals, StringLike
from troposphere import AccountId, Ref, Sub, Template, iam

from pipeline.delivery import access, names, permissions
from pipeline.delivery.permissions import Service
from pipeline.delivery.settings import ArtifactBucketArn
from templates import grants
from templates.wires import KeyArn

# The roles and policies of the stack take their names from it, for they have none of their own.
OWN = f"payments-{access.SUFFIX}-*"
# Which services the stack's roles are for, and which make roles of their own as they are first used.
ROLES_FOR = (
    "apigateway",
    "backup",
    "codedeploy",
    "lambda",
    "monitoring.rds",
    "s3",
    "ssm",
    "vpc-flow-logs",
)
LINKED = (
    "access-analyzer",
    "backup",
    "dynamodb.application-autoscaling",
    "ops.apigateway",
    "rds",
    "ssm",
    "wafv2",
)


def add(template: Template, bounds: iam.ManagedPolicy, bucket: ArtifactBucketArn, key: KeyArn) -> iam.Role:
    """Add the role, and first what it may do: more than one policy has room for."""
    parts: dict[str, list[Statement]] = {
        "Network": statements(permissions.NETWORK),
        "Data": statements(permissions.DATA),
        "Secrets": statements(permissions.SECRETS),
        "Code": [*statements(permissions.CODE), *access.read_releases(bucket, key)],
        "Edge": statements(permissions.EDGE),
        "Roles": manage_roles(),
    }
    policies = [
        template.add_resource(
            iam.ManagedPolicy(f"Execution{title}Policy", PolicyDocument=grants.policy(*may))
        )
        for title, may in parts.items()
    ]
    return template.add_resource(execution_role(bounds, policies))


def statements(services: Sequence[Service]) -> list[Statement]:
    """What `services` may be asked for."""
    return [statement for service in services for statement in service.statements()]


def drift_policies() -> list[iam.ManagedPolicy]:
    """What it takes to see whether the stack is as its templates say: all that tells, and no content."""
    parts = {
        "Data": (*permissions.DATA, *permissions.SECRETS),
        "Rest": (*permissions.NETWORK, *permissions.CODE, *permissions.EDGE),
    }
    roles = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{OWN}")
    own_policies = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{OWN}")
    see_roles = grants.allow(
        "SeeRoles",
        permissions.chosen(
            actions,
            "GetPolicy GetPolicyVersion GetRole GetRolePolicy ListAttachedRolePolicies ListEntitiesForPolicy "
            "ListPolicyVersions ListRolePolicies",
        ),
        roles,
        own_policies,
    )
    return [
        iam.ManagedPolicy(
            f"Drift{title}Policy",
            PolicyDocument=grants.policy(
                *(statement for service in services for statement in service.looking()),
                *([see_roles] if title == "Data" else []),
            ),
        )
        for title, services in parts.items()
    ]


def execution_role(bounds: iam.ManagedPolicy, policies: Sequence[iam.ManagedPolicy]) -> iam.Role:
    """What CloudFormation is, as far as the environment's stack goes; nobody else can be it."""
    return iam.Role(
        "ExecutionRole",
        RoleName=access.suffixed(f"payments-{names.EXECUTION}"),
        # CloudFormation names no source; a role can be passed to it within its own account only.
        AssumeRolePolicyDocument=grants.trust("cloudformation"),
        ManagedPolicyArns=[Ref(each) for each in policies],
        PermissionsBoundary=Ref(bounds),
    )


def for_this_account(service: str) -> PolicyDocument:
    """Trust `service` in what it does for this account."""
    return grants.trust(service, Condition(StringEquals("aws:SourceAccount", AccountId)))


def manage_roles() -> list[Statement]:
    """Make the stack's roles and policies, and hand them to the services that they are for."""
    roles = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{OWN}")
    policies = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{OWN}")
    linked = Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/*")
    # AWS's policies for service roles do what a service needs of a role; its other ones may do anything.
    service_policies = Sub("arn:${AWS::Partition}:iam::aws:policy/service-role/*")
    return [
        grants.allow("ManageRoles", permissions.chosen(actions, f"CreateRole {permissions.ROLES}"), roles),
        grants.allow("ManagePolicies", permissions.chosen(actions, permissions.POLICIES), policies),
        Statement(
            Sid="AttachOwnPolicies",
            Effect=Allow,
            Action=[actions.AttachRolePolicy, actions.DetachRolePolicy],
            Resource=[roles],
            Condition=Condition(ArnLike("iam:PolicyARN", [policies, service_policies])),
        ),
        Statement(
            Sid="PassOwnRoles",
            Effect=Allow,
            Action=[actions.PassRole],
            Resource=[roles],
            Condition=Condition(
                StringEquals("iam:PassedToService", [f"{each}.amazonaws.com" for each in ROLES_FOR])
            ),
        ),
        Statement(
            Sid="ServicesMakeTheirRoles",
            Effect=Allow,
            Action=[actions.CreateServiceLinkedRole],
            Resource=[linked],
            Condition=Condition(
                StringLike("iam:AWSServiceName", [f"{each}.amazonaws.com" for each in LINKED])
            ),
        ),
        # IAM knows no resource for it, and is in no region.
        grants.allow("ListRoles", [actions.ListRoles], "*"),
    ]
