"""Stack policies: whether one allows an update of a resource in the stack that has it."""

from __future__ import annotations

import fnmatch
from typing import Any

from tests.aws.cloudformation.physical import ProvisioningError
from tests.aws.cloudformation.state import Policy, Resource


def check(policy: Policy | None, action: str, resource: Resource) -> None:
    """Raise ProvisioningError where `policy` does not allow `Update:<action>` of `resource`.

    A stack with a policy denies whatever no statement allows; a Deny wins.
    """
    if policy is None:
        return
    allowed = False
    for number, statement in enumerate(as_list(policy["Statement"]), 1):
        if not matches(statement, f"Update:{action}", resource):
            continue
        if statement["Effect"] == "Deny":
            raise ProvisioningError(
                f"Action denied by stack policy: Statement [#{number}] does not allow [Update:{action}] "
                f"for resource [LogicalResourceId/{resource.logical_id}]"
            )
        allowed = True
    if not allowed:
        raise ProvisioningError(
            f"Action not allowed by stack policy: no statement allows [Update:{action}] "
            f"for resource [LogicalResourceId/{resource.logical_id}]"
        )


def matches(statement: Policy, action: str, resource: Resource) -> bool:
    """Return whether a statement is about an action on a resource."""
    place = f"LogicalResourceId/{resource.logical_id}"
    if "Resource" in statement:
        named = any(fnmatch.fnmatchcase(place, pattern) for pattern in as_list(statement["Resource"]))
    else:
        named = not any(fnmatch.fnmatchcase(place, pattern) for pattern in as_list(statement["NotResource"]))
    if "Action" in statement:
        acts = any(fnmatch.fnmatchcase(action, pattern) for pattern in as_list(statement["Action"]))
    else:
        acts = not any(fnmatch.fnmatchcase(action, pattern) for pattern in as_list(statement["NotAction"]))
    return named and acts and has_type(statement.get("Condition", {}), resource.type)


def has_type(condition: Policy, kind: str) -> bool:
    """Return whether a condition on ResourceType holds; there is no other."""
    for values in condition.values():
        patterns = as_list(values["ResourceType"])
        if not any(fnmatch.fnmatchcase(kind, pattern) for pattern in patterns):
            return False
    return True


def as_list(value: Any) -> list[Any]:  # one or several of the same, as in any policy
    """Return a value that may stand alone as a list."""
    return value if isinstance(value, list) else [value]
