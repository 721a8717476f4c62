"""The rehearsal's AWS accounts: an emulator with a tooling account and one for each environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from pipeline.release.cache import replace
from sandbox import emulator
from sandbox.emulator import ACCOUNT, UNCHECKED, Emulator
from sandbox.rehearsal.launcher import BUILD_SESSION, DEFINITIONS, PIPELINE, PROJECT, STATE

LAUNCHER = "sandbox.rehearsal.launcher"
ACCOUNTS = {"tooling": ACCOUNT, "dev": "111111111111", "prod": "222222222222"}


@dataclass(frozen=True)
class Cloud:
    """The emulator, and its accounts by name."""

    emulator: Emulator

    def client(self, service: str, account: str) -> Any:
        """Return a boto3 client for the root user of the account `account`."""
        access = {**self.emulator.access, "aws_access_key_id": ACCOUNTS[account]}
        return boto3.client(service, **access)  # type: ignore[call-overload]  # the name is not a literal

    def environment(self, account: str = "tooling") -> dict[str, str]:
        """Return the environment variables that make a program the root user of an account."""
        return {**self.emulator.environment(), "AWS_ACCESS_KEY_ID": ACCOUNTS[account]}

    def as_project(self, role_arn: str) -> dict[str, str]:
        """Return the environment variables that make a program CodeBuild under a project's role."""
        answer = self.client("sts", "tooling").assume_role(
            RoleArn=role_arn, RoleSessionName=f"{BUILD_SESSION}-rehearsal"
        )
        credentials = answer["Credentials"]
        return {
            **self.emulator.environment(),
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
        }

    def definitions(self) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
        """Return the pipeline, and the projects by name, as CloudFormation resolved the deployed template."""
        definitions = json.loads((self.emulator.folder / DEFINITIONS).read_bytes())
        (pipeline,) = definitions[PIPELINE].values()
        return pipeline, definitions[PROJECT]

    def write_state(self, stages: Sequence[Mapping[str, Any]]) -> None:
        """Write the state of the stages that the emulator's GetPipelineState returns."""
        replace(self.emulator.folder / STATE, json.dumps({"stageStates": stages}).encode())


def client_of(environment: Mapping[str, str], service: str) -> Any:
    """Return a boto3 client with the credentials of `environment`."""
    return boto3.client(  # type: ignore[call-overload]  # the name is not a literal
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY", UNCHECKED),
        aws_session_token=environment.get("AWS_SESSION_TOKEN"),
    )


@contextmanager
def running(region: str = emulator.REGION) -> Iterator[Cloud]:
    """Run the emulator of `region`, and wait until it answers; leave neither process nor file behind."""
    with emulator.running(LAUNCHER, region=region) as started:
        yield Cloud(started)


def person(environment: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with `environment` for all that concerns AWS."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    # Buildspecs call `python`, which has to be this interpreter.
    path = f"{Path(sys.executable).parent}{os.pathsep}{own.get('PATH', '')}"
    return {**own, **environment, "PATH": path, "NO_COLOR": "1", "CI": "true"}
