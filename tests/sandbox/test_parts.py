"""A part that ends by itself takes all the others with it, and nothing is left of any."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.sandbox.leaving import descendants, ended, working

# A program that runs the parts until one of them ends, and says which. It has no standard input, whose place
# is then taken by whatever it opens next.
PROGRAM = """
import os, time
os.close(0)
from sandbox import emulator, system

with system.starting() as parts:
    emulator.wait_until_ready(parts.emulator)
    parts.gateway.intents()
    print(parts.emulator.process.pid, parts.gateway.process.pid, flush=True)
    while not parts.ended():
        time.sleep(0.05)
    print(parts.ended(), flush=True)
"""


def database_of(emulator: int) -> int:
    """The process of the database that the emulator made."""
    command = {each: Path(f"/proc/{each}/cmdline").read_bytes() for each in descendants(emulator)}
    return next(each for each in sorted(command) if b"pginstall" in command[each])


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("emulator", "the emulator ended by SIGKILL; it said"),
        ("database", "the database ended by SIGKILL"),
        ("gateway", "the payment gateway ended by SIGKILL; it said nothing"),
        ("program", ""),
    ],
)
def test_nothing_is_left_when_a_part_is_killed(part: str, said: str) -> None:
    with working(PROGRAM) as (program, folder):
        assert program.stdout is not None
        emulator, gateway = map(int, program.stdout.readline().split())
        made = descendants(program.pid)
        parts = {"emulator": emulator, "gateway": gateway, "program": program.pid}
        parts["database"] = database_of(emulator)

        os.kill(parts[part], signal.SIGKILL)

        assert said in program.stdout.read().decode()
        assert all(ended(each) for each in made)
        assert not list(folder.iterdir())
