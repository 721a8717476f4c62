"""Modules that are named in strings go in the direction of setup.cfg's layers, as imports do.

import-linter (`tox -e style`) sees import statements. It sees neither `import_module("sandbox.system")` nor
build.py, which is a module outside of any package.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
PACKAGES = ("handlers", "pipeline", "sandbox", "templates")
COMMAND_LINE = "build"
# With a dot at its end, it is the beginning of an f-string that names any module of a package.
NAME = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)*\.?")
# What siblings of a layer are separated by: `|` where they are independent of each other.
SEPARATOR = re.compile(r"\s+[|:]\s+")

Layers = list[str]


def layers() -> Layers:
    """The layers of setup.cfg, highest first, with build.py on top of what it calls."""
    config = ConfigParser()
    config.read(CHECKOUT / "setup.cfg")
    tests, *others = config["importlinter:contract:layers"]["layers"].split("\n")[1:]
    assert tests == "tests"
    return [COMMAND_LINE, *others]


def is_module(name: str) -> bool:
    """Whether there is a module or a package of that name."""
    path = CHECKOUT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def sources() -> dict[str, ast.Module]:
    """Parse every module, by name."""
    paths = [path for package in PACKAGES for path in (CHECKOUT / package).rglob("*.py")]
    found = {}
    for path in sorted([*paths, CHECKOUT / f"{COMMAND_LINE}.py"]):
        name = ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = ast.parse(path.read_bytes())
    return found


def named(module: ast.Module) -> Iterator[str]:
    """The modules of this project that a module names in strings."""
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
            name = node.value.rstrip(".")
            if node.value != name or ("." in name and is_module(name)):
                yield name


def imported(module: ast.Module) -> Iterator[str]:
    """The modules that a module imports by a statement."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if is_module(full) else node.module


def position(name: str, order: Layers) -> tuple[int, str]:
    """The index of the layer that a module is in, and the layer's part that it is in."""
    for index, layer in enumerate(order):
        for part in SEPARATOR.split(layer):
            if name == part or name.startswith(f"{part}."):
                return index, part
    raise LookupError(f"{name}: in no layer of setup.cfg")


def allowed(importer: str, name: str, order: Layers) -> bool:
    """Whether the layers let `importer` import the module `name`."""
    (above, own), (below, other) = position(importer, order), position(name, order)
    return above < below or own == other or (above == below and "|" not in order[above])


def test_every_module_is_in_a_layer() -> None:
    """import-linter checks the packages that it is told, and no new one. `pipeline` itself has the errors."""
    order = layers()

    for name in sources():
        assert name == "pipeline" or position(name, order)


def test_modules_that_are_named_in_strings_lie_in_lower_layers() -> None:
    order = layers()

    wrong = [
        f"{importer} names {name}"
        for importer, module in sources().items()
        for name in named(module)
        if not allowed(importer, name, order)
    ]

    assert wrong == []


def test_strings_that_name_modules_are_seen() -> None:
    """Whole names, beginnings of names, and those that stand in a table; no other strings."""
    module = ast.parse(
        'system = import_module("sandbox.system")\n'
        'layer = import_module(f"templates.{title}")\n'
        'TEMPLATES = {"pipeline": "pipeline.template", "sandbox": "pipeline.nowhere"}\n'
    )

    assert sorted(named(module)) == ["pipeline.template", "sandbox.system", "templates"]


@pytest.mark.parametrize(
    ("importer", "name", "expected"),
    [
        ("pipeline.commands.sandbox", "sandbox.system", True),
        ("sandbox.system", "sandbox.rehearsal.launcher", True),
        ("pipeline.delivery.build", "pipeline.template", True),
        ("sandbox.system", "pipeline.commands.plan", False),
        ("pipeline.release.assemble", "sandbox", False),
        ("pipeline.review.reviews", "pipeline.release.sources", False),
        ("handlers.payments.retry", "pipeline.console", False),
    ],
)
def test_the_layers_decide(importer: str, name: str, expected: bool) -> None:
    assert allowed(importer, name, layers()) is expected


def test_the_command_line_imports_errors_commands_and_console() -> None:
    """And nothing imports it, for import-linter would not see that."""
    own = {name for name in imported(sources()[COMMAND_LINE]) if name.split(".")[0] in PACKAGES}

    assert {name for name in own if not name.startswith("pipeline.commands.")} <= {
        "pipeline",
        "pipeline.commands",
        "pipeline.console",
    }
    assert [importer for importer, module in sources().items() if COMMAND_LINE in imported(module)] == []
