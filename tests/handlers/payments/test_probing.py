"""What GET /status knows it need not ask, for a few seconds: by a clock that is turned."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping

import pytest

from handlers import audit_logger
from handlers.payments.probing import FAILED_SECONDS, GOOD_SECONDS, SECONDS, Probing
from handlers.runtime import telemetry
from tests.handlers.entering import Invocation
from tests.handlers.world import TurnedClock


class AwayError(Exception):
    """What a probe raises that got no answer."""


class Service:
    """Something to be probed, which can be away."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False

    def __call__(self) -> Mapping[str, int]:
        """How often it was asked."""
        self.asked += 1
        if self.away:
            raise AwayError
        return {"asked": self.asked}


@pytest.fixture
def table() -> Service:
    return Service()


@pytest.fixture
def queue() -> Service:
    return Service()


@pytest.fixture
def probing(table: Service, queue: Service, clock: TurnedClock) -> Probing:
    return Probing({"table": table, "queue": queue}, clock, (AwayError,))


def test_however_often_it_is_polled_it_asks_once_in_five_seconds(
    probing: Probing, table: Service, queue: Service, clock: TurnedClock
) -> None:
    for _ in range(600):
        assert probing.report().good
        clock.turn(0.1)

    assert GOOD_SECONDS == 5
    assert (table.asked, queue.asked) == (12, 12)


def test_an_answer_is_good_for_five_seconds_and_not_for_longer(
    probing: Probing, table: Service, clock: TurnedClock
) -> None:
    probing.report()
    table.away = True

    clock.turn(GOOD_SECONDS - 0.001)
    assert probing.report().good
    clock.turn(0.001)
    assert not probing.report().good


def test_a_failure_is_forgotten_sooner_than_a_success(
    probing: Probing, table: Service, queue: Service, clock: TurnedClock
) -> None:
    """Only what failed is asked again, and it is asked no more often than it can bear."""
    table.away = True
    assert not probing.report().good
    table.away = False

    clock.turn(FAILED_SECONDS - 0.001)
    assert not probing.report().good
    assert (table.asked, queue.asked) == (1, 1)
    clock.turn(0.001)
    report = probing.report()

    assert FAILED_SECONDS < GOOD_SECONDS
    assert report.good
    assert report.asked == {"table"}
    assert (table.asked, queue.asked) == (2, 1)


def test_the_report_says_when_each_was_probed(probing: Probing, table: Service, clock: TurnedClock) -> None:
    table.away = True
    first = probing.report().document()
    clock.turn(FAILED_SECONDS)
    table.away = False

    second = probing.report().document()

    assert first["probed"] == dict.fromkeys(("table", "queue"), first["timestamp"])
    assert second["probed"] == {"table": second["timestamp"], "queue": first["timestamp"]}
    assert second["timestamp"] != first["timestamp"]
    assert first["services"] == {"table": "unavailable", "queue": "operational"}
    assert second["backlog"] == {"table": {"asked": 2}, "queue": {"asked": 1}}


def test_a_failure_is_told_as_new_once(probing: Probing, table: Service, clock: TurnedClock) -> None:
    """The metric behind an alarm counts probes that failed, not people who looked."""
    table.away = True

    broken = []
    for _ in range(4):
        broken.append(probing.report().broken)
        clock.turn(FAILED_SECONDS / 2)

    assert broken == [True, False, True, False]


class SleptClock(TurnedClock):
    """A clock whose elapsed time stands still, as while Lambda lets a process sleep."""

    def elapsed(self) -> float:
        """Always the same."""
        return 7.0


class SetClock(TurnedClock):
    """A clock whose time of day was set back."""

    def __init__(self) -> None:
        super().__init__()
        self.back = 0

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self.moment - self.back


def test_what_was_known_before_the_process_slept_is_known_no_more(table: Service) -> None:
    clock = SleptClock()
    probing = Probing({"table": table}, clock, (AwayError,))
    probing.report()

    clock.turn(GOOD_SECONDS)

    assert probing.report().asked == {"table"}


def test_what_was_known_before_the_clock_was_set_is_known_no_more(table: Service) -> None:
    clock = SetClock()
    probing = Probing({"table": table}, clock, (AwayError,))
    probing.report()

    clock.back = 3_600_000

    assert probing.report().asked == {"table"}


def test_a_probe_that_takes_too_long_is_no_answer_and_holds_nobody_up(table: Service) -> None:
    """Deadlines are by the clock: this one runs out while the probe is being waited for."""
    answering = threading.Event()

    def slow() -> Mapping[str, int]:
        answering.wait(60)
        return {}

    class RunOut(TurnedClock):
        """A clock that is at the deadline each time it is looked at after the first."""

        def elapsed(self) -> float:
            """Seconds."""
            self.turn(SECONDS)
            return super().elapsed()

    report = Probing({"slow": slow}, RunOut(), (AwayError,)).report()
    answering.set()

    assert report.services == {"slow": False}


def test_an_error_that_nobody_expected_is_not_taken_for_an_outage(clock: TurnedClock) -> None:
    def wrong() -> Mapping[str, int]:
        raise KeyError("figures")

    probing = Probing({"wrong": wrong}, clock, (AwayError,))

    with pytest.raises(KeyError):
        probing.report()
    assert probing.known == {}


def test_the_route_counts_what_failed_once_and_refuses_as_long_as_it_is_known(
    probing: Probing,
    table: Service,
    clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Payments")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")
    monkeypatch.setattr(audit_logger, "probing", lambda: probing)
    telemetry.metrics.cache_clear()
    table.away = True

    answers = []
    for _ in range(2):
        answers.append(audit_logger.handler({"httpMethod": "GET"}, Invocation()))
        clock.turn(1)
    telemetry.metrics.cache_clear()

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["statusCode"] for answer in answers] == [503, 503]
    probed = [json.loads(answer["body"])["probed"]["table"] for answer in answers]
    assert probed[0] == probed[1]
    assert table.asked == 1
    assert [line["HandledFailure"] for line in said if "HandledFailure" in line] == [[1.0], [0.0]]
    assert [line["asked"] for line in said if "asked" in line] == [["queue", "table"], []]
