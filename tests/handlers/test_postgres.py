"""The PostgreSQL of the tests ends with them, also where they are killed."""

from __future__ import annotations

import os
import signal

from tests.sandbox.leaving import descendants, ended, working

# A test run that stands still, with a server.
PROGRAM = """
import signal
from tests import postgres

with postgres.running() as server:
    assert "1" in server.psql("SELECT 1;")
    print("runs", flush=True)
    signal.pause()
"""


def test_nothing_is_left_when_its_starter_is_killed() -> None:
    with working(PROGRAM) as (program, folder):
        assert program.stdout is not None
        assert program.stdout.readline() == b"runs\n"
        made = descendants(program.pid)

        os.kill(program.pid, signal.SIGKILL)

        assert made
        assert all(ended(each) for each in made)
        assert not list(folder.iterdir())
