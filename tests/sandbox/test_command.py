"""`build.py sandbox`, as somebody types it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

import build
from pipeline.commands import sandbox as command
from sandbox import system
from sandbox.processes import LOOPBACK
from sandbox.records import Records
from sandbox.system import Parts, System
from tests.pipeline.release.projects import Project
from tests.sandbox.leaving import descendants, ended, temporary_folder
from tests.sandbox.paying import wait_until

WIDTH = 80
INTERRUPTED = 130
GAVE_UP = "error: interrupted; existing files are unchanged"


@pytest.fixture
def asked_for(running: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the command find a stack that runs already."""

    @contextmanager
    def there(*_: object) -> Iterator[System]:
        yield running

    monkeypatch.setattr(system, "running", there)


@pytest.mark.usefixtures("asked_for")
def test_once_shows_each_step_of_a_payment(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["sandbox", "--once"]) == 0

    told = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"API {16}POST /validate smoke-[0-9a-f]{8}: 200", told[0])
    assert told[-1].startswith("audit object")


@pytest.mark.usefixtures("asked_for")
def test_once_tells_a_machine_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["sandbox", "--once", "--json"]) == 0

    steps = json.loads(capsys.readouterr().out)["Steps"]
    assert [each["Step"] for each in steps][3:5] == ["API", "table"]


@pytest.mark.usefixtures("asked_for")
def test_it_knows_nothing_of_the_users_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose profile may be gone, or set otherwise than the emulator can take."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    assert build.main(["sandbox", "--once"]) == 0

    assert os.environ["AWS_PROFILE"] == "nobody"


@pytest.mark.usefixtures("asked_for")
def test_it_stays_until_a_part_ends_and_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Parts, "ended", lambda _: "the emulator ended by SIGKILL")

    assert build.main(["sandbox"]) == 1

    told = capsys.readouterr()
    assert told.err == "error: sandbox: the emulator ended by SIGKILL\n"
    assert "Ctrl-C ends it, and leaves nothing behind." in told.out


@pytest.mark.usefixtures("asked_for")
def test_ctrl_c_is_an_end_from_the_moment_that_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def say_to_somebody_quick(_told: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.console.say", say_to_somebody_quick)

    assert build.main(["sandbox"]) == 0

    assert capsys.readouterr().err.endswith("ended; nothing is left of it\n")


@pytest.mark.usefixtures("asked_for")
def test_the_page_is_at_the_port_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As often as one likes; a port that somebody else has is refused in a line."""
    monkeypatch.setattr(command, "follow", lambda _: None)
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert build.main(["sandbox", "--port", str(port)]) == 1
    for _ in range(2):
        assert build.main(["sandbox", "--port", str(port), "--json"]) == 0

    told = capsys.readouterr()
    assert told.err.splitlines()[0] == (
        f"error: sandbox: port {port}: Address already in use; expected one that is free"
    )
    assert told.out.count(f'"Page": "http://127.0.0.1:{port}/"') == 2


@pytest.mark.usefixtures("asked_for")
def test_a_machine_is_told_where_everything_is(
    running: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "follow", lambda _: None)

    assert build.main(["sandbox", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["Api"], told["ApiKey"]) == (running.api.url, running.api.key)
    assert told["Environment"]["AWS_ENDPOINT_URL"] == running.emulator.url


def test_what_it_tells_fits_a_terminal(running: System) -> None:
    """All but a URL and a key that stand alone in their line."""
    told = command.welcome(running, "http://127.0.0.1:65535/", command.usage(running), 12)

    assert [line for line in told.splitlines() if len(line) > WIDTH] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_lines_that_it_tells_work_in_a_shell(running: System, records: Records) -> None:
    """As printed, in a shell that knows nothing of AWS: a payment; table, queue and bucket after it."""
    calls, reading = command.usage(running).split("\n\n")

    assert [json.loads(each)["transaction_id"] for each in typed_in(calls).splitlines()] == ["t-1", "t-1"]
    wait_until(lambda: any(key.endswith("/t-1/0003.json") for key in records.audit_keys()))

    told = typed_in(reading)
    assert "/t-1/0003.json" in told
    assert '"S": "t-1"' in told
    assert '"QueueArn": "arn:aws:sqs:us-east-1:123456789012:payment-retry-queue-dev"' in told


def typed_in(lines: str) -> str:
    """What `lines` say, typed into a shell."""
    found = {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}
    done = subprocess.run(["sh", "-ec", lines], env=found, capture_output=True, text=True, check=False)
    assert not done.stderr
    assert not done.returncode
    return done.stdout


@contextmanager
def typed(checkout: Project, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command at work in a checkout, its temporary files in `folder`, as a shell runs it."""
    with subprocess.Popen(
        [sys.executable, "build.py", "sandbox", *arguments],
        cwd=checkout.folder,
        env={**os.environ, **checkout.environment(), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until_it_builds(process: subprocess.Popen[str]) -> None:
    """Wait for the first of its parts, which start while it builds."""
    wait_until(lambda: bool(descendants(process.pid)))


def until_it_deploys(process: subprocess.Popen[str]) -> None:
    """Wait for the end of what comes before."""
    assert process.stderr is not None
    assert any(line.startswith("publish") for line in process.stderr)


def until_it_runs(process: subprocess.Popen[str]) -> None:
    """Wait for it to say so."""
    assert process.stdout is not None
    assert any("Ctrl-C ends it" in line for line in process.stdout)


@pytest.mark.parametrize(
    ("until", "sent", "status", "said"),
    [
        (until_it_builds, signal.SIGINT, INTERRUPTED, GAVE_UP),
        (until_it_builds, signal.SIGHUP, INTERRUPTED, GAVE_UP),
        (until_it_deploys, signal.SIGTERM, INTERRUPTED, GAVE_UP),
        (until_it_runs, signal.SIGINT, 0, "ended; nothing is left of it"),
    ],
)
def test_nothing_is_left_after_it_is_told_to_end(
    checkout: Project,
    until: Callable[[subprocess.Popen[str]], None],
    sent: signal.Signals,
    status: int,
    said: str,
) -> None:
    """By Ctrl-C, which a terminal sends to all but what leads a group of its own, by its end, or politely."""
    # With a space in its name: whatever is put there is found all the same.
    with temporary_folder(" of a person") as folder, typed(checkout, folder) as process:
        until(process)
        made = descendants(process.pid)

        os.killpg(process.pid, sent)
        _, errors = process.communicate()

        assert process.returncode == status
        assert errors.splitlines()[-1] == said
        assert made
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


@pytest.mark.parametrize(
    "wrong", [["--clients", "0"], ["--seconds", "soon"], ["--once", "--chaos"], ["--port", "65536"]]
)
def test_wrong_options_are_refused_before_anything_starts(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        build.main(["sandbox", *wrong])

    assert refused.value.code == 2


def test_an_unknown_environment_is_refused_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["sandbox", "--env", "nowhere"]) == 1

    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert "nowhere" in errors[0]
