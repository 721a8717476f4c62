"""Every call of a payment fails before or after its effect, or the process ends there; then all heals."""

from __future__ import annotations

from contextlib import suppress

import pytest

from handlers.payments.payment import Status
from handlers.payments.store import StoreError
from tests.handlers.world import FAULTS, Killed, World

# What a payment calls, in order: a change here changes what the faults below hit.
CALLS = [
    "dynamodb.update_item",
    "secretsmanager.get_secret_value",
    "gateway.request",
    "gateway.request",
    "ledger.run",
    "dynamodb.update_item",
]
RETRIED_CALLS = [*CALLS[:4], "dynamodb.update_item", "retries.send_message"]
FAILED_CALLS = [*CALLS[:4], "dead_letters.send_message", "dynamodb.update_item"]


def attempt(world: World) -> None:
    """What a client's call does, whatever comes of it."""
    with suppress(Killed, StoreError):
        world.process()
    world.begin_process()


def assert_charged_once(world: World) -> None:
    """One charge, one balanced posting, the end of the road, and all of it in the audit trail."""
    payment = world.payment()
    assert payment.status is Status.PROCESSED
    assert len(world.account.taken("t-1")) == 1
    assert payment.gateway_reference == world.account.taken("t-1")[0]["id"]
    assert world.posted() == [("gateway.receivable", 1050), ("merchant.payable", -1050)]
    assert world.audited() == [each.status for each in payment.history]
    assert payment.due_at is None
    assert payment.lease_until is None


def test_a_payment_makes_these_calls(world: World) -> None:
    world.validate()
    world.process()

    assert world.seam.calls == CALLS


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(len(CALLS)), ids=lambda at: f"{at}-{CALLS[at]}")
def test_queue_and_sweeper_heal_it(world: World, at: int, fault: str) -> None:
    """The client never comes back."""
    world.validate()
    world.seam.at, world.seam.fault = at, fault
    attempt(world)
    untouched = world.payment().status is Status.VALIDATED

    world.heal()
    if untouched:
        # Nothing was begun, and nobody but the client knows that it was wanted.
        world.process()
        world.heal()

    assert_charged_once(world)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(len(CALLS)), ids=lambda at: f"{at}-{CALLS[at]}")
def test_the_client_heals_it(world: World, at: int, fault: str) -> None:
    """The client calls again and again, and everything else waits."""
    world.validate()
    world.seam.at, world.seam.fault = at, fault
    attempt(world)
    for _ in range(3):
        world.clock.turn(60)
        world.process()
    if world.payment().status is Status.RETRYING:
        world.clock.turn(60)
        world.deliver()
    world.stream()

    assert_charged_once(world)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(len(RETRIED_CALLS)), ids=lambda at: f"{at}-{RETRIED_CALLS[at]}")
def test_a_retry_heals_as_well(world: World, at: int, fault: str) -> None:
    """The fault comes on top of a gateway that is busy."""
    world.validate()
    world.account.troubles = ["busy"]
    world.seam.at, world.seam.fault = at, fault
    attempt(world)

    world.heal()
    if world.payment().status is Status.VALIDATED:
        world.process()
    world.heal()

    assert_charged_once(world)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(len(FAILED_CALLS)), ids=lambda at: f"{at}-{FAILED_CALLS[at]}")
def test_a_payment_that_fails_ends_with_a_letter(world: World, at: int, fault: str) -> None:
    """The state says failed only once people have been told; nothing is charged."""
    world.validate()
    world.account.troubles = ["refused"] * 20
    world.seam.at, world.seam.fault = at, fault
    attempt(world)
    world.heal(rounds=100)
    if world.payment().status is Status.VALIDATED:
        world.process()
        world.heal()

    assert world.payment().status is Status.FAILED
    assert world.letters()
    assert not world.account.taken("t-1")
    assert world.posted() == []
    assert world.audited() == [each.status for each in world.payment().history]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(5, 5 + len(CALLS)))
def test_a_second_fault_in_the_retry_heals_too(world: World, at: int, fault: str) -> None:
    """A first attempt whose posting was lost, then each call of the next one."""
    world.validate()
    world.seam.at, world.seam.fault = CALLS.index("ledger.run"), "after kill"
    attempt(world)
    world.seam.at, world.seam.fault = at, fault
    world.heal()

    assert_charged_once(world)
