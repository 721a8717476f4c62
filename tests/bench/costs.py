"""Costs: what a command takes, measured over every process that it starts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

Command = Sequence[str | Path]


@dataclass(frozen=True)
class Cost:
    """What a command took, with every process that it started."""

    cpu: float
    wall: float


def environment(**given: str) -> dict[str, str]:
    """This process's environment and what is `given`: where Python keeps bytecode, as it does for people."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **given}


def measure(
    command: Command,
    cwd: Path,
    env: Mapping[str, str],
    repeat: int = 3,
    before: Callable[[], object] = lambda: None,
) -> Cost:
    """The least of `repeat` runs, each after `before`: what disturbs a run only adds to it."""
    runs = []
    for _ in range(repeat):
        before()
        used, begun = os.times(), perf_counter()
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
        after, wall = os.times(), perf_counter() - begun
        if done.returncode:
            raise RuntimeError(f"{command}: ended with {done.returncode}: {done.stderr}")
        cpu = after.children_user + after.children_system - used.children_user - used.children_system
        runs.append(Cost(cpu, wall))
    return Cost(min(run.cpu for run in runs), min(run.wall for run in runs))
