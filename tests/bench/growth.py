"""Bench of growth: what a build costs as layers, resources and handlers become more."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipeline.console import table
from tests.bench.costs import environment, measure
from tests.pipeline.release.projects import Project, make


def tables() -> None:
    """Print it for made-up checkouts: fresh clones on a machine that has compiled their modules before.

    Of more than 400 resources cfn-lint says that the limit of 500 is near, which fails a build.
    """
    for header, sizes, made in (
        ("layers of 30 resources", (1, 10, 50), lambda folder, size: make(folder, layers=size)),
        ("resources in one layer", (30, 150, 400), lambda folder, size: make(folder, 1, queues=size)),
        ("handlers of 100 lines", (1, 10, 50), lambda folder, size: make(folder, 1, 1, handlers=size)),
    ):
        with tempfile.TemporaryDirectory() as folder:
            print(growing(Path(folder), header, sizes, made), "\n")


def growing(folder: Path, what: str, sizes: tuple[int, ...], made: Callable[[Path, int], Project]) -> str:
    """What a build costs at each of `sizes`, and what one more costs there, since the least of them."""
    rows = []
    least: tuple[int, float] | None = None
    for size in sizes:
        project = made(folder / f"project{size}", size)
        shared = {"XDG_CACHE_HOME": folder / "cache", "PYTHONPYCACHEPREFIX": folder / "bytecode"}
        env = {**environment(**{name: str(path) for name, path in shared.items()}), **project.pip()}
        command: list[str | Path] = [sys.executable, project.folder / "build.py", "--env", "dev"]
        measure(command, folder, env, repeat=1)
        fresh = measure(command, folder, env, 2, partial(shutil.rmtree, project.folder / "dist"))
        unchanged = measure(command, folder, env, 2)
        anew = measure([*command, "--no-cache"], folder, env, 1)
        least = least or (size, fresh.cpu)
        more = size - least[0]
        each = f"{1000 * (fresh.cpu - least[1]) / more:.0f}" if more else "-"
        seconds = [f"{cost:.2f}" for cost in (fresh.cpu, fresh.wall, unchanged.cpu, anew.cpu)]
        rows.append((size, *seconds[:2], each, *seconds[2:]))
    header = (what, "fresh clone CPU s", "wall s", "CPU ms for one more", "unchanged CPU s", "anew CPU s")
    return table(header, rows)
