"""Clock: the time, passed in like any other client so that a test can turn it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time twice: of day, which may jump, and elapsed, which may not."""

    def now(self) -> int:
        """Milliseconds since the epoch, UTC."""

    def elapsed(self) -> float:
        """Seconds since some moment, never going back."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000

    def elapsed(self) -> float:
        """Seconds since some moment, never going back."""
        return time.monotonic()


@dataclass(frozen=True)
class Deadline:
    """The moment by which work must be done, by elapsed time: it holds if the time of day is set."""

    clock: Clock
    moment: float

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        """The deadline that is `seconds` away."""
        return cls(clock, clock.elapsed() + seconds)

    def earlier(self, seconds: float) -> Deadline:
        """The deadline that is `seconds` before this one."""
        return replace(self, moment=self.moment - seconds)

    def left(self) -> float:
        """Seconds left; negative once it has passed."""
        return self.moment - self.clock.elapsed()


def iso(moment: int) -> str:
    """`moment`, in milliseconds since the epoch, as ISO 8601 in UTC."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
