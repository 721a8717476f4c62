"""Clocks and deadlines; a clock is an argument, so that a test can set it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day, which may jump, and elapsed time, which may not."""

    def now(self) -> int:
        """Return the milliseconds since the epoch, UTC."""

    def elapsed(self) -> float:
        """Return the seconds since some moment; they never go back."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """Return the milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000

    def elapsed(self) -> float:
        """Return the seconds since some moment; they never go back."""
        return time.monotonic()


@dataclass(frozen=True)
class Deadline:
    """The moment by which work must be done, in elapsed time: setting the time of day does not move it."""

    clock: Clock
    moment: float

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        """Return the deadline `seconds` from now."""
        return cls(clock, clock.elapsed() + seconds)

    def earlier(self, seconds: float) -> Deadline:
        """Return the deadline `seconds` before this one."""
        return replace(self, moment=self.moment - seconds)

    def left(self) -> float:
        """Return the seconds left; negative once it has passed."""
        return self.moment - self.clock.elapsed()


def iso(moment: int) -> str:
    """Return `moment`, in milliseconds since the epoch, as ISO 8601 in UTC."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
