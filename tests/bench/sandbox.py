"""Bench of the sandbox: its start, payments per second and latencies through the API, and memory.

Every function may run as often as there are clients: what is measured is the machine, not a limit of `dev`.
"""

from __future__ import annotations

import dataclasses
import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from pipeline.console import Silence, table
from pipeline.release.assemble import Order
from sandbox import load, system
from sandbox.deploy import Published
from sandbox.load import Asked, Load
from sandbox.system import System
from tests.paths import CHECKOUT

CLIENTS = (1, 8, 32)
# Enough for a median; the tail of so few is rough, and said to be.
SECONDS = 10.0
PAYMENTS = 100_000
MEBI = 1024**2
# What the memory is told for; a function's environment is a process that the emulator starts.
PARTS = ("emulator", "functions", "database", "gateway")
# What of `dev` would hold a load back that its own API is to take.
LIMITS = {"FunctionConcurrency": str(max(CLIENTS)), "ApiRateLimit": "10000", "ApiBurstLimit": "5000"}


def tables() -> None:
    """Print how long it takes to start, what it takes payments at, and the memory that each part needs."""
    begun = time.monotonic()
    with without_limits(), system.running(Order(CHECKOUT, "dev", CHECKOUT / "dist"), Silence()) as running:
        started = time.monotonic() - begun
        held = [("before a payment", *held_by_parts(running))]
        rows = []
        for clients in CLIENTS:
            rows.append(measured(running, clients))
            held.append((f"{clients} clients", *held_by_parts(running)))
    header = ("clients", "payments", "payments/s", "p50 ms", "p95 ms", "p99 ms", "not answered")
    print(f"sandbox: {started:.1f} s to start; {os.cpu_count()} cores, shared with the clients")
    print(table(header, rows), "\n")
    print(table(("MiB", *PARTS, "in all"), held), "\n")


@contextmanager
def without_limits() -> Iterator[None]:
    """Have the sandbox deploy `dev` with room for the load."""
    point = system.pointed

    def point_and_widen(published: Published, gateway_url: str) -> Published:
        return widened(point(published, gateway_url))

    system.pointed = point_and_widen
    try:
        yield
    finally:
        system.pointed = point


def widened(published: Published) -> Published:
    """The same without the limits that would hold the load back."""
    parameters = {**published.root.parameters, **LIMITS}
    return dataclasses.replace(published, root=dataclasses.replace(published.root, parameters=parameters))


def measured(running: System, clients: int) -> tuple[object, ...]:
    """What so many clients see, once the functions are warm for them."""
    take(running, f"warm{clients}", clients, 2 * clients)
    begun = time.monotonic()
    taken = take(running, f"bench{clients}", clients, PAYMENTS)
    seconds = time.monotonic() - begun
    cuts = [1000 * each for each in quantiles(taken.latencies, n=100, method="inclusive")]
    unanswered = sum(
        count for answer, count in taken.answers.items() if not answer.endswith((" 200", " 202"))
    )
    return (
        clients,
        len(taken.accepted),
        len(taken.accepted) / seconds,
        cuts[49],
        cuts[94],
        cuts[98],
        unanswered,
    )


def take(running: System, name: str, clients: int, most: int) -> Load:
    """Take payments for some seconds, at most so many."""
    choose = random.Random(name)  # noqa: S311 -- the same payments each time
    payments: list[Asked] = [load.payment(name, number, ("cus_1",), choose) for number in range(most)]
    taken = Load()
    load.run(taken, running.api, payments, clients, SECONDS if most == PAYMENTS else 60.0)
    return taken


def held_by_parts(running: System) -> tuple[int, ...]:
    """MiB that each of `PARTS` holds, and all do; pages that several share count for each in part."""
    held = dict.fromkeys(PARTS, 0)
    for process, part in processes_by_part(running).items():
        held[part] += proportional(process)
    return tuple(each // MEBI for each in (*held.values(), sum(held.values())))


def processes_by_part(running: System) -> dict[int, str]:
    """Every process of the sandbox, and the part that it belongs to."""
    roots = {
        each.pid: part
        for part, each in (("emulator", running.emulator.process), ("gateway", running.gateway.process))
        if each is not None
    }
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,comm="],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = [
        (int(pid), int(parent), name)
        for pid, parent, name in (line.split(None, 2) for line in listed.splitlines())
    ]
    found, more = dict(roots), set(roots)
    while more:
        children = {pid: name for pid, parent, name in rows if parent in more and pid not in found}
        found |= {pid: "database" if name == "postgres" else "functions" for pid, name in children.items()}
        more = set(children)
    return found


def proportional(process: int) -> int:
    """The proportional set size of `process` in bytes, or nothing once it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
