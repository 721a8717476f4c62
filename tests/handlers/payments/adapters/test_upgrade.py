"""Connecting for a migration: a failover is waited out, a refusal is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from handlers.payments.adapters.postgres import Connection
from handlers.payments.adapters.upgrade import patient
from handlers.payments.clock import Deadline

SESSION = object()
STARTING_UP = DatabaseError({"C": "57P03", "M": "the database system is starting up"})
REFUSED = DatabaseError({"C": "28P01", "M": "password authentication failed"})


class Failover:
    """A database that fails a number of times, and a clock that only pauses move."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.seconds = 0.0
        self.pauses: list[float] = []
        self.attempts: list[float] = []

    def now(self) -> int:
        """Return the milliseconds since the epoch."""
        return int(self.seconds * 1000)

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return self.seconds

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.pauses.append(seconds)
        self.seconds += seconds

    def connect(self, seconds: float) -> Connection:
        """Fail, or return a connection."""
        self.attempts.append(seconds)
        if self.failures:
            raise self.failures.pop(0)
        return SESSION  # type: ignore[return-value]  # nothing is run on it

    def patiently(self, seconds: float) -> Callable[[float], Connection]:
        """Return what connects until so many seconds have passed."""
        return patient(self.connect, Deadline.after(seconds, self), self.pause)


@pytest.mark.parametrize("failure", [InterfaceError("no answer"), ConnectionRefusedError(), STARTING_UP])
def test_a_database_that_does_not_answer_is_asked_again_with_growing_pauses(failure: Exception) -> None:
    failover = Failover(*[failure] * 12)

    assert failover.patiently(550)(100) is SESSION

    assert [1, 2, 4, 8, 15, 15] == failover.pauses[:6]
    # The longest failover of a Multi-AZ instance takes two minutes.
    assert sum(failover.pauses) >= 120


def test_a_refusal_is_not_waited_for() -> None:
    failover = Failover(REFUSED)

    with pytest.raises(DatabaseError):
        failover.patiently(550)(100)

    assert [] == failover.pauses


def test_waiting_ends_with_the_last_failure_while_there_is_time_to_report_it() -> None:
    failover = Failover(*[InterfaceError("no answer")] * 1000)

    with pytest.raises(InterfaceError):
        failover.patiently(200)(100)

    assert 180 < failover.seconds <= 200


def test_an_attempt_takes_no_longer_than_the_time_that_is_left() -> None:
    failover = Failover(InterfaceError("no answer"))

    failover.patiently(20)(100)

    assert [20, 19] == failover.attempts
