"""Closure: the files that an entry point in `handlers/` needs, found in what its modules import.

A module's data comes along where the module names it as a path beside itself: the right side of `/`, or
an argument of `joinpath`. A named folder stands for the SQL right in it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from pipeline import BuildError
from pipeline.release.sources import STRAY, content

PACKAGE = "handlers"
# What the functions' runtime brings along besides the standard library.
RUNTIME = frozenset({"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"})


class ImportsError(BuildError):
    """A handler that imports what will not be there when it runs."""


@dataclass(frozen=True)
class Module:
    """What one file asks for: modules, each with the line that imports it, and data beside it."""

    imports: tuple[tuple[str, int], ...]
    data: tuple[Path, ...]


@dataclass
class Handlers:
    """The modules of `handlers/` in `project`, each read once."""

    project: Path
    libraries: frozenset[str]
    """Top-level modules that the libraries layer holds."""
    modules: dict[Path, Module] = field(default_factory=dict)

    def entry_points(self) -> list[str]:
        """The modules right in `handlers/` that define `handler`, by name."""
        paths = sorted((self.project / PACKAGE).glob("*.py"))
        return [
            path.stem for path in paths if not STRAY.search(path.name) and defines_handler(self.parse(path))
        ]

    def closure(self, entry: str) -> Mapping[str, Path]:
        """Every file that the entry point `entry` needs, by its path in the archive."""
        found: dict[str, Path] = {}
        wanted = [path for path, _ in self.located(f"{PACKAGE}.{entry}")]
        while wanted:
            path = wanted.pop()
            name = self.named(path)
            if name in found:
                continue
            found[name] = path
            module = self.module(path)
            found |= {self.named(each): each for each in module.data}
            for imported, line in module.imports:
                wanted += self.files_of(imported, f"{name}:{line}")
        return dict(sorted(found.items()))

    def trees(self, closure: Mapping[str, Path]) -> dict[str, ast.Module]:
        """The syntax trees of the modules in `closure`, by their paths there."""
        return {name: self.parse(path) for name, path in closure.items() if path.suffix == ".py"}

    def files_of(self, imported: str, place: str) -> list[Path]:
        """The files behind `imported`; none where the runtime or the libraries layer brings it."""
        top = imported.partition(".")[0]
        if top == PACKAGE:
            return [path for path, _ in self.located(imported)]
        if top in sys.stdlib_module_names or top in RUNTIME or top in self.libraries:
            return []
        raise ImportsError(
            f"{place}: imports {imported}, which no archive holds; "
            f"expected {PACKAGE}, the standard library or what requirements/libraries.txt names"
        )

    def located(self, dotted: str) -> Iterator[tuple[Path, str]]:
        """The files that importing `dotted` runs: each package on the way, and the module.

        The last part may be a name that a module defines, and is then no file.
        """
        at = self.project
        for part in dotted.split("."):
            at /= part
            if (at / "__init__.py").is_file():
                yield at / "__init__.py", part
            elif at.with_suffix(".py").is_file():
                yield at.with_suffix(".py"), part

    def module(self, path: Path) -> Module:
        """What the file at `path` asks for."""
        if path not in self.modules:
            tree = self.parse(path)
            package = ".".join(path.relative_to(self.project).parent.parts)
            self.modules[path] = Module(tuple(imports(tree, package)), tuple(data(tree, path.parent)))
        return self.modules[path]

    def parse(self, path: Path) -> ast.Module:
        """The syntax tree of the file at `path`."""
        name = self.named(path)
        try:
            return ast.parse(content(path, name))
        except SyntaxError as error:
            raise ImportsError(f"{name}:{error.lineno}: {error.msg}; expected Python") from error

    def named(self, path: Path) -> str:
        """The path in the project, and in the archive."""
        return path.relative_to(self.project).as_posix()


def defines_handler(tree: ast.Module) -> bool:
    """Whether the module has a function that Lambda can call."""
    return any(isinstance(each, ast.FunctionDef) and each.name == "handler" for each in tree.body)


def imports(tree: ast.Module, package: str) -> Iterator[tuple[str, int]]:
    """What the module imports when it runs, wherever in it, with the line."""
    for node in running(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of `tree` but those that only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for other in node.orelse:
                yield other
                yield from running(other)
        else:
            yield node
            yield from running(node)


def data(tree: ast.Module, folder: Path) -> Iterator[Path]:
    """The data files in `folder` that the module names as paths."""
    for node in ast.walk(tree):
        for name in paths_in(node):
            named = folder / name
            if named.is_dir():
                yield from (each for each in named.glob("*.sql") if not STRAY.search(each.name))
            elif named.is_file() and named.suffix != ".py":
                yield named


def paths_in(node: ast.AST) -> Iterator[str]:
    """The relative paths that `node` names by literal."""
    literals: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        literals = [node.right]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "joinpath":
        literals = node.args
    for literal in literals:
        if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
            path = PurePath(literal.value)
            if not path.is_absolute() and ".." not in path.parts:
                yield literal.value
