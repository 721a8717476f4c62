"""Clock: the time of day as the emulator and the functions see it, which can be moved on.

What waits for minutes (leases, delayed messages, schedules) then comes at once; no rule is changed for it.
Elapsed time, by which deadlines are kept, goes on as it does. Loaded into functions by its path: it imports
nothing of this project.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from pathlib import Path

# Where a process finds the file that says how far its clock is ahead.
VARIABLE = "SANDBOX_CLOCK"
FILE = "clock"
AHEAD = struct.Struct("<q")
NANOSECONDS = 1_000_000_000


def create(folder: Path) -> Path:
    """A clock in `folder`, not ahead yet."""
    path = folder / FILE
    path.write_bytes(AHEAD.pack(0))
    return path


def ahead(path: Path) -> float:
    """How many seconds the clock at `path` is ahead."""
    return float(AHEAD.unpack(path.read_bytes())[0] / NANOSECONDS)


def move_on(path: Path, seconds: float) -> None:
    """Move the clock at `path` on; whoever looks at it sees that at once."""
    moved = ahead(path) + seconds
    # In place: those who look have the file in their memory.
    with path.open("r+b") as file:
        file.write(AHEAD.pack(round(moved * NANOSECONDS)))


def install() -> None:
    """Let this process tell the time by the clock that its environment names, if it names one."""
    named = os.environ.get(VARIABLE)
    if not named:
        return
    with Path(named).open("rb") as file:
        shown = mmap.mmap(file.fileno(), AHEAD.size, access=mmap.ACCESS_READ)
    system = time.time_ns

    def moved_ns() -> int:
        ahead: int = AHEAD.unpack_from(shown)[0]
        return system() + ahead

    time.time_ns = moved_ns
    time.time = lambda: moved_ns() / NANOSECONDS
