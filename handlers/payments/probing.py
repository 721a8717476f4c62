"""Probing: whether what payments stand on answers, asked all at once and no more often than it can bear."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field

from handlers.payments.clock import Clock, Deadline, iso

# The API gives a status page 29 s; whoever looks at one has less patience.
SECONDS = 8.0

# How long an answer is good for: however often a process is asked, it asks no more often itself.
GOOD_SECONDS = 5.0
# A failure may be one packet that got lost, and whoever sees it wants to see that it is over.
FAILED_SECONDS = 2.0

Figures = Mapping[str, int]
Probe = Callable[[], Figures]
"""Asks something for figures that matter; raises if it does not answer."""


@dataclass(frozen=True)
class Answer:
    """What came of a probe, and when."""

    figures: Figures | None
    """None: it did not answer."""
    at: int
    elapsed: float

    def holds(self, clock: Clock) -> bool:
        """Whether there is no need to ask again.

        By both clocks: elapsed time may stand still while Lambda lets a process sleep, and the time of day
        may be set.
        """
        most = FAILED_SECONDS if self.figures is None else GOOD_SECONDS
        ages = (clock.elapsed() - self.elapsed, (clock.now() - self.at) / 1000)
        return all(0 <= age < most for age in ages)


@dataclass(frozen=True)
class Report:
    """What is known of each service, and when."""

    at: int
    answers: Mapping[str, Answer]
    asked: frozenset[str]
    """The services that were asked for this report; of the others something was known."""

    @property
    def services(self) -> Mapping[str, bool]:
        """Which services answer."""
        return {name: answer.figures is not None for name, answer in self.answers.items()}

    @property
    def good(self) -> bool:
        """Whether all answer."""
        return all(self.services.values())

    @property
    def broken(self) -> bool:
        """Whether one that was asked for this report did not answer."""
        return any(self.answers[name].figures is None for name in self.asked)

    def document(self) -> dict[str, object]:
        """The report as the route answers it."""
        words = {True: "operational", False: "unavailable"}
        return {
            "status": "operational" if self.good else "degraded",
            "timestamp": iso(self.at),
            "services": {name: words[good] for name, good in self.services.items()},
            "probed": {name: iso(answer.at) for name, answer in self.answers.items()},
            "backlog": {name: dict(each.figures) for name, each in self.answers.items() if each.figures},
        }


@dataclass
class Probing:
    """The probes of a process, which has one caller at a time, and what they last answered."""

    probes: Mapping[str, Probe]
    clock: Clock
    expected: tuple[type[Exception], ...]
    """What a probe raises that got no answer."""
    known: dict[str, Answer] = field(default_factory=dict)

    def report(self) -> Report:
        """What is known, after asking for what is not, or not any more."""
        held = {name for name, answer in self.known.items() if answer.holds(self.clock)}
        stale = [name for name in self.probes if name not in held]
        if stale:
            self.known |= self.ask(stale)
        answers = {name: self.known[name] for name in self.probes}
        return Report(self.clock.now(), answers, frozenset(stale))

    def ask(self, names: Iterable[str]) -> dict[str, Answer]:
        """Ask all of `names` at once; one that takes too long does not answer."""
        pool = ThreadPoolExecutor(max_workers=len(self.probes))
        try:
            asked = {name: pool.submit(self.probes[name]) for name in names}
            deadline = Deadline.after(SECONDS, self.clock)
            return {name: self.answer(each, deadline) for name, each in asked.items()}
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def answer(self, asked: Future[Figures], deadline: Deadline) -> Answer:
        """What comes of one probe."""
        figures: Figures | None
        try:
            figures = asked.result(timeout=max(0.0, deadline.left()))
        except TooLate:
            figures = None
        except self.expected:
            figures = None
        return Answer(figures, self.clock.now(), self.clock.elapsed())
