"""Every call on every path of a payment fails, or the process ends there; then two of them; all counted.

Calls are found by running the path unharmed, so that a call that is added is hit as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, product
from typing import NamedTuple

import pytest

from handlers.payments.payment import Status
from handlers.payments.store import StoreError
from tests.handlers.world import FAULTS, Killed, World

NAMES = (f"t-{number}" for number in count(1))
POSTED = [("gateway.receivable", 1050), ("merchant.payable", -1050)]
# Pairs of faults: enough to meet each call and each kind many times over, in seconds.
PAIRS = 24
SEED = 20260924
ENDS = {Status.PROCESSED, Status.DECLINED, Status.FAILED}


@dataclass(frozen=True)
class Path:
    """A way that a payment can go: what happens before the calls that fail, and how it has to end."""

    act: Callable[[World, str], object]
    """Makes the calls that are to fail, every one of them through the world's seam."""

    prepare: Callable[[World, str], object] = lambda _world, _name: None
    customer: str = "cus_1"
    end: Status = Status.PROCESSED


def busy(world: World, name: str) -> None:
    """The gateway is busy, and the payment waits for its retry."""
    world.account.troubles = ["busy"]
    world.process(name)
    world.clock.turn(60)


def lost(world: World, name: str) -> None:
    """The same, and the message is lost."""
    busy(world, name)
    world.delayed.clear()
    world.clock.turn(3600)


def left(world: World, name: str) -> None:
    """The process ended after the charge; the stream has not told of it."""
    world.seam.arm(3, "after kill")
    with suppress(Killed):
        world.process(name)
    world.begin_process()


def old(world: World, name: str) -> None:
    """The process ended after the charge, and a day later the gateway has forgotten the key."""
    left(world, name)
    world.stream()
    world.clock.turn(25 * 3600)


def troubled(trouble: str) -> Callable[[World, str], object]:
    """The payment is processed at a gateway in trouble."""

    def act(world: World, name: str) -> None:
        world.account.troubles = [trouble]
        world.process(name)

    return act


PATHS = {
    "validated": Path(lambda world, name: world.validate_through(name)),
    "charged": Path(lambda world, name: world.process(name)),
    "declined": Path(lambda world, name: world.process(name), customer="cus_declined", end=Status.DECLINED),
    "gateway busy": Path(troubled("busy")),
    "answer lost": Path(troubled("500 after")),
    "retried": Path(lambda world, _name: world.deliver(), busy),
    "swept": Path(lambda world, _name: world.sweep_through(), lost),
    "left open": Path(lambda world, _name: world.stream_through(), left),
    "a day later": Path(lambda world, name: world.process(name), old),
}


class Run(NamedTuple):
    """A payment that was sent down a path, the calls that it made there, and how many faults it met."""

    name: str
    calls: list[str]
    fired: int


def run(world: World, path: Path, faults: list[tuple[int, str]]) -> Run:
    """Send a payment down `path` with `faults`, then let all heal."""
    name = next(NAMES)
    world.begin_process()
    if path.act is not PATHS["validated"].act:
        world.validate(name, path.customer)
    path.prepare(world, name)
    if path.prepare is not Path.prepare:
        world.begin_process()
    world.seam.arm(*faults[0]) if faults else world.seam.disarm()
    for fault in faults[1:]:
        world.seam.also(*fault)
    with suppress(Killed, StoreError):
        path.act(world, name)
    calls = list(world.seam.calls)
    world.begin_process()
    world.account.troubles = []
    # A client that had no answer calls again.
    world.validate(name, path.customer)
    heal(world, name)
    fired = world.seam.fired
    world.seam.disarm()
    world.stream()
    return Run(name, calls, fired)


def heal(world: World, name: str) -> None:
    """Client, stream, queue and sweeper do what they do until the payment is settled."""
    for _ in range(5):
        for step in (world.process, world.heal):
            try:
                step(name)
            except (Killed, StoreError):
                world.begin_process()
            world.clock.turn(100)
        if world.payment(name).status in ENDS:
            return


def assert_whole(world: World, path: Path, name: str) -> None:
    """The end of the road; money taken and posted once or not at all; every transition in the audit trail."""
    payment = world.payment(name)
    taken = world.account.taken(name)
    once = path.end is Status.PROCESSED
    assert payment.status is path.end
    assert [each["id"] for each in taken] == ([payment.gateway_reference] if once else [])
    assert world.posted(name) == (POSTED if once else [])
    assert world.audited(name) == [each.status for each in payment.history]
    assert payment.due_at is None
    assert payment.lease_until is None


def points(calls: list[str]) -> Iterator[tuple[int, str]]:
    """Every call with every kind of fault."""
    return product(range(len(calls)), FAULTS)


@pytest.fixture
def calls(world: World, path: str) -> list[str]:
    """The calls of the path where nothing fails."""
    unharmed = run(world, PATHS[path], [])
    assert_whole(world, PATHS[path], unharmed.name)
    return unharmed.calls


@pytest.mark.parametrize("path", PATHS)
def test_every_fault_heals(
    world: World, path: str, calls: list[str], record_property: Callable[[str, object], None]
) -> None:
    hit = 0
    for at, fault in points(calls):
        ran = run(world, PATHS[path], [(at, fault)])
        assert ran.fired == 1
        assert_whole(world, PATHS[path], ran.name)
        hit += ran.fired

    record_property(f"fault points on the path '{path}' ({', '.join(calls)})", hit)
    assert hit == 4 * len(calls) > 0


@pytest.mark.parametrize("path", ["charged"])
def test_every_pair_of_faults_heals(
    world: World, path: str, calls: list[str], record_property: Callable[[str, object], None]
) -> None:
    """The second hits what comes after the first: the rest of the attempt, or what was to heal it."""
    pairs = [
        [(at, fault), (at + later, second)]
        for at, fault in points(calls)
        for later, second in product(range(1, 7), FAULTS)
    ]
    chosen = random.Random(SEED).sample(pairs, PAIRS)  # noqa: S311 - a choice, and no secret

    both = 0
    for faults in chosen:
        ran = run(world, PATHS[path], faults)
        assert_whole(world, PATHS[path], ran.name)
        both += ran.fired == len(faults)

    record_property(f"pairs of faults on the path '{path}', chosen of {len(pairs)}", both)
    assert both > PAIRS / 2
