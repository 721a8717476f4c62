"""Synthesize: the layers of `templates/`, nested in their root, as canonical JSON."""

from __future__ import annotations

import importlib
import json
import re
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import BuildError
from pipeline.release.source_lines import origin

if TYPE_CHECKING:
    from templates.artifacts import Code

ROOT = "root"
# What an account needs once for all stacks in it; deployed beside the root, never nested.
ACCOUNT = "account"
# How troposphere names the resource that it cannot render.
TITLED = re.compile(r"\(title: (\w+)\)")


class SynthesisError(BuildError):
    """Layers that do not make templates."""


def synthesize(project: Path, code: Code) -> dict[str, bytes]:
    """Every template by name: `root`, each layer nested in it, and `account`.

    Whatever goes wrong in a layer is told as one line with the layer's file and line.
    """
    made: dict[str, bytes] = {}
    at = ROOT
    try:
        # Loaded only now: most builds have nothing to synthesize, and troposphere takes its time.
        stack = importlib.import_module("templates.stack")
        outermost, apart = (importlib.import_module(f"templates.{name}") for name in (ROOT, ACCOUNT))
        root = stack.empty(str(outermost.__doc__).split("\n", 1)[0])
        nest = outermost.build(root, code)
        account, _ = stack.standalone(apart.build, apart.Inputs)
        for title, template in {ROOT: root, **nest.layers, ACCOUNT: account}.items():
            at = title.lower()
            made[at] = canonical(template.to_dict())
    # A layer is anybody's Python and may raise anything; nothing is swallowed, and `--debug` shows it all.
    except Exception as error:
        raise SynthesisError(told(error, project, at)) from error
    return made


def canonical(template: Mapping[str, Any]) -> bytes:
    """The bytes of `template`: the same for the same content, and fit for people to read."""
    return (json.dumps(template, indent=2, sort_keys=True) + "\n").encode()


def told(error: Exception, project: Path, at: str) -> str:
    """`error` as one line: where in `templates/` it comes from, and what it says."""
    said = " ".join(str(error).split()) or "found a value that troposphere does not take"
    kind = type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return f"{inside(project, error.filename)}:{error.lineno}: {kind}: {error.msg}"
    titled = TITLED.search(said)
    if titled:
        return f"{origin(project, at, titled[1])}: {kind}: {said}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(project / "templates")]
    # The machinery passes on what a layer gives it; the line to look at is the layer's.
    layers = [frame for frame in own if Path(frame.filename).name != "stack.py"] or own
    place = f"{inside(project, layers[-1].filename)}:{layers[-1].lineno}" if layers else f"templates/{at}.py"
    return f"{place}: {kind}: {said}"


def inside(project: Path, path: str) -> str:
    """`path` as seen from `project`."""
    return Path(path).relative_to(project).as_posix() if Path(path).is_relative_to(project) else path
