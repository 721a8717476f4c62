"""Chaos: parts of the stack are broken at random under load; then it heals, and what it holds is proved."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
from pg8000.exceptions import DatabaseError, InterfaceError

from handlers.payments.adapters.database_users import PROBE, WRITER
from pipeline.console import Progress
from sandbox import clock, load
from sandbox.load import Asked, Load
from sandbox.proof import Evidence, faults, under_way
from sandbox.records import Records
from sandbox.system import SandboxError, System

# Whom payments are for: most succeed, some are declined, some the gateway has to think about.
CUSTOMERS = ("cus_1",) * 8 + ("cus_declined", "cus_slow")
# Answers between one thing that breaks and the next. Counted in answers, not in seconds: a function takes a
# while to start again, longer on a busy machine, and one that never gets to answer shows nothing.
ANSWERS_BETWEEN = (1, 8)
LOOK_SECONDS = 0.02
# What can break, functions twice as often as the others; and what becomes of a charge at the gateway.
PARTS = ("function", "function", "database", "drops", "troubles")
# No error of the gateway's before a charge: that answer is remembered, and leaves the payment to people.
CHARGES = {
    "drops": {"before": "gateway requests lost", "after": "gateway answers lost"},
    "troubles": {"busy": "charges put off by the gateway", "500 after": "charges answered with an error"},
}
WARM_SECONDS = 120
NOTHING = "no payment was accepted, expected some: nothing is proved"
# While it heals, time passes twenty times as fast.
HEAL_STEP_SECONDS, HEAL_PAUSE_SECONDS = 5.0, 0.25
HEAL_AT_MOST_SECONDS = 180
# The program of a process that runs a function: the emulator puts the function's name into its path.
WORKER = re.compile(r"ministack-lambda-(?P<name>[a-z-]+)-[^-/]+/_worker\.py")
ENDED_CONNECTIONS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename IN (:writer, :probe)"
)


@dataclass(frozen=True)
class Plan:
    """What is to happen: by so many clients, for so long, or so many payments."""

    seed: int
    clients: int
    seconds: float
    payments: int


@dataclass
class Outcome:
    """What happened, and whether the money is right."""

    broken: Counter[str]
    """How often each kind of thing was broken."""

    load: Load
    evidence: Evidence
    faults: list[str]

    @property
    def breakages(self) -> int:
        """How often anything was broken."""
        return self.broken.total()


def run(system: System, plan: Plan, progress: Progress) -> Outcome:
    """Break parts of `system` at random while payments are taken; let it heal; prove what it holds."""
    records = Records(system)
    choose = random.Random(plan.seed)  # noqa: S311 -- to be repeatable
    payments = [load.payment("chaos", number, CUSTOMERS, choose) for number in range(plan.payments)]
    done = Load()
    with progress.stage("warm up") as stage:
        # One payment for each client: functions that are still starting show nothing, however long it takes.
        take(system, done, payments[: plan.clients], plan, WARM_SECONDS)
        stage.note = f"{len(done.accepted)} payments accepted"
    breaker = Breaker(system, records, done, plan.seed)
    with progress.stage("load") as stage, breaker:
        take(system, done, payments[plan.clients :], plan, plan.seconds)
        stage.note = f"{len(done.accepted)} payments accepted"
    with progress.stage("heal") as stage:
        seconds = heal(system, records, done)
        stage.note = f"{seconds:.0f} s on the stack's own clock"
    with progress.stage("prove") as stage:
        evidence = Evidence.gather(records)
        found = faults(done.accepted, evidence) if done.accepted else [NOTHING]
        stage.note = f"{len(evidence.payments)} payments, {len(found)} faults"
    return Outcome(breaker.broken, done, evidence, found)


def take(system: System, done: Load, payments: list[Asked], plan: Plan, seconds: float) -> None:
    """Have `payments` taken; raises SandboxError where a part of `system` ends, which is not to be broken."""
    load.run(done, system.api, payments, plan.clients, seconds, wanted=lambda: not system.ended())
    if ended := system.ended():
        raise SandboxError(f"sandbox: {ended}")


@dataclass
class Breaker:
    """Breaks something every few answers to `load`, from a thread, while the context is open."""

    system: System
    records: Records
    load: Load
    seed: int
    broken: Counter[str] = field(default_factory=Counter)
    enough: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Choose among what happens to run apart from what is to break, which is by the seed alone."""
        self.choose = random.Random(self.seed)  # noqa: S311 -- to be repeatable

    def __enter__(self) -> None:
        """Begin."""
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        """Leave it whole from now on."""
        self.enough.set()
        self.thread.join()
        # Where that is gone, the load has told of it.
        with suppress(OSError):
            self.calm()

    def work(self) -> None:
        """Break one thing after the other."""
        for answers, part, fault in breakages(self.seed):
            next_at = self.load.answered + answers
            while self.load.answered < next_at:
                if self.enough.wait(LOOK_SECONDS):
                    return
            # A part that is gone for good is for the load to find out.
            with suppress(OSError, DatabaseError, InterfaceError, psutil.NoSuchProcess):
                self.breaks(part, fault)

    def breaks(self, part: str, fault: str) -> None:
        """Break `part`, and count it."""
        if part == "function":
            self.function()
        elif part == "database":
            self.database()
        else:
            self.system.gateway.order({part: [fault]})
            self.broken[CHARGES[part][fault]] += 1

    def function(self) -> None:
        """Kill a process of a function, whatever it is doing."""
        running = functions(self.system)
        if running:
            name = self.choose.choice(sorted(running))
            self.choose.choice(running[name]).kill()
            self.broken[f"process of {name} killed"] += 1

    def database(self) -> None:
        """End every connection that functions have to the database."""
        with self.records.ledger() as opened:
            rows = opened.run(ENDED_CONNECTIONS, writer=WRITER, probe=PROBE)
        self.broken["database connections ended"] += rows[0][0]

    def calm(self) -> None:
        """Let nothing happen any more that was ordered, and count it out."""
        for kind, unmet in self.system.gateway.calm().items():
            self.broken.subtract(CHARGES[kind][each] for each in unmet)
        self.broken += Counter()  # leaves out what is none


def breakages(seed: int) -> Iterator[tuple[int, str, str]]:
    """What is to break, without an end: after how many more answers, which part, and how; by `seed`."""
    choose = random.Random(seed)  # noqa: S311 -- to be repeatable
    while True:
        answers, part = choose.randint(*ANSWERS_BETWEEN), choose.choice(PARTS)
        yield answers, part, choose.choice(list(CHARGES[part])) if part in CHARGES else ""


def functions(system: System) -> dict[str, list[psutil.Process]]:
    """Return the processes that run functions, by the names of the functions.

    Raises psutil.NoSuchProcess where the emulator is gone.
    """
    found: dict[str, list[psutil.Process]] = {}
    emulator = system.emulator.process
    for process in psutil.Process(emulator.pid).children() if emulator else []:
        # One that ended meanwhile is none any more.
        with suppress(psutil.NoSuchProcess):
            if worker := WORKER.search(" ".join(process.cmdline())):
                found.setdefault(worker["name"], []).append(process)
    return found


def heal(system: System, records: Records, done: Load) -> float:
    """Let time pass until nothing is under way, and say how much did; at most a few minutes of real time."""
    before, give_up = clock.ahead(system.emulator.clock), time.monotonic() + HEAL_AT_MOST_SECONDS
    begun = time.monotonic()
    while time.monotonic() < give_up and not healed(records, done):
        clock.move_on(system.emulator.clock, HEAL_STEP_SECONDS)
        time.sleep(HEAL_PAUSE_SECONDS)
    return clock.ahead(system.emulator.clock) - before + time.monotonic() - begun


def healed(records: Records, done: Load) -> bool:
    """Whether every payment is settled, every message taken, and every transition told."""
    payments = records.payments()
    if under_way(payments, done.accepted):
        return False
    transitions = sum(len(each.history) for each in payments)
    waiting = sum(each.total for each in records.queues() if "-dlq-" not in each.name)
    return not waiting and len(records.audit_keys()) >= transitions
