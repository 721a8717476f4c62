"""Schedules: how late the emulator sees that one is due, by a clock that this program moves; prints seconds.

A program of its own: the emulator's modules read their environment, and are changed, in their own process.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

from ministack.services import eventbridge

# Due a minute after it was made, and just after the emulator has looked.
MADE, EVERY = 0.5, 60


class EnoughError(Exception):
    """Due and seen."""


class Clock:
    """A clock that sleeping moves, and nothing else."""

    def __init__(self) -> None:
        self.now = 0.0
        self.seen = 0.0

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        if self.seen:
            raise EnoughError
        self.now += seconds

    def invoke(self, *_: object) -> None:
        """Stand for a target that is invoked."""
        self.seen = self.now


def late(clock: Clock) -> float:
    """How many seconds after it was due the emulator sees a schedule, left to itself."""
    inside: Any = eventbridge
    rule = {
        "State": "ENABLED",
        "ScheduleExpression": "rate(1 minute)",
        "Arn": "arn:aws:events:us-east-1:123456789012:rule/due",
        "CreationTime": MADE,
    }
    key = ("123456789012", "us-east-1", "due")
    inside._rules._data[key], inside._targets._data[key] = rule, [{"Id": "1"}]
    inside.time = SimpleNamespace(sleep=clock.sleep, time=lambda: clock.now)
    inside._now_ts = lambda: clock.now
    inside._invoke_target = clock.invoke
    try:
        inside._scheduler_loop()
    except EnoughError:
        return clock.seen - MADE - EVERY
    raise AssertionError


if __name__ == "__main__":
    if sys.argv[1:] == ["mended"]:
        from sandbox.adapters import functions

        functions.look_at_schedules_often()
    print(late(Clock()))
