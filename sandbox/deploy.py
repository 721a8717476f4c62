"""Deploy: the stack of an environment, published to an emulator and made there as AWS would make it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from pipeline.change.stack_events import Tell
from pipeline.release.package import CONFIGURATION
from sandbox import stacks
from sandbox.emulator import Emulator
from sandbox.stacks import Wanted

STACK = "payments"
ACCOUNT_STACK = "payments-account"


class PublishError(Exception):
    """A release that could not be published; the message is what build.py said."""


@dataclass(frozen=True)
class Published:
    """A release in the emulator's S3."""

    manifest: dict[str, Any]
    """What build.py tells of it."""
    root: Wanted
    account: Wanted
    """What an account needs once, beside the stack."""


def deploy(emulator: Emulator, published: Published, tell: Tell) -> dict[str, str]:
    """Make the account's stack, then the payment stack; return the outputs of the latter."""
    client = boto3.client("cloudformation", **emulator.access)
    stacks.create(client, ACCOUNT_STACK, published.account, tell)
    return stacks.create(client, STACK, published.root, tell)


def publish(emulator: Emulator, project: Path, environment: str) -> Published:
    """Build `environment` of `project` and publish it to the emulator, by the command that people use.

    Raises PublishError where that fails.
    """
    given = json.loads((project / "parameters" / f"{environment}.json").read_bytes())
    bucket = given["Parameters"]["ArtifactBucket"]
    boto3.client("s3", **emulator.access).create_bucket(Bucket=bucket)
    done = subprocess.run(
        [sys.executable, project / "build.py", "--env", environment, "--publish", "--json"],
        # Wheels may have to be fetched, as this machine fetches them; all of AWS is the emulator.
        env={name: os.environ[name] for name in os.environ if not name.startswith("AWS_")}
        | emulator.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PublishError(done.stderr.strip())
    told = json.loads(done.stdout)
    return wanted(told, told["Published"]["root_url"], project / "dist" / environment)


def wanted(manifest: dict[str, Any], root_url: str, release: Path) -> Published:
    """The stacks that the `release` in that folder is for, where its root template is at `root_url`."""
    given = json.loads((release / CONFIGURATION).read_bytes())
    keys = {each["name"]: each["key"] for each in manifest["Artifacts"]}
    return Published(
        manifest=manifest,
        root=Wanted(root_url, given["Parameters"], given["Tags"]),
        account=Wanted(root_url.removesuffix(keys["root"]) + keys["account"], {}, given["Tags"]),
    )
