"""Stalled: an AWS that does not answer ends a call with an error, or the function; then all heals."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from handlers.payments.adapters.dynamodb import DynamoDBStore
from handlers.payments.adapters.s3_audit import S3Trail
from handlers.payments.adapters.secrets import Secret, SecretError
from handlers.payments.adapters.sqs import SqsQueue
from handlers.payments.audit import AuditError, Entry
from handlers.payments.payment import Status
from handlers.payments.processing import LEASE_MS, Outcome
from handlers.payments.retry import Message, QueueError
from handlers.payments.store import StoreError
from handlers.runtime import clients
from handlers.runtime.context import RESERVE_SECONDS
from templates.compute import RETRIER_TIMEOUT_SECONDS
from templates.compute.function import TIMEOUT_SECONDS
from tests.handlers.world import KEY_ARN, Killed, World

TRIES = 3
# botocore waits at random before each further try, up to a limit that doubles: 1 s, then 2.
MOST_WAITING = 1 + 2


def longest_call() -> float:
    """The most seconds that one call of an AWS client takes that hangs from its first try to its last."""
    config: Any = clients.CONFIG
    return float(TRIES * (config.connect_timeout + config.read_timeout) + MOST_WAITING)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """An endpoint for every service that says nothing to whoever connects, and clients of little patience."""
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clients, "CONFIG", clients.CONFIG.merge(Config(read_timeout=0.05)))
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    clients.session.cache_clear()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listening.getsockname()[1]}")
        yield listening
    clients.session.cache_clear()


def connections(listening: socket.socket) -> int:
    """How many connections were made."""
    listening.setblocking(False)
    found = 0
    with suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            found += 1
    return found


def test_one_call_that_hangs_is_over_before_the_function_is() -> None:
    """Whoever waits is told 503 by us, and not by the API what became of a function."""
    config: Any = clients.CONFIG

    assert config.retries == {"mode": "standard", "total_max_attempts": TRIES}
    assert longest_call() < TIMEOUT_SECONDS - RESERVE_SECONDS


def test_a_lease_outlives_every_function_that_may_hold_it() -> None:
    """Two calls that hang take longer than Lambda allows: it ends the function, and nobody holds on."""
    assert 2 * longest_call() > TIMEOUT_SECONDS
    assert max(TIMEOUT_SECONDS, RETRIER_TIMEOUT_SECONDS) < LEASE_MS / 1000


@pytest.mark.parametrize(
    ("service", "call", "error"),
    [
        ("dynamodb", lambda each: DynamoDBStore(each, "payments").find("t-1"), StoreError),
        (
            "sqs",
            lambda each: SqsQueue(each, "http://127.0.0.1/q").send(Message("t", 0, "", "")),
            QueueError,
        ),
        ("secretsmanager", lambda each: Secret(each, "arn").value(), SecretError),
        ("s3", lambda each: S3Trail(each, "audit", KEY_ARN).write(Entry("a", b"{}")), AuditError),
    ],
)
def test_a_service_that_says_nothing_is_given_up(
    silent: socket.socket, service: str, call: Callable[[Any], object], error: type[Exception]
) -> None:
    """As any other error: the code of each deals with it."""
    with pytest.raises(error, match="ReadTimeoutError"):
        call(clients.client(service))

    assert connections(silent) == TRIES


class Slow:
    """Calls of the world, of which one of `service` takes `seconds`; then it goes `how` it goes."""

    def __init__(self, world: World, service: str, at: int, seconds: float, how: str) -> None:
        self.world, self.service, self.at, self.seconds, self.how = world, service, at, seconds, how
        self.real, self.seen = world.seam.call, 0

    def call(self, name: str, error: Exception, made: Callable[[], Any]) -> Any:
        """Make the call; call number `at` of the service takes its time."""
        if not name.startswith(self.service):
            return self.real(name, error, made)
        self.seen += 1
        if self.seen != self.at:
            return self.real(name, error, made)
        done = self.real(name, error, made)
        self.world.clock.turn(self.seconds)
        if self.how == "answers":
            return done
        raise Killed(name) if self.how == "ends" else ReadTimeoutError(endpoint_url="https://aws")


def slow(world: World, monkeypatch: pytest.MonkeyPatch, at: int, how: str, service: str = "dynamodb") -> None:
    """Let call number `at` of `service` take as long as one can: it `answers`, it `fails`, or all `ends`."""
    monkeypatch.setattr(world.seam, "call", Slow(world, service, at, longest_call(), how).call)


def assert_charged_once(world: World) -> None:
    """One charge, one posting, and the end of the road."""
    payment = world.payment()
    assert payment.status is Status.PROCESSED
    assert [each["id"] for each in world.account.taken("t-1")] == [payment.gateway_reference]
    assert world.posted() == [("gateway.receivable", 1050), ("merchant.payable", -1050)]


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager"])
def test_nothing_is_charged_where_another_service_took_the_time(
    world: World, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    """What is left would not do for the gateway and for writing down what it said."""
    world.validate()
    slow(world, monkeypatch, 1, "answers", service)

    result = world.process()

    assert (result.outcome, result.faults) == (Outcome.RETRYING, ("gateway_out_of_time",))
    assert world.account.requests == []
    world.heal()
    assert_charged_once(world)


@pytest.mark.parametrize("at", [1, 2], ids=["leasing", "settling"])
@pytest.mark.parametrize("how", ["fails", "ends"])
def test_a_write_that_hangs_is_healed_when_the_lease_has_ended(
    world: World, monkeypatch: pytest.MonkeyPatch, at: int, how: str
) -> None:
    """Though it took effect: the function gave up on it, or Lambda on the function."""
    world.validate()
    slow(world, monkeypatch, at, how)
    with suppress(Killed, StoreError):
        world.process()
    monkeypatch.undo()
    world.begin_process()

    world.heal()

    assert_charged_once(world)
