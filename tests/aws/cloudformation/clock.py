"""A clock that stands still until a test, or the code under test, sleeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
# Two events never have the same time, so that their order is the order of their times.
MOMENT = timedelta(milliseconds=1)


@dataclass
class Clock:
    """The time of a cloud; `turn` is called whenever somebody sleeps."""

    turn: Callable[[], None]
    now: datetime = START
    slept_seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)
    """Every sleep, in seconds."""

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass and operations advance by a step; stands in for `time.sleep`."""
        self.now += timedelta(seconds=seconds)
        self.slept_seconds += seconds
        self.pauses.append(seconds)
        self.turn()

    def monotonic(self) -> float:
        """Return the seconds that passed; stands in for `time.monotonic`."""
        return self.slept_seconds

    def moment(self) -> datetime:
        """Return a time that nothing else has."""
        self.now += MOMENT
        return self.now
