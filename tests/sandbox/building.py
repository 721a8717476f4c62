"""Building: a copy of this checkout, built once for all workers of a test run."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.emulator.conftest import LIBRARIES, PARTS
from tests.release.projects import CHECKOUT, Project, wheel


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
    """The same in `shared`: whoever asks first builds it, whoever asks meanwhile waits for that."""
    with alone(shared.with_suffix(".lock")):
        if not shared.exists():
            # Whole or not at all: a build that fails is tried again.
            begun = shared.with_suffix(".begun")
            shutil.rmtree(begun, ignore_errors=True)
            built(begun)
            begun.rename(shared)
    return Project(shared)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold `lock`, which is let go of however this process ends."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
