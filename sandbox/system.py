"""System: the built stack, running: an emulator of AWS with a release in it, a database and a gateway."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pg8000.exceptions import DatabaseError, InterfaceError

from pipeline import BuildError
from pipeline.change import smoke
from pipeline.change.sessions import ChangeError
from pipeline.change.smoke import Api
from pipeline.change.stack_events import Event
from pipeline.console import Progress
from pipeline.release import assemble, configuration, region
from pipeline.release.assemble import Order, Release
from pipeline.release.publish import publish
from sandbox import emulator, gateway_server, processes
from sandbox.deploy import Published, deploy, wanted
from sandbox.emulator import Emulator, EmulatorError
from sandbox.gateway_server import Gateway

# The one parameter of an environment that has to point at this machine.
GATEWAY_URL = "PaymentGatewayUrl"
COMPLETE = "_COMPLETE"
# A function of the emulator takes a while to start, longer on a busy machine.
CALL_SECONDS = 60
# How long a process that is ending may still seem to run.
NOTICE_SECONDS, NOTICE_POLL_SECONDS = 1.0, 0.05


class SandboxError(BuildError):
    """What keeps the sandbox from running; each fault is a line for the person who started it."""


@dataclass(frozen=True)
class Parts:
    """What the stack runs on, each in a process of its own: AWS with its database, and the gateway."""

    emulator: Emulator
    gateway: Gateway

    def ended(self) -> str:
        """Which has ended, how, and what it said last; empty while all are there."""
        processes_and_logs = {
            "the emulator": (self.emulator.process, self.emulator.folder / emulator.LOG),
            "the payment gateway": (self.gateway.process, self.emulator.folder / gateway_server.LOG),
        }
        for name, (process, log) in processes_and_logs.items():
            if process is not None and (returncode := process.poll()) is not None:
                said = processes.last_words(log).splitlines()
                words = f"it said last: {said[-1]}" if said else "it said nothing"
                return f"{name} ended {processes.how_it_ended(returncode)}; {words}"
        return ""


@dataclass(frozen=True)
class System:
    """The stack, running."""

    parts: Parts
    published: Published
    outputs: dict[str, str]
    api: Api

    @property
    def emulator(self) -> Emulator:
        """What stands in for AWS."""
        return self.parts.emulator

    @property
    def gateway(self) -> Gateway:
        """What stands in for the payment gateway."""
        return self.parts.gateway

    def ended(self) -> str:
        """Which part has ended, how, and what it said last; empty while all are there."""
        return self.parts.ended()


@contextmanager
def starting(region: str = emulator.REGION) -> Iterator[Parts]:
    """Start what the stack runs on, not waiting until it is ready; leave neither process nor file behind."""
    with (
        emulator.starting(region=region) as started,
        gateway_server.running(started.folder, f"sk_test_{secrets.token_urlsafe(18)}") as gateway,
    ):
        yield Parts(started, gateway)


def region_of(order: Order) -> str:
    """Return the region that the parameters of `order` name; the emulator's own where they name none."""
    return region.of(configuration.read(order.project, order.environment)) or emulator.REGION


@contextmanager
def running(order: Order, progress: Progress) -> Iterator[System]:
    """Build and deploy what `order` says, and run it; leave neither process nor file behind.

    Raises BuildError where that fails, which SandboxError, its own, is a kind of.
    """
    # What the stack runs on takes its time to start, and so does a build: they go on at once.
    with starting(region_of(order)) as parts:
        release = assemble.build(order, progress)
        with explained(parts):
            with progress.stage("emulator") as stage:
                emulator.wait_until_ready(parts.emulator)
                stage.note = f"AWS at {parts.emulator.url}"
            published = pointed(put_into(parts.emulator, release, progress), parts.gateway.url)
            outputs = make(parts.emulator, published, progress)
            secret = boto3.client("secretsmanager", **parts.emulator.access)
            secret.put_secret_value(SecretId=outputs["GatewaySecretArn"], SecretString=parts.gateway.key)
            yield System(parts, published, outputs, api_of(parts.emulator, outputs))


def put_into(at: Emulator, release: Release, progress: Progress) -> Published:
    """Publish `release` to the emulator's S3, as it would be to a bucket of AWS."""
    create_bucket(at, release.bucket)
    with environment_of(at):
        told = publish(release, progress)
    return wanted(release.manifest, told.root_url, release.folder)


def create_bucket(at: Emulator, name: str) -> None:
    """Create a bucket in the emulator's region; S3 wants it named, but for its first one."""
    elsewhere: Any = {"CreateBucketConfiguration": {"LocationConstraint": at.region}}
    boto3.client("s3", **at.access).create_bucket(
        Bucket=name, **({} if at.region == emulator.REGION else elsewhere)
    )


def pointed(published: Published, gateway_url: str) -> Published:
    """The same with the one parameter that has to point at this machine: where the payment gateway is."""
    parameters = {**published.root.parameters, GATEWAY_URL: gateway_url}
    return replace(published, root=replace(published.root, parameters=parameters))


def make(at: Emulator, published: Published, progress: Progress) -> dict[str, str]:
    """Have CloudFormation make the stacks; return the outputs of the payment stack."""
    resources = sum(each["resources"] or 0 for each in published.manifest["Artifacts"])
    with progress.stage("deploy", resources) as stage:
        made: set[tuple[str, str]] = set()

        def tell(event: Event) -> None:
            if event.status.endswith(COMPLETE) and (event.stack, event.title) not in made:
                made.add((event.stack, event.title))
                stage.step()

        outputs = deploy(at, published, tell)
        stage.note = f"{resources} resources by CloudFormation"
    return outputs


def api_of(at: Emulator, outputs: dict[str, str]) -> Api:
    """Return the API among the stack's `outputs`, where the emulator serves it."""
    client = boto3.client("apigateway", **at.access)
    key = client.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
    return Api(smoke.reachable(outputs["APIEndpoint"], at.url), key, CALL_SECONDS)


@contextmanager
def environment_of(at: Emulator) -> Iterator[None]:
    """Let this process find the emulator where it looks for AWS, and nothing of the user's accounts."""
    with processes.without_accounts():
        os.environ.update(at.environment())
        yield


@contextmanager
def explained(parts: Parts) -> Iterator[None]:
    """Say what it was that failed: a part that ended is the reason for whatever else did."""
    try:
        yield
    except (ChangeError, EmulatorError) as failed:
        raise SandboxError(reason(parts) or str(failed)) from failed
    except (BotoCoreError, ClientError, DatabaseError, HTTPException, InterfaceError, OSError) as failed:
        raise SandboxError(reason(parts) or f"sandbox: {failed}") from failed


def reason(parts: Parts) -> str:
    """Which of `parts` has ended; a broken connection is seen a moment before the end behind it."""
    give_up = time.monotonic() + NOTICE_SECONDS
    while not (ended := parts.ended()) and time.monotonic() < give_up:
        time.sleep(NOTICE_POLL_SECONDS)
    return ended
