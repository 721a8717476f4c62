"""Requirements: whatever production code imports is named in an `.in` file, not only brought along."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline.release.import_closure import RUNTIME

HERE = Path(__file__).parents[1]
OWN = {"build", "handlers", "pipeline", "sandbox", "templates"}
DISTRIBUTIONS = packages_distributions()


def named(name: str) -> set[str]:
    """The distributions that `requirements/<name>.in` names, and the files that it includes."""
    found = set()
    for line in (HERE / "requirements" / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            found |= named(line.removeprefix("-r ").removesuffix(".in"))
        elif line and not line.startswith("#"):
            found.add(canonicalize_name(Requirement(line).name))
    return found


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that the code below `node` imports when it runs; those for type checkers alone are none."""
    for child in ast.iter_child_nodes(node):
        if (
            isinstance(child, ast.If)
            and isinstance(child.test, ast.Name)
            and child.test.id == "TYPE_CHECKING"
        ):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield str(child.module)
        elif (
            isinstance(child, ast.Call)
            and isinstance(child.func, ast.Name)
            and child.func.id == "import_module"
            and isinstance(child.args[0], ast.Constant)
        ):
            yield str(child.args[0].value)
        yield from imported(child)


def third_party(*places: str) -> dict[str, str]:
    """The packages of others that the modules in `places` import, each with a file that does."""
    found = {}
    for place in places:
        path = HERE / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for module in imported(ast.parse(file.read_bytes())):
                found[module.partition(".")[0]] = file.relative_to(HERE).as_posix()
    return {name: file for name, file in found.items() if name not in OWN | sys.stdlib_module_names}


@pytest.mark.parametrize(
    ("requirements", "places", "there"),
    [
        ("build", ("build.py", "pipeline", "templates"), frozenset({"samtranslator"})),
        ("libraries", ("handlers",), RUNTIME),
        ("sam", ("pipeline/evaluation/transforms",), frozenset[str]()),
        ("sandbox", ("sandbox",), frozenset[str]()),
    ],
)
def test_what_is_imported_is_named(requirements: str, places: tuple[str, ...], there: frozenset[str]) -> None:
    """`there` is what Lambda's runtime has by itself, or what a requirements file of its own adds."""
    wanted = named(requirements)
    packages = third_party(*places)

    assert packages
    assert {
        package: file
        for package, file in packages.items()
        if package not in there
        and wanted.isdisjoint(canonicalize_name(name) for name in DISTRIBUTIONS.get(package, ()))
    } == {}
