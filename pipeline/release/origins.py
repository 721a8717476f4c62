"""Origins: the line in `templates/` that a resource comes from, so that a fault leads to its source."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path


def origin(project: Path, layer: str, title: str) -> str:
    """`templates/data.py:88` for the resource `title` of `layer`; the layer's file where no line names it."""
    own = project / "templates" / f"{layer}.py"
    others = sorted(path for path in own.parent.glob("*.py") if path != own)
    for path in (own, *others):
        for pattern, line in titles(path):
            if re.fullmatch(pattern, title):
                return f"templates/{path.name}:{line}"
    return f"templates/{layer}.py:1"


@cache
def titles(path: Path) -> tuple[tuple[str, int], ...]:
    """What may be a logical id in the file at `path`, as patterns, each with its line.

    Whole strings come first: a pattern made of a f-string is right less often.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError):
        return ()
    whole, formed = [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isalnum():
            whole.append((node.value, node.lineno))
        elif isinstance(node, ast.JoinedStr):
            parts = [each.value if isinstance(each, ast.Constant) else None for each in node.values]
            if any(isinstance(part, str) and len(part) > 2 and part.isalnum() for part in parts):  # noqa: PLR2004
                pattern = "".join(r"\w+" if part is None else re.escape(str(part)) for part in parts)
                formed.append((pattern, node.lineno))
    return (*whole, *formed)
