"""Emulator: AWS on a loopback port of this machine, in a process of its own that ends with this one.

MiniStack emulates the services, runs functions as processes under their own roles, and enforces policies.
"""

from __future__ import annotations

import http.client
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.config import Config

from sandbox import clock, processes
from sandbox.processes import LOOPBACK, plain_environment

# The account of AWS's own documentation. As an access key it is the account's root user, whose signatures
# the emulator does not check: whoever is on this machine may do anything. Functions are held to their roles.
ACCOUNT = "123456789012"
UNCHECKED = "unchecked"
# Where nothing says another one.
REGION = "us-east-1"
LOG = "emulator.log"
LAUNCHER = "sandbox.launcher"
# It starts within a second; a busy machine takes longer.
START_SECONDS = 60


class EmulatorError(Exception):
    """An emulator that did not start; the message says what it said last."""


@dataclass(frozen=True)
class Emulator:
    """An emulator that serves."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    region: str = REGION

    @property
    def url(self) -> str:
        """The endpoint of every service; by its number, which no resolver is asked for."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def access(self) -> dict[str, Any]:
        """What a client of boto3 takes besides the service's name: `client("s3", **emulator.access)`."""
        return {
            "endpoint_url": self.url,
            "region_name": self.region,
            "aws_access_key_id": ACCOUNT,
            "aws_secret_access_key": UNCHECKED,
            "config": Config(proxies={}),
        }

    @property
    def clock(self) -> Path:
        """The clock that the emulator and its functions tell the time by: see `sandbox.clock`."""
        return self.folder / clock.FILE

    def environment(self) -> dict[str, str]:
        """What a program such as the AWS CLI takes, of which nothing leads to an account of the user's."""
        return {
            **plain_environment(),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": UNCHECKED,
            "AWS_PAGER": "",
        }

    def log(self) -> str:
        """What the emulator has written so far."""
        return (self.folder / LOG).read_text(errors="replace")


@contextmanager
def running(launcher: str = LAUNCHER, *, region: str = REGION, as_it_is: bool = False) -> Iterator[Emulator]:
    """Run an emulator of `region`, and wait until it answers; leave neither process nor file behind.

    The module `launcher` is its process; `as_it_is`, it has none of our stubs, adapters and databases.
    Raises EmulatorError where it does not start.
    """
    with starting(launcher, region=region, as_it_is=as_it_is) as emulator:
        wait_until_ready(emulator)
        yield emulator


@contextmanager
def starting(launcher: str = LAUNCHER, *, region: str = REGION, as_it_is: bool = False) -> Iterator[Emulator]:
    """Run an emulator as `running` does, but do not wait until it answers."""
    with tempfile.TemporaryDirectory(prefix="payment-sandbox-", ignore_cleanup_errors=True) as name:
        # Bound here and handed down, the port is nobody else's, and early calls wait instead of failing.
        with socket.create_server((LOOPBACK, 0)) as listening:
            emulator = Emulator(listening.getsockname()[1], Path(name), region=region)
            clock.create(emulator.folder)
            process = start(emulator, listening, launcher, as_it_is=as_it_is)
        try:
            yield replace(emulator, process=process)
        finally:
            processes.stop(process)


def start(
    emulator: Emulator, listening: socket.socket, launcher: str, *, as_it_is: bool
) -> subprocess.Popen[bytes]:
    """Start the emulator's process, which serves on `listening` and lives no longer than this one."""
    arguments = [str(emulator.folder), *(["--as-it-is"] if as_it_is else [])]
    environment = server_environment(emulator)
    return processes.start(launcher, arguments, listening, environment, emulator.folder / LOG)


def server_environment(emulator: Emulator) -> dict[str, str]:
    """What the emulator's process takes; the functions that it runs inherit it, but for the credentials."""
    return {
        **plain_environment(),
        "AUTH": "true",
        "GATEWAY_PORT": str(emulator.port),
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": emulator.region,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": UNCHECKED,
        "TMPDIR": str(emulator.folder),
        clock.VARIABLE: str(emulator.clock),
        # The functions' own setting: what stands in for RDS is on the loopback, and speaks no TLS.
        "DATABASE_TLS": "off",
        # Services that would listen on ports of their own.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def wait_until_ready(emulator: Emulator) -> None:
    """Return once the emulator answers."""
    connection = http.client.HTTPConnection(LOOPBACK, emulator.port, timeout=START_SECONDS)
    try:
        connection.request("GET", "/_ministack/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        said = processes.last_words(emulator.folder / LOG)
        raise EmulatorError(f"the emulator did not start: {said or error}") from error
    finally:
        connection.close()
