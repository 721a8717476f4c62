"""Stack policies: updates can neither replace nor delete resources that hold data.

A policy protects resources of its own stack only, so each nested stack that has such resources gets one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.change.record import Plan
from pipeline.evaluation.stack import STACK_TYPE
from pipeline.review.rules.stateful import is_stateful
from pipeline.review.verdict import Verdict

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

Template = Mapping[str, Any]
STAYS = ("Retain", "RetainExceptOnCreate", "Snapshot")
# A log group that a function leaves behind is no reason to refuse the release that renames the function.
LOGS = "AWS::Logs::LogGroup"
# Accepted for a resource, one of these says that somebody wants it replaced or deleted.
LIFTING_RISKS = ("STATEFUL_REPLACEMENT", "STATEFUL_DELETION", "ORPHAN")


def protected(layers: Mapping[str, Template]) -> dict[str, list[str]]:
    """Return the logical ids of the resources that hold data, by logical id of their nested stack."""
    found = {
        title: sorted(
            logical_id
            for logical_id, resource in template["Resources"].items()
            if resource.get("DeletionPolicy") in STAYS
            and resource["Type"] != LOGS
            and is_stateful(resource["Type"])
        )
        for title, template in layers.items()
    }
    return {title: logical_ids for title, logical_ids in sorted(found.items()) if logical_ids}


def unprotected(verdict: Verdict, holders: Mapping[str, list[str]]) -> list[str]:
    """Return the protected resources, as Stack/Id, whose replacement or deletion somebody accepted."""
    accepted = {change.id for change, risk in verdict.accepted if risk.kind in LIFTING_RISKS}
    return sorted(accepted & {f"{title}/{name}" for title, names in holders.items() for name in names})


def document(logical_ids: list[str]) -> dict[str, Any]:
    """Return a stack policy that lets updates do anything but replace or delete these resources."""
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    ]
    if logical_ids:
        statements.append(
            {
                "Effect": "Deny",
                "Action": ["Update:Replace", "Update:Delete"],
                "Principal": "*",
                "Resource": [f"LogicalResourceId/{logical_id}" for logical_id in logical_ids],
            }
        )
    return {"Statement": statements}


def set_policies(client: CloudFormationClient, plan: Plan) -> None:
    """Set the policy of the root, if the plan has one, and of each nested stack that holds data.

    A change set cannot carry policies.
    """
    if plan.given.stack_policy:
        set_policy(client, plan.stack, plan.given.stack_policy)
    set_nested(client, plan, ())


def set_nested(client: CloudFormationClient, plan: Plan, exceptions: tuple[str, ...]) -> None:
    """Set the policies of the nested stacks, without the resources in `exceptions`, as Stack/Id."""
    if not plan.protected:
        return
    for title, stack_id in nested_stacks(client, plan.stack).items():
        if title in plan.protected:
            names = [name for name in plan.protected[title] if f"{title}/{name}" not in exceptions]
            set_policy(client, stack_id, document(names))


@contextmanager
def lifted(client: CloudFormationClient, plan: Plan) -> Iterator[None]:
    """Leave unprotected, for as long as the context is open, what the plan may replace or delete."""
    if not plan.unprotected:
        yield
        return
    set_nested(client, plan, tuple(plan.unprotected))
    try:
        yield
    finally:
        set_nested(client, plan, ())


def set_policy(client: CloudFormationClient, stack: str, policy: Mapping[str, Any]) -> None:
    """Set the policy of one stack."""
    client.set_stack_policy(StackName=stack, StackPolicyBody=json.dumps(policy))


def nested_stacks(client: CloudFormationClient, stack: str) -> dict[str, str]:
    """Return the ids of the stacks that are nested directly in a stack, by logical id."""
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in client.get_paginator("list_stack_resources").paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == STACK_TYPE and resource.get("PhysicalResourceId")
    }
