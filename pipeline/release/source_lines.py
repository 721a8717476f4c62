"""Origins: the line in `templates/` that a resource comes from, so that a fault leads to its source."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path


def origin(project: Path, layer: str, title: str) -> str:
    """Such as `templates/data/postgres.py:88` for the resource `title` of `layer`.

    Files of the layer come first, then those that layers share; the layer's first line where none names it.
    """
    folder = project / "templates"
    own = folder / layer / "__init__.py"
    if not own.exists():
        own = folder / f"{layer}.py"
    within = (folder / layer).glob("*.py")
    for path in dict.fromkeys((own, *sorted(within), *sorted(folder.glob("*.py")))):
        for pattern, line in titles(path):
            if re.fullmatch(pattern, title):
                return f"{path.relative_to(project).as_posix()}:{line}"
    return f"{own.relative_to(project).as_posix()}:1"


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
