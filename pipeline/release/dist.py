"""Dist: the folder that a release lies in, which is replaced as a whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline import BuildError
from pipeline.release.sources import walk


class DistError(BuildError):
    """A folder that no release can be put into."""


@contextmanager
def staging(dist: Path, environment: str) -> Iterator[Path]:
    """A folder beside the release of `environment`, gone when the context is left, however that happens."""
    folder = dist / f".{environment}-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise DistError(f"{dist}: {error.strerror}; expected a folder to write to") from error
    try:
        yield folder
    except OSError as error:
        raise DistError(f"{error.filename or dist}: {error.strerror}; expected to write there") from error
    finally:
        for each in (folder, replaced(folder)):
            shutil.rmtree(each, ignore_errors=True)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write `files`, by path, below `folder`."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def install(staged: Path, target: Path) -> None:
    """Put `staged` in the place of `target`; other builds and signals wait for the moment that this takes."""
    with (target.parent / ".lock").open("w") as lock, undisturbed():
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            target.rename(replaced(staged))
        staged.rename(target)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C and termination wait until the context is left."""
    waiting = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, waiting)


def replaced(staged: Path) -> Path:
    """Where the release that `staged` replaces waits for its removal."""
    return staged.with_name(f"{staged.name}-replaced")


def digests(folder: Path) -> dict[str, str]:
    """The digest of every file below `folder`, by path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(walk(folder))
    }
