"""Checkouts: copies of this one, built without a network, by one of a test run's workers for all of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sandbox.rehearsal.checkout import PARTS
from tests import sharing
from tests.paths import CHECKOUT
from tests.pipeline.release.projects import Project, wheel
from tests.templates.functions import LIBRARIES

# Of what this checkout's own build keeps, if there is one, what holds for a copy too: all go by content.
KEPT = ("compiler", "functions", "lint", "templates")


def of(run: pytest.TempPathFactory) -> Project:
    """A copy of this checkout, built for the environment `dev`, to do with as one likes."""
    return once(sharing.folder(run) / "checkout").copy(run.mktemp("checkout") / "project")


def once(folder: Path) -> Project:
    """A built copy in `folder`: whoever asks first builds it, whoever asks meanwhile waits for that."""
    return Project(sharing.once(folder, lambda begun: copied(begun).build()))


def copied(folder: Path) -> Project:
    """A copy of this checkout in the new `folder`, with wheels of its own."""
    project = Project(folder)
    for part in (*PARTS, *(f"dist/.cache/{each}" for each in KEPT)):
        source, target = CHECKOUT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    # The emulator leaves the layer out, so modules without content will do.
    wheel(project, "libraries", "1.0", {f"{library}/__init__.py": "" for library in sorted(LIBRARIES)})
    return project
