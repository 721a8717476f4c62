"""A build that is interrupted, wherever it is, says so in a line and leaves the release as it was."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.release.projects import Project


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Heed Ctrl-C, as what tests start then does: in the background a shell has them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(project: Project, gate: Path, sent: signal.Signals) -> tuple[int, str]:
    """Return status and last words of a build that gets a signal where it opens `gate`, which holds it."""
    command = [sys.executable, str(project.folder / "build.py"), "--env", "dev"]
    with (
        subprocess.Popen(
            command,
            env=project.environment(),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running,
        gate.open("w"),
    ):
        running.send_signal(sent)
        _, said = running.communicate()
    return running.returncode, said


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_build_leaves_the_release_as_it_was(project: Project, sent: signal.Signals) -> None:
    before = project.files()
    gate = project.folder.parent / "gate"
    os.mkfifo(gate)
    project.edit("templates/layer1.py", "def build(", f"open({str(gate)!r}).read()\n\n\ndef build(")
    status, said = interrupted(project, gate, sent)

    assert 130 == status
    assert "error: interrupted" in said
    assert before == project.files()
    assert [] == project.leftovers()


@pytest.mark.parametrize(
    ("loading", "status", "expected"),
    [
        ("pipeline/__init__.py", -signal.SIGINT, ""),
        ("pipeline/commands/build.py", 130, "error: interrupted; existing files are unchanged\n"),
    ],
)
def test_an_interruption_while_it_is_loaded_is_no_traceback(
    project: Project, loading: str, status: int, expected: str
) -> None:
    gate = project.folder.parent / "gate"
    os.mkfifo(gate)
    first = "from __future__ import annotations\n"
    project.edit(loading, first, f"{first}open({str(gate)!r}).read()\n")
    assert interrupted(project, gate, signal.SIGINT) == (status, expected)


@pytest.mark.parametrize(
    ("ignored", "sent", "status"),
    [("HUP", signal.SIGHUP, 0), ("INT", signal.SIGTERM, 130)],
)
def test_only_what_its_starter_has_ignored_is_ignored(
    project: Project, ignored: str, sent: signal.Signals, status: int
) -> None:
    """As `nohup` asks for; a shell's `&` lets it ignore Ctrl-C, and nothing else."""
    gate = project.folder.parent / "gate"
    os.mkfifo(gate)
    project.edit("templates/layer1.py", "def build(", f"open({str(gate)!r}).read()\n\n\ndef build(")
    script = f"trap '' {ignored}; exec {shlex.quote(sys.executable)} build.py --env dev"
    with (
        subprocess.Popen(
            ["sh", "-c", script],
            cwd=project.folder,
            env=project.environment(),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as running,
        gate.open("w"),
    ):
        running.send_signal(sent)
    assert running.returncode == status
