"""A release of a checkout in the emulator's S3, published by the command that people use."""

from __future__ import annotations

import json
import subprocess
import sys

import boto3

from sandbox.deploy import Published, wanted
from sandbox.emulator import Emulator
from tests.pipeline.release.projects import Project


def publish(emulator: Emulator, checkout: Project, environment: str) -> Published:
    """Build `environment` of the checkout, and publish it to the emulator's S3."""
    parameters = json.loads((checkout.folder / "parameters" / f"{environment}.json").read_bytes())
    bucket = parameters["Parameters"]["ArtifactBucket"]
    boto3.client("s3", **emulator.access).create_bucket(Bucket=bucket)
    done = subprocess.run(
        [sys.executable, checkout.folder / "build.py", "--env", environment, "--publish", "--json"],
        # Wheels come from where the checkout's environment says; all of AWS is the emulator.
        env={name: value for name, value in checkout.environment().items() if not name.startswith("AWS_")}
        | emulator.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    manifest = json.loads(done.stdout)
    return wanted(manifest, manifest["Published"]["root_url"], checkout.folder / "dist" / environment)
