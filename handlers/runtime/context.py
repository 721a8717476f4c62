"""Lambda's context of an invocation, and the time that it leaves."""

from __future__ import annotations

from typing import Protocol

# Time to log and to respond after the work is done.
RESERVE_SECONDS = 1.0


class Context(Protocol):
    """The part of Lambda's context that the functions use."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""


def seconds_left(context: Context) -> float:
    """Return the seconds that the function may work."""
    return context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
