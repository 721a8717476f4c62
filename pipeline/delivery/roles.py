"""Roles: how CloudFormation may create the roles of a stack, under a boundary, and pass them to services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from awacs import iam as actions
from awacs.aws import Action, Allow, ArnLike, Condition, ConditionElement, Statement, StringEquals
from troposphere import AWSHelperFn, Sub

from pipeline.delivery import permissions
from templates import grants

# What has no condition, of managing roles and policies.
WRITE_ROLES = "DeleteRole TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
WRITE_POLICIES = "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion"
READ = (
    "GetPolicy GetPolicyVersion GetRole GetRolePolicy ListAttachedRolePolicies ListEntitiesForPolicy "
    "ListPolicyVersions ListRolePolicies ListRoleTags"
)

LINKED_ROLES = Sub("arn:*:iam::${AWS::AccountId}:role/aws-service-role/*")


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The roles of a stack: what their names and those of their policies begin with, and who uses them."""

    prefix: str
    boundary: AWSHelperFn
    """ARN of the policy that bounds each of them."""
    passed_to: Sequence[str]
    """Services that they are passed to."""
    linked: Sequence[str]
    """Services that create a service-linked role as they are first used."""
    policies_of_aws: str = ""
    """Path of the AWS managed policies that they may have; none without one."""
    nested_under: str = ""
    """The role that CloudFormation passes to nested stacks; none without such stacks."""

    def write(self) -> list[Statement]:
        """Create, change and delete them and their policies, and pass them to the services that use them."""
        roles, policies = self.arn("role"), self.arn("policy")
        attached: list[AWSHelperFn | str] = [policies]
        if self.policies_of_aws:
            attached.append(f"arn:*:iam::aws:policy/{self.policies_of_aws}/*")
        statements = [
            when(
                "CreateBoundedRoles",
                [actions.CreateRole, actions.PutRolePermissionsBoundary],
                roles,
                self.bounded(),
            ),
            when(
                "AttachPolicies",
                [actions.AttachRolePolicy],
                roles,
                self.bounded(),
                ArnLike("iam:PolicyARN", attached),
            ),
            # Of a role that was there before its boundary too.
            when("DetachPolicies", [actions.DetachRolePolicy], roles, ArnLike("iam:PolicyARN", attached)),
            grants.allow("ManageRoles", permissions.chosen(actions, WRITE_ROLES), roles),
            grants.allow("ManagePolicies", permissions.chosen(actions, WRITE_POLICIES), policies),
            self.passed("PassStackRoles", roles, self.passed_to),
            when(
                "CreateServiceLinkedRoles",
                [actions.CreateServiceLinkedRole],
                LINKED_ROLES,
                StringEquals("iam:AWSServiceName", hosts(self.linked)),
            ),
        ]
        if self.nested_under:
            # A stack under a service role passes that role, as itself, to each nested stack.
            nested_under = Sub(f"arn:*:iam::${{AWS::AccountId}}:role/{self.nested_under}")
            statements.append(self.passed("PassRoleToNestedStacks", nested_under, ["cloudformation"]))
        return statements

    def passed(self, sid: str, roles: AWSHelperFn, services: Sequence[str]) -> Statement:
        """Pass the roles to the services."""
        return when(sid, [actions.PassRole], roles, StringEquals("iam:PassedToService", hosts(services)))

    def limit(self) -> list[Statement]:
        """Return the most that a boundary allows: nobody under it creates a role without a boundary."""
        making = [actions.CreateRole, actions.PutRolePermissionsBoundary, actions.AttachRolePolicy]
        handling = [actions.DetachRolePolicy, actions.PassRole, actions.CreateServiceLinkedRole]
        managing = permissions.chosen(actions, f"{WRITE_ROLES} {WRITE_POLICIES} {READ}")
        on = [self.arn("role"), self.arn("policy"), LINKED_ROLES]
        return [
            when("CreateBoundedRoles", making, self.arn("role"), self.bounded()),
            grants.allow("ManageRoles", [*handling, *managing], *on),
            list_roles(),
        ]

    def bounded(self) -> StringEquals:
        """Return the condition that a role has their boundary, or gets it by the request."""
        return StringEquals("iam:PermissionsBoundary", self.boundary)

    def read(self) -> Statement:
        """Read them and their policies."""
        reading = permissions.chosen(actions, READ)
        return grants.allow("ReadRoles", reading, self.arn("role"), self.arn("policy"))

    def arn(self, kind: str) -> Sub:
        """Return the ARN of all of a `kind`: role, policy."""
        return Sub(f"arn:*:iam::${{AWS::AccountId}}:{kind}/{self.prefix}*")


def list_roles() -> Statement:
    """List roles: IAM has no resource for it, and is in no region."""
    return grants.allow("ListRoles", [actions.ListRoles], "*")


def when(sid: str, allowed: Sequence[Action], on: AWSHelperFn, *conditions: ConditionElement) -> Statement:
    """Allow actions on `on` where all of the conditions hold."""
    return Statement(
        Sid=sid, Effect=Allow, Action=list(allowed), Resource=[on], Condition=Condition(list(conditions))
    )


def hosts(services: Sequence[str]) -> list[str]:
    """Return the services as IAM names them."""
    return [f"{service}.amazonaws.com" for service in services]
