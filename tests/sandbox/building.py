"""Building: a copy of this checkout, built once for all workers of a test run."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests import sharing
from tests.release.projects import CHECKOUT, Project, wheel

PARTS = (".cfnlintrc.yaml", "build.py", "handlers", "parameters", "pipeline", "sandbox", "templates")
# What the handlers import of the libraries layer. The emulator leaves the layer out, so names will do.
LIBRARIES = ("aws_lambda_powertools", "msgspec", "pg8000")


def built(folder: Path) -> Project:
    """A copy of this checkout in the new `folder`, built without a network."""
    project = Project(folder)
    folder.mkdir()
    for part in PARTS:
        source, target = CHECKOUT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    wheel(project, "libraries", "1.0", {f"{each}/__init__.py": "" for each in LIBRARIES})
    project.build()
    return project


def once(shared: Path) -> Project:
    """The same in `shared`, for all workers of this run."""
    return Project(sharing.once(shared, built))
