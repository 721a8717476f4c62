"""`build.py sandbox`, as somebody types it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import build
from pipeline.commands import sandbox as command
from tests.release.projects import Project
from tests.sandbox.leaving import descendants, ended, temporary_folder


@contextmanager
def typed(checkout: Project, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command at work in a checkout, its temporary files in `folder`."""
    with subprocess.Popen(
        [sys.executable, "build.py", "sandbox", *arguments],
        cwd=checkout.folder,
        env={**os.environ, **checkout.environment(), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_once_takes_a_payment_and_leaves_nothing(checkout: Project) -> None:
    with temporary_folder() as folder, typed(checkout, folder, "--once") as process:
        told, errors = process.communicate()

        assert process.returncode == 0, errors
        assert told.splitlines()[0].startswith("POST /validate")
        assert told.splitlines()[-1].startswith("audit object")
        assert not list(folder.iterdir())


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_nothing_is_left_when_it_is_told_to_end(checkout: Project, sent: signal.Signals, status: int) -> None:
    """By Ctrl-C, in order; or killed, when its parts find out by themselves."""
    with temporary_folder() as folder, typed(checkout, folder) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C ends it" in line:
                break
        made = descendants(process.pid)
        assert len(made) > 3

        process.send_signal(sent)

        assert process.wait() == status
        assert all(ended(each) for each in made)
        assert not list(folder.iterdir())


def test_what_is_not_installed_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "NEEDED", ("ministack", "no_such_module"))

    assert build.main(["sandbox"]) == 1

    assert capsys.readouterr().err == (
        "error: sandbox: no_such_module not installed; "
        "expected: python -m pip install -r requirements/sandbox.txt\n"
    )


@pytest.mark.parametrize("wrong", [["--clients", "0"], ["--seconds", "soon"], ["--once", "--chaos"]])
def test_wrong_options_are_refused_before_anything_starts(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        build.main(["sandbox", *wrong])

    assert refused.value.code == 2


def test_an_unknown_environment_is_refused_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["sandbox", "--env", "nowhere"]) == 1

    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert "nowhere" in errors[0]
