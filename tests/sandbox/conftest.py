"""The sandbox, running: tests take payments of ids of their own through its API."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from pipeline.console import Silence
from pipeline.release.assemble import Order
from sandbox import system
from sandbox.records import Records
from sandbox.system import System
from tests import canaries, checkouts
from tests.emulator import logs
from tests.pipeline.release.projects import Project

NUMBERS = count(1)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of this checkout, built."""
    return checkouts.of(tmp_path_factory)


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest, checkout: Project) -> Iterator[System]:
    """The stack of the environment `dev`, built from this checkout and running; its logs are searched."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in checkout.environment().items():
            patch.setenv(name, value)
        with system.running(Order(checkout.folder, "dev", checkout.folder / "dist"), Silence()) as started:
            yield started
            logs.search(canaries.of(request.config), started.emulator, "tests/sandbox")


@pytest.fixture(scope="session")
def records(running: System) -> Records:
    """What it holds."""
    return Records(running)


@pytest.fixture
def transaction_id() -> str:
    """An id that no payment has yet."""
    return f"test-{next(NUMBERS)}"
