"""Source constants: numbers that a module of the project defines, read from its source.

A module is parsed and not imported: a handler's loads the AWS SDK.
"""

from __future__ import annotations

import ast
from pathlib import Path

from pipeline.release.sources import content


def constant(project: Path, path: str, name: str) -> float | None:
    """Return the number that the module at `path` assigns to `name`; None without that module or constant."""
    if not (project / path).is_file():
        return None
    for node in ast.parse(content(project / path, path)).body:
        if isinstance(node, ast.Assign) and name in [
            target.id for target in node.targets if isinstance(target, ast.Name)
        ]:
            value = ast.literal_eval(node.value)
            return float(value) if isinstance(value, int | float) else None
    return None
