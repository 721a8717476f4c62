"""Helpers are in modules of their own: nothing imports from a test module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.paths import CHECKOUT

MODULES = sorted((CHECKOUT / "tests").rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def in_test_module(name: str) -> bool:
    """Return whether `name` is a test module of this checkout, or something in one."""
    parts = name.split(".")
    modules = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    return any("/test_" in module and (CHECKOUT / f"{module}.py").is_file() for module in modules)


def test_nothing_imports_from_a_test_module() -> None:
    found = {
        module.relative_to(CHECKOUT).as_posix(): sorted(filter(in_test_module, imported(tree)))
        for module in MODULES
        for tree in [ast.parse(module.read_text(encoding="utf-8"))]
    }

    assert {} == {module: names for module, names in found.items() if names}


def test_a_test_module_is_recognized_however_it_is_imported() -> None:
    tree = ast.parse(
        "import tests.test_helper_imports\n"
        "from tests import test_helper_imports, paths\n"
        "from tests.test_helper_imports import MODULES\n"
        "from tests.paths import CHECKOUT\n"
    )

    assert [
        "tests.test_helper_imports",
        "tests.test_helper_imports",
        "tests.test_helper_imports.MODULES",
    ] == [name for name in imported(tree) if in_test_module(name)]
