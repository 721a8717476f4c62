"""AWS: an emulator with a tooling account and two that are deployed into, and who one can be in them."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from pipeline.release.cache import replace
from sandbox import clock, emulator, processes
from sandbox.emulator import ACCOUNT, LOG, REGION, UNCHECKED, Emulator
from sandbox.processes import LOOPBACK
from sandbox.rehearsal.launcher import BUILD_SESSION, DEFINITIONS, PIPELINE, PROJECT, STATE

LAUNCHER = "sandbox.rehearsal.launcher"
ACCOUNTS = {"tooling": ACCOUNT, "dev": "111111111111", "prod": "222222222222"}


@dataclass(frozen=True)
class Cloud:
    """The emulator, and its accounts by name."""

    emulator: Emulator

    def client(self, service: str, account: str) -> Any:
        """A client of boto3 for the root user of the account `account`."""
        access = {**self.emulator.access, "aws_access_key_id": ACCOUNTS[account]}
        return boto3.client(service, **access)  # type: ignore[call-overload]  # the name is not a literal

    def environment(self, account: str = "tooling") -> dict[str, str]:
        """What a program takes to be the root user of an account."""
        return {**self.emulator.environment(), "AWS_ACCESS_KEY_ID": ACCOUNTS[account]}

    def as_project(self, role_arn: str) -> dict[str, str]:
        """What a program takes to be CodeBuild under a project's role, which policies then hold it to."""
        answer = self.client("sts", "tooling").assume_role(
            RoleArn=role_arn, RoleSessionName=f"{BUILD_SESSION}-rehearsal"
        )
        found = answer["Credentials"]
        return {
            **self.emulator.environment(),
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"],
        }

    def definitions(self) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
        """The pipeline, and the projects by name, as CloudFormation resolved the deployed template."""
        known = json.loads((self.emulator.folder / DEFINITIONS).read_bytes())
        (pipeline,) = known[PIPELINE].values()
        return pipeline, known[PROJECT]

    def tell_state(self, stages: Sequence[Mapping[str, Any]]) -> None:
        """Have GetPipelineState answer with these stages: this rehearsal is CodePipeline."""
        replace(self.emulator.folder / STATE, json.dumps({"stageStates": stages}).encode())


def client_of(environment: Mapping[str, str], service: str) -> Any:
    """A client for whoever `environment` makes of a program."""
    return boto3.client(  # type: ignore[call-overload]  # the name is not a literal
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY", UNCHECKED),
        aws_session_token=environment.get("AWS_SESSION_TOKEN"),
    )


@contextmanager
def running() -> Iterator[Cloud]:
    """Run the emulator, ready to be called; leave neither process nor file behind."""
    with tempfile.TemporaryDirectory(prefix="payment-rehearsal-", ignore_cleanup_errors=True) as name:
        # Bound here and handed down, the port is nobody else's, and early calls wait instead of failing.
        with socket.create_server((LOOPBACK, 0)) as listening:
            made = Emulator(listening.getsockname()[1], Path(name))
            clock.create(made.folder)
            environment = emulator.server_environment(made)
            process = processes.start(LAUNCHER, [name], listening, environment, made.folder / LOG)
        try:
            emulator.wait_until_ready(made)
            yield Cloud(made)
        finally:
            processes.stop(process)


def person(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of somebody on this machine who has only the emulator for AWS."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    # `python` is this one, wherever it was found.
    path = f"{Path(sys.executable).parent}{os.pathsep}{own.get('PATH', '')}"
    return {**own, **environment, "PATH": path, "NO_COLOR": "1", "CI": "true"}
