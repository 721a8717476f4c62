"""Fn::ForEach loops, unrolled in any section and at any depth."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.evaluation.values import NoValue, Value, listed, plain

PREFIX = "Fn::ForEach::"


def unrolled(section: dict[str, object], resolve: Callable[[object], Value | NoValue]) -> dict[str, object]:
    """A section with each loop replaced by its rounds; itself where it has none."""
    for name in section:
        if name.startswith(PREFIX):
            break
    else:
        return section
    written: dict[str, object] = {}
    for name, body in section.items():
        if not name.startswith(PREFIX):
            written[name] = body
        elif isinstance(body, list) and len(body) == 3 and isinstance(body[2], dict):  # noqa: PLR2004, a loop's arity
            identifier, collection, template = body
            for item in listed(resolve(collection)):
                turn = substituted(template, str(identifier), plain(item) or "")
                if isinstance(turn, dict):
                    written |= unrolled(turn, resolve)
    return written


def substituted(node: object, identifier: str, value: str) -> object:
    """A loop's body for one round: its identifier replaced, in keys as in values."""
    if isinstance(node, str):
        alphanumeric = "".join(letter for letter in value if letter.isalnum())
        return node.replace(f"${{{identifier}}}", value).replace(f"&{{{identifier}}}", alphanumeric)
    if isinstance(node, list):
        return [substituted(item, identifier, value) for item in node]
    if isinstance(node, dict):
        if node == {"Ref": identifier}:
            return value
        return {
            str(substituted(name, identifier, value)): substituted(member, identifier, value)
            for name, member in node.items()
        }
    return node
