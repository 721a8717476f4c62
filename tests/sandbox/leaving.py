"""Leaving: which processes a program has made, and whether they are gone."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from sandbox.processes import PROJECT

SECONDS = 60


def descendants(process: int) -> set[int]:
    """Return the processes that `process` started, and those that these started."""
    return {child.pid for child in psutil.Process(process).children(recursive=True)}


def ended(process: int) -> bool:
    """Whether the process ends within a minute."""
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], SECONDS)[0])
    finally:
        os.close(watched)


@contextmanager
def working(program: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A program of Python at work, and where it puts its temporary files."""
    with (
        temporary_folder() as folder,
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=PROJECT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
        ) as process,
    ):
        yield process, folder


@contextmanager
def temporary_folder(suffix: str = "") -> Iterator[Path]:
    """Where a program is to put its temporary files; PostgreSQL's own user may look into it."""
    with tempfile.TemporaryDirectory(suffix) as name:
        Path(name).chmod(0o755)
        yield Path(name)
