"""Bench of the build: the first one, one of a fresh clone, and one after each kind of edit; beside CDK."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

from pipeline.console import table
from tests.bench import peers
from tests.bench.costs import Cost, environment, measure
from tests.paths import CHECKOUT

COPIED = ("build.py", ".cfnlintrc.yaml", "handlers", "parameters", "pipeline", "requirements", "templates")
# Without lint and packaging: what `synthesize` does, in a fresh interpreter.
SYNTHESIZE = """
from pathlib import Path
from pipeline.release.stack import STACK
from pipeline.release.synthesize import synthesize
from tests.templates.samples import CODE
synthesize(STACK, Path.cwd(), CODE)
"""
EDITS = count(1)


def tables() -> None:
    """Print what the build costs."""
    with tempfile.TemporaryDirectory() as folder:
        for line in of_this_project(Path(folder) / "project"):
            print(line, "\n")


def of_this_project(project: Path) -> Iterator[str]:
    """The real layers and handlers; beside CDK, where Node is there."""
    project.mkdir()
    for name in COPIED:
        source = CHECKOUT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, project / name)
    users = project.parent / "cache"
    # Python's own bytecode, of this and of what it imports, is there before anything is measured.
    env = environment(XDG_CACHE_HOME=str(users), PYTHONPYCACHEPREFIX=str(project.parent / "bytecode"))
    build: list[str | Path] = [sys.executable, project / "build.py", "--env", "prod"]
    measure(build, project, env, repeat=1)
    none = partial(shutil.rmtree, project / "dist")

    def first() -> None:
        none()
        shutil.rmtree(users)

    # Neither dist/ nor the user's cache: wheels and compiler are fetched, and everything is compiled.
    rows = [("first on a machine, fetching all", measure(build, project, env, repeat=2, before=first))]
    # Both are there, and neither is read; wheels are not fetched again.
    rows.append(("everything anew (--no-cache)", measure([*build, "--no-cache"], project, env)))
    # No dist/: all is generated, judged and packed; the user's cache has wheels and bytecode.
    rows.append(("fresh clone, machine has built before", measure(build, project, env, before=none)))
    for name, path, text in (
        ("one handler edited", "handlers/payments/money.py", None),
        ("one layer edited", "templates/monitoring/alerts.py", "Critical Alerts"),
    ):
        edit = partial(edited, project / path, text)
        rows.append((name, measure(build, project, env, before=edit)))
    rows.append(("nothing changed", measure(build, project, env)))
    synthesize = [sys.executable, "-c", SYNTHESIZE]
    measure(synthesize, CHECKOUT, env, repeat=1)
    rows.append(("generation alone", measure(synthesize, CHECKOUT, env)))
    peer: Cost | None = None
    try:
        synth = peers.synth(project / "dist/prod", project.parent / "synthesized")
        peer = measure(synth, peers.HERE, environment())
        rows.append(("cdk synth of the same, no lint", peer))
    except peers.MissingError as missing:
        yield str(missing)
    header = ("build", "CPU s", "wall s", "of CDK's CPU", "of its wall")
    yield table(
        header,
        [
            (name, f"{cost.cpu:.2f}", f"{cost.wall:.2f}", *(shares(cost, peer) if peer else ("-", "-")))
            for name, cost in rows
        ],
    )


def edited(path: Path, text: str | None) -> None:
    """Edit the file at `path` as never before: in `text`, or with a definition more."""
    before, number = path.read_text(), next(EDITS)
    path.write_text(
        before.replace(text, f"{text} {number}") if text else f"{before}\nEDIT_{number} = {number}\n"
    )


def shares(cost: Cost, peer: Cost) -> tuple[str, str]:
    """What part of the peer's CPU and wall time `cost` is."""
    return f"{cost.cpu / peer.cpu:.2f}", f"{cost.wall / peer.wall:.2f}"
