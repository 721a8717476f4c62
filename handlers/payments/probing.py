"""Probing: whether what payments stand on answers, asked all at once and for a few seconds only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass

from handlers.payments.clock import Clock, Deadline, iso

# The API gives a status page 29 s; whoever looks at one has less patience.
SECONDS = 8.0

Figures = Mapping[str, int]
Probe = Callable[[], Figures]
"""Asks something for figures that matter; raises if it does not answer."""


@dataclass(frozen=True)
class Report:
    """Which of the probed answer, and the figures that they told."""

    at: int
    services: Mapping[str, bool]
    figures: Mapping[str, Figures]

    @property
    def good(self) -> bool:
        """Whether all answer."""
        return all(self.services.values())

    def document(self) -> dict[str, object]:
        """The report as the route answers it."""
        words = {True: "operational", False: "unavailable"}
        return {
            "status": "operational" if self.good else "degraded",
            "timestamp": iso(self.at),
            "services": {name: words[good] for name, good in self.services.items()},
            "backlog": {name: dict(figures) for name, figures in self.figures.items() if figures},
        }


def probe(probes: Mapping[str, Probe], clock: Clock, expected: tuple[type[Exception], ...]) -> Report:
    """Ask all `probes` at once; one that raises one of `expected`, or takes too long, does not answer."""
    pool = ThreadPoolExecutor(max_workers=len(probes))
    asked = {name: pool.submit(each) for name, each in probes.items()}
    deadline = Deadline.after(SECONDS, clock)
    answers = {name: answer(each, deadline, expected) for name, each in asked.items()}
    pool.shutdown(wait=False, cancel_futures=True)
    return Report(
        clock.now(),
        {name: figures is not None for name, figures in answers.items()},
        {name: figures for name, figures in answers.items() if figures is not None},
    )


def answer(
    asked: Future[Figures], deadline: Deadline, expected: tuple[type[Exception], ...]
) -> Figures | None:
    """The figures, or None where there is no answer."""
    try:
        return asked.result(timeout=max(0.0, deadline.left()))
    except TooLate:
        return None
    except expected:
        return None
