"""Emulators, and the payment stack in one: tests give names of their own to what they make beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import boto3
import pytest

from sandbox.deploy import Published, deploy
from sandbox.emulator import Emulator, running
from sandbox.gateway import Account
from sandbox.gateway_server import serving
from tests import canaries, checkouts
from tests.emulator import logs
from tests.emulator.paying import Stack
from tests.emulator.publishing import publish
from tests.pipeline.release.projects import Project


@dataclass(frozen=True)
class Deployed:
    """The payment stack, in an emulator."""

    emulator: Emulator
    published: Published
    outputs: dict[str, str]
    gateway: Account


@pytest.fixture(scope="session")
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """The emulator that the sandbox runs; at its end its logs are searched."""
    with running() as started:
        yield started
        logs.search(canaries.of(request.config), started, "tests/emulator")


@pytest.fixture(scope="session")
def untouched() -> Iterator[Emulator]:
    """The emulator as its makers ship it, without stubs, adapters and databases."""
    with running(as_it_is=True) as started:
        yield started


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of this checkout, built."""
    return checkouts.of(tmp_path_factory)


@pytest.fixture(scope="session")
def published(emulator: Emulator, checkout: Project) -> Published:
    """The release of this checkout for dev, published by `build.py --publish`."""
    return publish(emulator, checkout, "dev")


@pytest.fixture(scope="session")
def gateway() -> Iterator[tuple[Account, str]]:
    """An account at the payment gateway, and where it is served."""
    account = Account()
    account.add_customers()
    with serving(account) as url:
        yield account, url


@pytest.fixture(scope="session")
def deployed(emulator: Emulator, published: Published, gateway: tuple[Account, str]) -> Deployed:
    """The stack of the environment `dev`, which charges at the gateway of this machine."""
    return standing(emulator, published, gateway)


@pytest.fixture(scope="module")
def alone(
    request: pytest.FixtureRequest, checkout: Project, gateway: tuple[Account, str]
) -> Iterator[Deployed]:
    """The same in an emulator of its own, none of whose functions has run yet."""
    with running() as started:
        yield standing(started, publish(started, checkout, "dev"), gateway)
        logs.search(canaries.of(request.config), started, request.node.name)


def standing(emulator: Emulator, published: Published, gateway: tuple[Account, str]) -> Deployed:
    """The stack of `published`, which charges at `gateway`."""
    account, url = gateway
    pointed = replace(
        published,
        root=replace(published.root, parameters={**published.root.parameters, "PaymentGatewayUrl": url}),
    )
    outputs = deploy(emulator, pointed, print)
    secrets = boto3.client("secretsmanager", **emulator.access)
    secrets.put_secret_value(SecretId=outputs["GatewaySecretArn"], SecretString=account.key)
    return Deployed(emulator, pointed, outputs, account)


@pytest.fixture
def stack(deployed: Deployed) -> Stack:
    """The same, to pay with; tests use transaction ids of their own."""
    deployed.gateway.troubles.clear()
    return Stack(deployed.emulator, deployed.outputs, deployed.gateway)
