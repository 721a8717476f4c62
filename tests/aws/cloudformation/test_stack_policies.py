"""A stack policy protects resources of its own stack, and none of those nested in it."""

from __future__ import annotations

import json

from tests.aws.cloudformation.cloud import Cloud
from tests.aws.cloudformation.small import STACK, app, create, delayed, reasons, statuses, update


def test_a_stack_policy_protects_what_is_in_its_own_stack(cloud: Cloud) -> None:
    create(cloud)
    nested = next(stack for stack in cloud.stack(STACK).nested() if stack.path == "App")
    set_policy(cloud, nested.name, "LogicalResourceId/Queue")

    update(cloud, {"App": app(delayed(2))})

    assert statuses(cloud)[""] == "UPDATE_ROLLBACK_COMPLETE"
    assert "Action denied by stack policy" in reasons(cloud)["Queue UPDATE_FAILED"]


def test_a_stack_policy_protects_nothing_in_a_nested_stack(cloud: Cloud) -> None:
    create(cloud)
    set_policy(cloud, STACK, "LogicalResourceId/Queue")

    update(cloud, {"App": app(delayed(2))})

    assert statuses(cloud)[""] == "UPDATE_COMPLETE"


def set_policy(cloud: Cloud, stack: str, denied: str) -> None:
    """Deny updates of one resource of a stack."""
    statements = [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": denied},
    ]
    cloud.client().set_stack_policy(StackName=stack, StackPolicyBody=json.dumps({"Statement": statements}))
