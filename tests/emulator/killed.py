"""Killed: a process that runs a function's own archive once, and is ended by SIGKILL at a call of its choice.

    python killed.py ARCHIVE CALL NUMBER WHEN < event.json

CALL is the name of a call over HTTP (`UpdateItem`, `SendMessage`; `GET` and `POST` are the gateway's), or
`ledger`; WHEN is `before` its effect or `after` it. Nothing is cleaned up, flushed or told to anybody.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

SECONDS = 27


class Invocation:
    """What Lambda tells of an invocation."""

    aws_request_id = "killed"

    def get_remaining_time_in_millis(self) -> int:
        """All of it."""
        return SECONDS * 1000


class Point:
    """The call that the process does not survive."""

    def __init__(self, call: str, number: int, when: str) -> None:
        self.call, self.number, self.when = call, number, when
        self.seen = 0

    def through(self, call: str, made: Callable[[], Any]) -> Any:
        """Make the call, unless this is where the process ends."""
        self.seen += call == self.call
        here = call == self.call and self.seen == self.number
        if here and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = made()
        if here:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def watch(point: Point) -> None:
    """Have every request over HTTP and every statement of the ledger go through `point`."""
    import pg8000.native  # noqa: PLC0415 - what the archive brings comes first
    import urllib3  # noqa: PLC0415

    urlopen = urllib3.HTTPConnectionPool.urlopen
    run: Callable[..., Any] = pg8000.native.Connection.run

    @functools.wraps(urlopen)
    def request(pool: Any, method: str, url: str, *given: Any, **named: Any) -> Any:
        target = (named.get("headers") or {}).get("X-Amz-Target", method)
        text = target.decode() if isinstance(target, bytes) else str(target)
        return point.through(text.rpartition(".")[2], lambda: urlopen(pool, method, url, *given, **named))

    def statement(connection: Any, *given: Any, **named: Any) -> Any:
        return point.through("ledger", lambda: run(connection, *given, **named))

    urllib3.HTTPConnectionPool.urlopen = request  # type: ignore[method-assign, assignment]
    pg8000.native.Connection.run = statement  # type: ignore[method-assign, assignment]


def main() -> None:
    """Run the processor on the event that stdin holds."""
    archive, call, number, when = sys.argv[1:]
    sys.path.insert(0, archive)
    event = json.load(sys.stdin)
    watch(Point(call, int(number), when))
    from handlers import payment_processor  # noqa: PLC0415 - of the archive

    print(json.dumps(payment_processor.handler(event, Invocation())))


if __name__ == "__main__":
    main()
