"""Roles: how CloudFormation may make the roles of a stack, each under a boundary, and hand them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from awacs import iam as actions
from awacs.aws import Action, Allow, ArnLike, Condition, ConditionElement, Statement, StringEquals
from troposphere import AWSHelperFn, Sub

from pipeline.delivery import permissions
from templates import grants

# What it takes to manage roles and policies, but for what is held to a condition.
ROLES = (
    "DeleteRole GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags TagRole "
    "UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
)
POLICIES = (
    "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion "
    "ListEntitiesForPolicy ListPolicyVersions"
)

LINKED_ROLES = Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/*")


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The roles of a stack: how their names and those of their policies begin, and what they are for."""

    prefix: str
    boundary: AWSHelperFn
    """ARN of the policy that bounds each of them."""
    passed_to: Sequence[str]
    """Services that work under them."""
    linked: Sequence[str]
    """Services that make a role of their own as they are first used."""
    policies_of_aws: str = ""
    """Path of the policies of AWS's that they may have; none without one."""

    def manage(self) -> list[Statement]:
        """Make them and their policies, and hand them to the services that they are for."""
        roles, policies = self.arn("role"), self.arn("policy")
        attached: list[AWSHelperFn] = [policies]
        if self.policies_of_aws:
            attached.append(Sub(f"arn:${{AWS::Partition}}:iam::aws:policy/{self.policies_of_aws}/*"))
        return [
            when(
                "MakeBoundedRoles",
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
            grants.allow("ManageRoles", permissions.chosen(actions, ROLES), roles),
            grants.allow("ManagePolicies", permissions.chosen(actions, POLICIES), policies),
            when(
                "PassOwnRoles",
                [actions.PassRole],
                roles,
                StringEquals("iam:PassedToService", hosts(self.passed_to)),
            ),
            when(
                "ServicesMakeTheirRoles",
                [actions.CreateServiceLinkedRole],
                LINKED_ROLES,
                StringEquals("iam:AWSServiceName", hosts(self.linked)),
            ),
        ]

    def limit(self) -> list[Statement]:
        """What is never exceeded: for a boundary, under which nobody makes a role that is under none."""
        making = [actions.CreateRole, actions.PutRolePermissionsBoundary, actions.AttachRolePolicy]
        handling = [actions.DetachRolePolicy, actions.PassRole, actions.CreateServiceLinkedRole]
        managing = permissions.chosen(actions, f"{ROLES} {POLICIES}")
        on = [self.arn("role"), self.arn("policy"), LINKED_ROLES]
        return [
            when("MakeBoundedRoles", making, self.arn("role"), self.bounded()),
            grants.allow("ManageRoles", [*handling, *managing], *on),
            list_roles(),
        ]

    def bounded(self) -> StringEquals:
        """Of a role that has their boundary, or is being given it."""
        return StringEquals("iam:PermissionsBoundary", self.boundary)

    def see(self) -> Statement:
        """Look at them and at their policies, and change nothing."""
        seen = [each for each in f"{ROLES} {POLICIES}".split() if permissions.looks(each)]
        return grants.allow(
            "SeeRoles", permissions.chosen(actions, " ".join(seen)), self.arn("role"), self.arn("policy")
        )

    def arn(self, kind: str) -> Sub:
        """ARN of all of a `kind`: role, policy."""
        return Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{kind}/{self.prefix}*")


def list_roles() -> Statement:
    """Look for a role by its name; IAM knows no resource for it, and is in no region."""
    return grants.allow("ListRoles", [actions.ListRoles], "*")


def when(sid: str, allowed: Sequence[Action], on: AWSHelperFn, *conditions: ConditionElement) -> Statement:
    """Allow actions where all of the conditions hold."""
    return Statement(
        Sid=sid, Effect=Allow, Action=list(allowed), Resource=[on], Condition=Condition(list(conditions))
    )


def hosts(services: Sequence[str]) -> list[str]:
    """Services as IAM names them."""
    return [f"{each}.amazonaws.com" for each in services]
