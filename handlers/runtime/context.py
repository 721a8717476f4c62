"""Runtime: what Lambda tells a function about its own invocation."""

from __future__ import annotations

from typing import Protocol

# What the function needs after its work is done, to say what came of it.
RESERVE_SECONDS = 1.0


class Context(Protocol):
    """The part of Lambda's context that the functions use."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


def seconds_left(context: Context) -> float:
    """Seconds that the function may work."""
    return context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
