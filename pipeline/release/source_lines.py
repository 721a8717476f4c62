"""Source lines: the line that a resource comes from, so that a finding leads to its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path


def origin(project: Path, files: Sequence[Path], title: str) -> str:
    """Return the line of `files` that makes the resource `title`: `templates/data/postgres.py:88`.

    The first that has it as a string; else the first whose f-string may come to it, right less often;
    else the first line of the first file.
    """
    paths = list(dict.fromkeys(files))
    for path in paths:
        if title in strings(path):
            return f"{path.relative_to(project).as_posix()}:{strings(path)[title]}"
    for path in paths:
        for pattern, line in patterns(path).items():
            if re.fullmatch(pattern, title):
                return f"{path.relative_to(project).as_posix()}:{line}"
    return f"{paths[0].relative_to(project).as_posix()}:1"


@cache
def strings(path: Path) -> dict[str, int]:
    """Return the strings in the file at `path` that may be a logical id, with the first line of each."""
    found: dict[str, int] = {}
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isalnum():
            found.setdefault(node.value, node.lineno)
    return found


@cache
def patterns(path: Path) -> dict[str, int]:
    """Return patterns of f-strings in the file at `path` that may come to a logical id, with their lines."""
    found: dict[str, int] = {}
    for node in nodes(path):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
            if any(isinstance(part, str) and len(part) > 2 and part.isalnum() for part in parts):  # noqa: PLR2004
                pattern = "".join(r"\w+" if part is None else re.escape(str(part)) for part in parts)
                found.setdefault(pattern, node.lineno)
    return found


def nodes(path: Path) -> Iterator[ast.AST]:
    """Yield the syntax nodes of the file at `path`; none where it is no Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError):
        return
    yield from ast.walk(tree)
