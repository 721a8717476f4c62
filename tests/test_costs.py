"""Every test has one cost mark, and a unit test that starts a process or a server fails."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import costs
from tests.paths import CHECKOUT


def test_every_test_has_one_cost(request: pytest.FixtureRequest) -> None:
    assert {} == {
        item.nodeid: costs.marks(item) for item in request.session.items if len(costs.marks(item)) != 1
    }


def test_every_cost_is_registered(pytestconfig: pytest.Config) -> None:
    registered = [line.partition(":")[0] for line in pytestconfig.getini("markers")]

    assert set(costs.COSTS) <= set(registered)


@pytest.mark.parametrize("place", costs.PATHS)
def test_a_place_with_a_cost_exists(place: str) -> None:
    path, _, function = place.partition("::")
    file = CHECKOUT / "tests" / path

    assert file.exists()
    assert not function or f"def {function}(" in file.read_text()


@pytest.mark.parametrize("place", sorted(costs.SWEEPS))
def test_a_sweep_exists(place: str) -> None:
    path, _, function = place.partition("::")
    file = CHECKOUT / "tests" / path

    assert file.exists()
    assert not function or f"def {function}(" in file.read_text()


def test_only_sweeps_are_exhaustive(request: pytest.FixtureRequest) -> None:
    marked = [item for item in request.session.items if item.get_closest_marker(costs.EXHAUSTIVE)]

    assert [] == [item.nodeid for item in marked if not costs.is_sweep(item)]


@pytest.mark.parametrize("cost", [*costs.PATHS.values(), *costs.FIXTURES.values()])
def test_a_cost_is_one_that_there_is(cost: str) -> None:
    assert cost in costs.COSTS


def test_the_folder_decides_the_cost_of_what_is_below_it() -> None:
    assert "emulator" == costs.of_path(CHECKOUT / "tests/emulator/test_deploy.py")
    assert "" == costs.of_path(CHECKOUT / "tests/test_emulator.py")
    assert "" == costs.of_path(Path("/elsewhere/emulator"))


def fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def listen() -> None:
    with socket.socket() as server:
        server.listen()


def bind() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))


@pytest.mark.parametrize(
    "start",
    [lambda: subprocess.run([sys.executable, "-V"], check=True), fork, listen, bind],
    ids=["process", "fork", "server", "port"],
)
def test_a_unit_test_cannot_start(start: Callable[[], object]) -> None:
    with pytest.raises(costs.NotUnitError):
        start()
