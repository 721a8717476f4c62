"""Load: clients that take payments through the API, and repeat calls that were not answered."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from pipeline.change.smoke import Api, NoAnswerError

# Answers after which there is nothing to repeat.
SETTLED = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.PAYMENT_REQUIRED})
# A client that is told to come back does so after a while, not at once.
PAUSE_SECONDS = 0.2
# How long after the end of the load a client goes on with what it began.
PATIENCE_SECONDS = 30
MOST_MINOR = 99_999


@dataclass(frozen=True)
class Asked:
    """A payment that a client asks for."""

    transaction_id: str
    minor: int
    currency: str
    customer: str

    @property
    def body(self) -> dict[str, str]:
        """What POST /validate takes."""
        return {
            "transaction_id": self.transaction_id,
            "amount": f"{self.minor // 100}.{self.minor % 100:02}",
            "currency": self.currency,
            "customer_id": self.customer,
        }


@dataclass
class Load:
    """What clients asked for, and what they were answered."""

    accepted: dict[str, Asked] = field(default_factory=dict)
    """Payments of which a client was told that they are settled, or under way."""

    unheard: set[str] = field(default_factory=set)
    """Payments that a client gave up on before it was told so."""

    answers: Counter[str] = field(default_factory=Counter)
    """How often each status was answered, and each way of not answering met."""

    answered: int = 0
    """How many calls were answered with what was asked for."""

    latencies: list[float] = field(default_factory=list)
    """Seconds from the first call of a payment to its last answer, where nothing had to be repeated."""

    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: str) -> None:
        """Count an answer."""
        with self.lock:
            self.answers[answer] += 1


def payment(name: str, number: int, customers: Sequence[str], choose: random.Random) -> Asked:
    """A payment like any other, under an id of its own."""
    return Asked(
        f"{name}-{number:05}",
        choose.randint(100, MOST_MINOR),
        choose.choice(("EUR", "USD", "GBP")),
        choose.choice(customers),
    )


@dataclass
class Client:
    """A client that takes one payment after the other."""

    api: Api
    load: Load
    go_on: Callable[[], bool]
    """Whether to repeat calls that were not answered."""

    repeated: int = 0
    """How many calls were repeated so far."""

    def take(self, asked: Asked) -> None:
        """Have the payment that is `asked` for validated and processed."""
        begun, before = time.monotonic(), self.repeated
        told = self.insist("/validate", asked.body) and self.insist(
            "/process", {"transaction_id": asked.transaction_id}
        )
        with self.load.lock:
            if not told:
                self.load.unheard.add(asked.transaction_id)
                return
            self.load.accepted[asked.transaction_id] = asked
            if self.repeated == before:
                self.load.latencies.append(time.monotonic() - begun)

    def insist(self, route: str, body: object) -> bool:
        """Call until the answer settles it; return whether one did."""
        while True:
            status = self.call(route, body)
            if status in SETTLED:
                with self.load.lock:
                    self.load.answered += 1
                return True
            if not self.go_on():
                return False
            self.repeated += 1
            time.sleep(PAUSE_SECONDS)

    def call(self, route: str, body: object) -> int | None:
        """Return the status of the API's answer, or None where it does not answer."""
        try:
            answer = self.api.call("POST", route, body)
        except NoAnswerError as error:
            self.load.note(type(error.__cause__).__name__)
            return None
        self.load.note(f"{route[1:]} {answer.status}")
        return answer.status


def always() -> bool:
    """Yes."""
    return True


def run(
    load: Load,
    api: Api,
    payments: Sequence[Asked],
    clients: int,
    seconds: float,
    *,
    wanted: Callable[[], bool] = always,
) -> None:
    """Take `payments` by so many `clients`, beginning none after `seconds`; note it in `load`.

    Once it is not `wanted` any more, or interrupted, no client begins anything, or repeats it.
    """
    give_up = time.monotonic() + seconds
    waiting = iter(payments)
    enough = threading.Event()

    def until(end: float) -> bool:
        return time.monotonic() < end and not enough.is_set() and wanted()

    def work() -> None:
        # A copy has connections of its own: clients do not wait for each other's.
        client = Client(replace(api), load, lambda: until(give_up + PATIENCE_SECONDS))
        while until(give_up):
            with load.lock:
                asked = next(waiting, None)
            if asked is None:
                return
            client.take(asked)

    pool = ThreadPoolExecutor(clients)
    try:
        for done in [pool.submit(work) for _ in range(clients)]:
            done.result()
    finally:
        # A client that waits for an answer is not waited for: what it asked is about to end.
        enough.set()
        pool.shutdown(wait=False)
