"""Values that CloudFormation reads anew at each deployment: they may have moved since the last one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipeline.evaluation.stack import SSM_TYPE, Stack
from pipeline.evaluation.values import StackPath, plain, spelt
from pipeline.review.model import StackFinding

KIND = "MAY_HAVE_MOVED"
DYNAMIC = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]*)\}\}")
SECRET_PARTS = 5
"""A reference to a secret: its id, SecretString, a key of it, a stage and a version."""


def found(root: Stack, side: Mapping[StackPath, Stack]) -> Iterator[StackFinding]:
    """Yield one finding that names everything that is read anew, if anything is."""
    names = sorted({name for stack in side.values() for name in (*by_type(stack), *by_reference(stack))})
    if names:
        reason = f"read anew at deployment, and may have moved since: {', '.join(names)}"
        yield StackFinding(KIND, root.path, "values outside the templates", reason)


def by_type(stack: Stack) -> Iterator[str]:
    """Yield the Systems Manager parameters that a stack's parameters name by their type."""
    for name, declared in stack.parameters.items():
        if str(declared.get("Type")).startswith(SSM_TYPE):
            value = stack.given.get(name, stack.resolve(declared.get("Default")))
            read = plain(value) or (spelt(value) if value is not None else "")
            yield f"ssm:{read} (parameter {name})" if read else f"ssm (parameter {name}, not given)"


def by_reference(stack: Stack) -> Iterator[str]:
    """Yield the dynamic references without a version in the resources of a stack."""
    for name in stack.resources:
        for service, what in unversioned(stack.resource(name)):
            # The name of a secret is hidden, as it is wherever a review shows a value.
            read = "/".join((*stack.path, name)) if service != "ssm" else ""
            yield f"{service} (for {read})" if read else f"{service}:{what}"


def unversioned(node: object) -> Iterator[tuple[str, str]]:
    """Yield the service and the name of each dynamic reference without a version within a value."""
    if isinstance(node, str):
        if "{{resolve:" in node:
            for match in DYNAMIC.finditer(node):
                if not has_version(match[1], match[2]):
                    yield match[1], match[2]
    elif isinstance(node, dict):
        for member in node.values():
            yield from unversioned(member)
    elif isinstance(node, list):
        for item in node:
            yield from unversioned(item)


def has_version(service: str, rest: str) -> bool:
    """Return whether a reference names one version, or of a secret a stage that is not the current one."""
    if service != "secretsmanager":
        return rest.rpartition(":")[2].isdigit()
    parts = re.sub(r"arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:", "", rest).split(":")
    return len(parts) >= SECRET_PARTS and bool(parts[4])
