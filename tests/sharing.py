"""Sharing: what is made once for all workers of a test run, in a folder that they share."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def folder(factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this run share."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def once(shared: Path, make: Callable[[Path], object]) -> Path:
    """The folder `shared`, which whoever asks first makes; whoever asks meanwhile waits for that."""
    with alone(shared.with_suffix(".lock")):
        if not shared.exists():
            # Whole or not at all: what fails is tried again.
            begun = shared.with_suffix(".begun")
            shutil.rmtree(begun, ignore_errors=True)
            make(begun)
            begun.rename(shared)
    return shared


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold `lock`, which is let go of however this process ends."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
