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

from sandbox.chaos import LIST_PROCESSES
from sandbox.processes import PROJECT

SECONDS = 60


def descendants(process: int) -> set[int]:
    """The processes that `process` made, and those that these made."""
    listed = subprocess.run(LIST_PROCESSES, capture_output=True, text=True, check=True).stdout
    parents = {int(line.split()[0]): int(line.split()[1]) for line in listed.splitlines()}
    found, more = set[int](), {process}
    while more:
        more = {child for child, parent in parents.items() if parent in more}
        found |= more
    return found


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
