"""Documents that are written from the code, and the check that they are up to date.

python -m tests.documents [--check]          all of them
python -m tests.documents.alarms [--check]   one of them

A module of this package makes one document and assigns it to `DOCUMENT`; it is found by that.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from tests.paths import CHECKOUT

PACKAGE = "tests.documents"


@dataclass(frozen=True)
class Document:
    """A file of the checkout whose text, or part of whose text, is rendered from the code."""

    name: str
    """The module of this package that makes it."""

    path: str
    """Relative to the checkout."""

    render: Callable[[], str]
    """Return the whole text of the file; raise LookupError, with one line, where it cannot be rendered."""

    @property
    def command(self) -> str:
        """The command that writes the document."""
        return f"python -m {PACKAGE}.{self.name}"

    def read(self) -> str:
        """Return the text of the file as it is; empty if there is none."""
        file = CHECKOUT / self.path
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def write(self) -> None:
        """Write the file anew."""
        (CHECKOUT / self.path).write_text(self.render(), encoding="utf-8")

    def check(self) -> str:
        """Return one line about a file that is out of date; empty if it is up to date."""
        if self.read() == self.render():
            return ""
        return f"{self.path}: found an outdated text, expected the one that `{self.command}` writes"


def documents() -> list[Document]:
    """Return every document, in the order of their modules."""
    modules = [import_module(f"{PACKAGE}.{module.name}") for module in iter_modules(__path__)]
    return [module.DOCUMENT for module in modules if hasattr(module, "DOCUMENT")]


def parser(name: str = "") -> argparse.ArgumentParser:
    """Return a parser of what all commands of this package have in common."""
    command = f"python -m {PACKAGE}.{name}".rstrip(".")
    made = argparse.ArgumentParser(prog=command, description="write what is rendered from the code")
    made.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    return made


def run(chosen: Iterable[Document], *, check: bool) -> int:
    """Write or check the documents; return 1 and print a line for each that is out of date or unknown."""
    status = 0
    for document in chosen:
        try:
            if check:
                error = document.check()
            else:
                document.write()
                error = ""
        except LookupError as unknown:
            error = str(unknown.args[0])
        if error:
            print(error, file=sys.stderr)
            status = 1
    return status


def main(document: Document, arguments: Sequence[str] | None = None) -> int:
    """Write or check one document, as the command line asks."""
    return run([document], check=parser(document.name).parse_args(arguments).check)
