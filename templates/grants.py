"""Grants: what roles may do, one function for each thing.

A grant says in its name what it allows, lists actions one by one, and takes the ARN it is about.
"""

from __future__ import annotations

from awacs import sts
from awacs.aws import Action, Allow, Condition, PolicyDocument, Principal, Statement
from troposphere import AWSHelperFn, Join

Target = AWSHelperFn | str


def policy(*statements: Statement) -> PolicyDocument:
    """The policy document of `statements`; awacs leaves the version out."""
    return PolicyDocument(Version="2012-10-17", Statement=list(statements))


def trust(service: str, condition: Condition | None = None) -> PolicyDocument:
    """Let the AWS service `service` (`lambda`) assume a role, under `condition`."""
    optional = {} if condition is None else {"Condition": condition}
    return policy(
        Statement(
            Sid="AssumedByService",
            Effect=Allow,
            Principal=Principal("Service", f"{service}.amazonaws.com"),
            Action=[sts.AssumeRole],
            **optional,
        )
    )


def allow(sid: str, actions: list[Action], *resources: Target) -> Statement:
    """Allow `actions` on `resources`."""
    return Statement(Sid=sid, Effect=Allow, Action=actions, Resource=list(resources))


def within(arn: AWSHelperFn, path: str) -> Join:
    """ARN of what lies at `path` within `arn`: `/index/due`, `/*`."""
    return Join("", [arn, path])
