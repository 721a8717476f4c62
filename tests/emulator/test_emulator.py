from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.emulator import Emulator, EmulatorError, running
from sandbox.processes import LOOPBACK, PROJECT
from tests.sandbox.leaving import ended

# A program that runs an emulator until it is killed; it tells the process and the folder.
PARENT = """
import signal
from sandbox import emulator

started = []
start = emulator.start
emulator.start = lambda *given, **named: started.append(start(*given, **named)) or started[0]
with emulator.running() as running:
    print(started[0].pid, running.folder, flush=True)
    signal.pause()
"""


def test_only_who_was_given_a_key_gets_in(emulator: Emulator) -> None:
    owner = boto3.client("iam", **emulator.access)
    stranger = boto3.client("iam", **{**emulator.access, "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"})

    assert "Roles" in owner.list_roles()
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        stranger.list_roles()


def test_it_is_reached_from_this_machine_only(emulator: Emulator) -> None:
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()

    addresses = [line.split()[1] for line in listening.splitlines() if f":{emulator.port:04X} " in line]

    assert {address for address in addresses if address.endswith(f":{emulator.port:04X}")} == {
        f"0100007F:{emulator.port:04X}"
    }


def test_nothing_of_the_users_accounts_gets_in(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a token of production")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")

    environment = emulator.environment()

    assert not environment.keys() & {"AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"}
    assert environment["AWS_ENDPOINT_URL"].startswith(f"http://{LOOPBACK}:")
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == environment["AWS_CONFIG_FILE"] == os.devnull


def test_it_is_of_the_region_that_it_is_started_for() -> None:
    with running(region="eu-west-1", as_it_is=True) as started:
        queue = boto3.client("sqs", **started.access).create_queue(QueueName="anywhere")["QueueUrl"]
        arn = boto3.client("sqs", **started.access).get_queue_attributes(
            QueueUrl=queue, AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        settings = started.environment()

    assert "arn:aws:sqs:eu-west-1:123456789012:anywhere" == arn
    assert {"eu-west-1"} == {settings[name] for name in ("AWS_REGION", "AWS_DEFAULT_REGION")}


def test_nothing_is_left_when_it_ends() -> None:
    with running(as_it_is=True) as started:
        assert started.folder.exists()

    assert not started.folder.exists()


def test_nothing_is_left_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=PROJECT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        process, folder = parent.stdout.readline().decode().split()
        parent.send_signal(signal.SIGKILL)

    assert ended(int(process))
    assert not Path(folder).exists()


def test_one_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such emulator\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))

    with pytest.raises(EmulatorError, match="did not start: no such emulator"), running():
        pass
