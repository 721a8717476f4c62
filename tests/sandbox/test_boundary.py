"""What goes to AWS is made of nothing that is only for this machine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from sandbox.processes import PROJECT

# What there is for the sandbox's sake: its command, and the pipeline's rehearsal on it.
FOR_IT = ("pipeline/commands/rehearse.py", "pipeline/commands/sandbox.py", "sandbox/rehearsal")


def imported(source: Path) -> Iterator[str]:
    """The modules that `source` imports, wherever in it, or names to be imported."""
    for node in ast.walk(ast.parse(source.read_bytes())):
        match node:
            case ast.Import(names):
                yield from (each.name for each in names)
            case ast.ImportFrom(str(module)):
                yield module
            case ast.Call(ast.Name("import_module"), [ast.Constant(str(module)), *_]):
                yield module


def reaches_sandbox(source: Path) -> bool:
    """Whether `source` imports anything of the sandbox."""
    return any(module.split(".")[0] == "sandbox" for module in imported(source))


def test_only_the_sandboxs_command_and_the_rehearsal_import_it() -> None:
    """A command that goes to an account of AWS, and whatever it is made of, does not."""
    sources = [PROJECT / "build.py", *(PROJECT / "pipeline").rglob("*.py")]
    reaching = {str(each.relative_to(PROJECT)) for each in sources if reaches_sandbox(each)}

    assert "pipeline/commands/sandbox.py" in reaching
    assert not [each for each in reaching if not each.startswith(FOR_IT)]


def test_what_runs_on_aws_does_not_import_it() -> None:
    """Neither the templates nor the functions."""
    sources = [each for part in ("handlers", "templates") for each in (PROJECT / part).rglob("*.py")]

    assert sources
    assert not [each for each in sources if reaches_sandbox(each)]
