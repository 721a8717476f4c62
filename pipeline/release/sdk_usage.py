"""Operations: what of AWS's API handlers use, read off the types of the clients that they use it on.

A client is a parameter that is annotated as one of boto3-stubs' (`client: SQSClient`), what a function that
is so annotated returns, or what either is assigned to in the same class or function. mypy holds the
annotations to be true.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

STUBS = "mypy_boto3_"
SUFFIX = "Client"

Services = Mapping[str, str]
"""Services, as the SDK names them, each by what stands for a client of it: a type, or an expression."""


@dataclass(frozen=True)
class Use:
    """A method of a client that is called, or handed on to be."""

    service: str
    """As the SDK names it: `sqs`."""
    method: str
    """As Python names it: `send_message`."""
    place: str
    """Where: `handlers/payments/retry.py:74`."""


def uses(modules: Mapping[str, ast.Module]) -> list[Use]:
    """What `modules`, by their paths, use of AWS's API."""
    types = {path: stubs(tree) for path, tree in modules.items()}
    makers = {
        f"{node.name}()": types[path][returned]
        for path, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (returned := text(node.returns)) in types[path]
    }
    return [
        use
        for path, tree in modules.items()
        for statement in tree.body
        for use in used(statement, path, {**makers, **parameters(statement, types[path])})
    ]


def stubs(tree: ast.Module) -> Services:
    """The types of clients that the module imports."""
    return {
        alias.asname or alias.name: node.module.removeprefix(STUBS).replace("_", "-")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(STUBS)
        for alias in node.names
        if alias.name.endswith(SUFFIX)
    }


def parameters(statement: ast.stmt, types: Services) -> Services:
    """The parameters in `statement` that are annotated as clients."""
    nodes = (node for node in ast.walk(statement) if isinstance(node, ast.arg))
    return {node.arg: types[said] for node in nodes if (said := text(node.annotation)) in types}


def used(statement: ast.stmt, path: str, clients: Services) -> Iterator[Use]:
    """What is used of `clients`, and of what they are assigned to, in `statement`."""
    known = dict(clients)
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign) and (said := text(node.value)) in known:
            known |= {text(target): known[said] for target in node.targets}
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and (said := text(node.value)) in known:
            yield Use(known[said], node.attr, f"{path}:{node.lineno}")


def text(expression: ast.expr | None) -> str:
    """The expression as it is written; of a call only what is called, without the module that it is in."""
    if isinstance(expression, ast.Constant):
        return str(expression.value)
    if isinstance(expression, ast.Call):
        return f"{ast.unparse(expression.func).rpartition('.')[2]}()"
    return ast.unparse(expression) if expression else ""
