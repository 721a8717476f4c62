"""Chaos settles every payment once; and a proof of it finds each way in which that could be untrue."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from itertools import islice
from typing import Any, cast

import pytest

from handlers.payments.money import Money
from handlers.payments.payment import Payment, Status, Transition
from pipeline.change.smoke import Answer, Api
from pipeline.console import Silence
from sandbox import chaos, load
from sandbox.chaos import Plan
from sandbox.load import Asked, Load
from sandbox.proof import Evidence, faults
from sandbox.records import Depth, Entry
from sandbox.system import SandboxError, System

ACCEPTED = {"t-1": Asked("t-1", 1250, "EUR", "cus_1")}


def test_every_payment_is_settled_once_whatever_breaks(running: System) -> None:
    came = chaos.run(running, Plan(seed=4, clients=3, seconds=60, payments=15), Silence())

    assert came.faults == []
    assert len(came.load.accepted) == 15
    assert not came.load.unheard
    assert came.breakages >= 3


def test_nothing_is_proved_where_nothing_was_accepted(
    running: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stack that takes no payments has no wrong ones either."""
    monkeypatch.setattr(chaos, "WARM_SECONDS", 0)

    came = chaos.run(running, Plan(seed=4, clients=1, seconds=0, payments=1), Silence())

    assert came.faults == ["no payment was accepted, expected some: nothing is proved"]


def test_a_seed_says_what_breaks_and_when() -> None:
    """After how many answers, which part and how: whatever the load then makes of it."""
    first, again, other = (list(islice(chaos.breakages(seed), 50)) for seed in (4, 4, 5))

    assert first == again != other
    assert {part for _, part, _ in first} == {"function", "database", "drops", "troubles"}


def test_a_part_that_ends_is_said_to_have_ended() -> None:
    """Not taken for something that was broken on purpose, which would be waited for."""

    class Ended:
        api = Api("http://nowhere", "")

        def ended(self) -> str:
            return "the emulator ended by SIGKILL"

    with pytest.raises(SandboxError, match=r"^sandbox: the emulator ended by SIGKILL$"):
        chaos.take(cast("System", Ended()), Load(), [ACCEPTED["t-1"]], Plan(1, 1, 60, 1), 60)


def test_an_interrupted_load_waits_for_no_client() -> None:
    """Ctrl-C ends it at once, also where a client waits for an answer."""
    answered, calls = threading.Event(), threading.Semaphore(1)
    asked = [ACCEPTED["t-1"], Asked("t-2", 1250, "EUR", "cus_1")]

    class Silent(Api):
        def call(self, *_: object, **__: object) -> Answer:
            if calls.acquire(blocking=False):
                raise KeyboardInterrupt
            answered.wait(60)
            return Answer(200, {})

    done = Load()
    try:
        with pytest.raises(KeyboardInterrupt):
            load.run(done, Silent("http://nowhere", ""), asked, 2, 60)
        assert not done.answered
    finally:
        answered.set()


def payment(*way: Status, **changes: Any) -> Payment:
    """A payment that went that way."""
    return dataclasses.replace(
        Payment(
            transaction_id="t-1",
            owner="owner",
            customer_id="cus_1",
            money=Money(1250, "EUR"),
            status=way[-1],
            version=len(way),
            attempts=1,
            history=tuple(Transition(status, 1_000 + number) for number, status in enumerate(way)),
            gateway_reference="pi_1",
        ),
        **changes,
    )


def intent(**changes: object) -> dict[str, Any]:
    """The charge of it at the gateway."""
    told = {"id": "pi_1", "amount": 1250, "currency": "eur", "status": "succeeded"}
    return {**told, "metadata": {"transaction_id": "t-1"}, **changes}


def right() -> Evidence:
    """What is found of a payment on which nothing went wrong."""
    return Evidence(
        {"t-1": payment(Status.VALIDATED, Status.PROCESSING, Status.PROCESSED)},
        [intent()],
        [
            Entry("t-1", "gateway.receivable", "EUR", 1250, "pi_1"),
            Entry("t-1", "merchant.payable", "EUR", -1250, "pi_1"),
        ],
        {
            "t-1/0001.json": "payment.validated",
            "t-1/0002.json": "payment.processing",
            "t-1/0003.json": "payment.processed",
        },
        [Depth("payment-retry-dlq-dev", 1, 0, 0), Depth("payment-audit-dlq-dev", 0, 0, 0)],
    )


def test_nothing_is_wrong_with_a_payment_that_is_settled_once() -> None:
    assert faults(ACCEPTED, right()) == []


WRONG: dict[str, tuple[Callable[[Evidence], Evidence], str]] = {
    "lost": (
        lambda seen: Evidence({}, [], [], {}, seen.queues),
        "t-1: accepted, and not in the table",
    ),
    "another amount": (
        lambda seen: dataclasses.replace(
            seen, payments={"t-1": dataclasses.replace(seen.payments["t-1"], money=Money(1, "EUR"))}
        ),
        "t-1: asked for EUR 1250",
    ),
    "never settled": (
        lambda seen: Evidence(
            {"t-1": payment(Status.VALIDATED, Status.PROCESSING)},
            [],
            [],
            {"t-1/0001.json": "payment.validated", "t-1/0002.json": "payment.processing"},
            seen.queues,
        ),
        "t-1: found processing (none given), expected processed or declined",
    ),
    "settled twice": (
        lambda seen: dataclasses.replace(
            seen,
            payments={"t-1": payment(*(Status.VALIDATED, *(Status.PROCESSING, Status.PROCESSED) * 2))},
        ),
        "t-1: settled as processed, processed, expected once",
    ),
    "charged twice": (
        lambda seen: dataclasses.replace(seen, intents=[intent(), intent(id="pi_2")]),
        "t-1: processed, found charges",
    ),
    "never charged": (
        lambda seen: dataclasses.replace(seen, intents=[intent(status="canceled")]),
        "t-1: processed, found charges []",
    ),
    "charged too much": (
        lambda seen: dataclasses.replace(seen, intents=[intent(amount=1251)]),
        "t-1: processed, found charges",
    ),
    "charged for nobody": (
        lambda seen: dataclasses.replace(
            seen, intents=[intent(), intent(id="pi_2", metadata={"transaction_id": "t-2"})]
        ),
        "t-2: charged, and not in the table",
    ),
    "not posted": (
        lambda seen: dataclasses.replace(seen, entries=[]),
        "t-1: processed, found entries []",
    ),
    "out of balance": (
        lambda seen: dataclasses.replace(seen, entries=seen.entries[:1]),
        "ledger: EUR is out of balance by 1250",
    ),
    "not told": (
        lambda seen: dataclasses.replace(
            seen, audit={name: told for name, told in seen.audit.items() if "0002" not in name}
        ),
        "audit trail: t-1/0002.json: found None, expected payment.processing",
    ),
    "told wrongly": (
        lambda seen: dataclasses.replace(seen, audit={**seen.audit, "t-1/0004.json": "payment.failed"}),
        "audit trail: t-1/0004.json: found payment.failed, expected None",
    ),
    "an audit record set aside": (
        lambda seen: dataclasses.replace(seen, queues=[Depth("payment-audit-dlq-dev", 1, 0, 0)]),
        "payment-audit-dlq-dev: found 1 dead letters, expected none",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_proof_finds_what_is_wrong(wrong: str) -> None:
    spoil, said = WRONG[wrong]

    found = faults(ACCEPTED, spoil(right()))

    assert [each for each in found if each.startswith(said)], found
