"""Adapting: which adapters have a test that shows the fault they step round."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.processes import PROJECT

Test = TypeVar("Test", bound=Callable[..., Any])
INSTALLED = PROJECT / "sandbox" / "adapters" / "__init__.py"
SHOWN: set[str] = set()
"""Those that have one, by their names: `stacks.announce_children`."""


def shows(adapter: str) -> Callable[[Test], Test]:
    """Decorate a test of the fault, as the emulator is shipped, and of `adapter` stepping round it."""

    def note(test: Test) -> Test:
        SHOWN.add(adapter)
        return test

    return note


def installed() -> set[str]:
    """The names of all adapters; read, not imported: that is for the emulator's own process."""
    (install,) = (
        each for each in ast.parse(INSTALLED.read_bytes()).body if isinstance(each, ast.FunctionDef)
    )
    return {ast.unparse(each.func) for each in ast.walk(install) if isinstance(each, ast.Call)}
