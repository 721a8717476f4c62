"""Probes of the services that payments depend on: all at once, and their results cached for seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field

from handlers.payments.audit import AuditError, Trail
from handlers.payments.clock import Clock, Deadline, iso
from handlers.payments.ledger import Ledger, LedgerUnavailableError
from handlers.payments.retry import QueueError
from handlers.payments.store import Store, StoreError

# The API allows a status page 29 s; a person who looks at one has less patience.
SECONDS = 8.0

# How long a result is valid: however often a process is asked, it probes no more often.
GOOD_SECONDS = 5.0
# A failure may be one lost packet, and a person who sees it wants to see its end.
FAILED_SECONDS = 2.0

UNAVAILABLE = (StoreError, AuditError, QueueError, LedgerUnavailableError)
"""Errors of a service that does not respond."""

Figures = Mapping[str, int]
Probe = Callable[[], Figures]
"""Returns figures of a service; raises if it does not respond."""


@dataclass(frozen=True)
class Answer:
    """The result of a probe, and its time."""

    figures: Figures | None
    """None: the service did not respond."""
    at: int
    elapsed: float

    def holds(self, clock: Clock) -> bool:
        """Return whether the result is still valid.

        By both clocks: elapsed time may stand still while a process is frozen, and the time of day may be
        set.
        """
        most = FAILED_SECONDS if self.figures is None else GOOD_SECONDS
        ages = (clock.elapsed() - self.elapsed, (clock.now() - self.at) / 1000)
        return all(0 <= age < most for age in ages)


@dataclass(frozen=True)
class Report:
    """The state of each service, and the time of the report."""

    at: int
    answers: Mapping[str, Answer]
    asked: frozenset[str]
    """The services that were probed for this report; the results of the others were still valid."""

    @property
    def services(self) -> Mapping[str, bool]:
        """Whether each service responds."""
        return {name: answer.figures is not None for name, answer in self.answers.items()}

    @property
    def good(self) -> bool:
        """Whether all services respond."""
        return all(self.services.values())

    @property
    def broken(self) -> bool:
        """Whether a service that was probed for this report did not respond."""
        return any(self.answers[name].figures is None for name in self.asked)

    def document(self) -> dict[str, object]:
        """Return the report as a JSON object."""
        words = {True: "operational", False: "unavailable"}
        return {
            "status": "operational" if self.good else "degraded",
            "timestamp": iso(self.at),
            "services": {name: words[good] for name, good in self.services.items()},
            "probed": {name: iso(answer.at) for name, answer in self.answers.items()},
            "backlog": {
                name: dict(answer.figures) for name, answer in self.answers.items() if answer.figures
            },
        }


@dataclass
class Probing:
    """The probes of a process, which has one caller at a time, and their latest results."""

    probes: Mapping[str, Probe]
    clock: Clock
    expected: tuple[type[Exception], ...] = UNAVAILABLE
    """Errors of a service that does not respond; every other error is raised."""
    known: dict[str, Answer] = field(default_factory=dict)

    def report(self) -> Report:
        """Probe the services without a valid result, and report all."""
        held = {name for name, answer in self.known.items() if answer.holds(self.clock)}
        stale = [name for name in self.probes if name not in held]
        if stale:
            self.known |= self.ask(stale)
        answers = {name: self.known[name] for name in self.probes}
        return Report(self.clock.now(), answers, frozenset(stale))

    def ask(self, names: Iterable[str]) -> dict[str, Answer]:
        """Probe all of `names` at once; a probe that takes too long counts as failed."""
        pool = ThreadPoolExecutor(max_workers=len(self.probes))
        try:
            asked = {name: pool.submit(self.probes[name]) for name in names}
            deadline = Deadline.after(SECONDS, self.clock)
            return {name: self.answer(result, deadline) for name, result in asked.items()}
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def answer(self, asked: Future[Figures], deadline: Deadline) -> Answer:
        """Return the result of one probe."""
        figures: Figures | None
        try:
            figures = asked.result(timeout=max(0.0, deadline.left()))
        except TooLate:
            figures = None
        except self.expected:
            figures = None
        return Answer(figures, self.clock.now(), self.clock.elapsed())


def store_probe(store: Store) -> Probe:
    """Return a probe that reads the payments table by key: that nothing is there is a response."""

    def read() -> Figures:
        store.find("status-probe")
        return {}

    return read


def trail_probe(trail: Trail) -> Probe:
    """Return a probe of the audit trail."""

    def read() -> Figures:
        trail.probe()
        return {}

    return read


def ledger_probe(ledger: Ledger, clock: Clock) -> Probe:
    """Return a probe that reads the ledger's schema version.

    It ends when nobody waits for it any more: no later probe finds the connection in use.
    """

    def read() -> Figures:
        return {"schema_version": ledger.version(Deadline.after(SECONDS, clock))}

    return read
