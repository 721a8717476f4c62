"""Polling until an operation has ended, with pauses that grow."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from pipeline.change.sessions import ChangeError

Answer = TypeVar("Answer")
FIRST_SECONDS, MOST_SECONDS, FACTOR = 0.2, 5.0, 1.4


def until(
    place: str,
    ask: Callable[[], Answer],
    ended: Callable[[Answer], bool],
    patience_seconds: float,
    *,
    longest_pause_seconds: float = MOST_SECONDS,
) -> Answer:
    """Return the first answer for which `ended` holds; ChangeError after `patience_seconds`."""
    pause, give_up = FIRST_SECONDS, time.monotonic() + patience_seconds
    while True:
        answer = ask()
        if ended(answer):
            return answer
        if time.monotonic() > give_up:
            raise ChangeError(f"{place}: has not ended after {patience_seconds:.0f} s; expected an end")
        time.sleep(pause)
        pause = min(pause * FACTOR, longest_pause_seconds)
