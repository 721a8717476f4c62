"""Told: what a rehearsal says while it runs, to people as lines and to machines as steps."""

from __future__ import annotations

import shutil
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline import BuildError
from pipeline.release import report

OK, FAILED, SKIPPED = "ok", "failed", "skipped"
INDENT = " " * 13
LEAST_COLUMNS = 60


class StepError(BuildError):
    """An action that failed."""


@dataclass
class Step:
    """One thing that was done, and what came of it."""

    run: str
    stage: str
    action: str
    outcome: str = OK
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Say something of it."""
        self.notes.append(line)


@dataclass
class Story:
    """Every step so far."""

    machine: bool
    steps: list[Step] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Tell people something that is no step."""
        if not self.machine:
            report.say(line)

    @contextmanager
    def step(self, run: str, stage: str, action: str) -> Iterator[Step]:
        """Tell of a step when it is over."""
        step, begun = Step(run, stage, action), time.monotonic()
        self.steps.append(step)
        try:
            yield step
        except BaseException:
            step.outcome = FAILED
            raise
        finally:
            step.seconds = round(time.monotonic() - begun, 1)
            self.say(f"  {action:10} {step.outcome:8} {step.seconds:5.1f} s")
            for line in step.notes:
                self.say(folded(line))


def folded(line: str) -> str:
    """`line` below its step, no wider than the terminal where it has blanks to break at."""
    columns = shutil.get_terminal_size().columns
    return textwrap.fill(
        line,
        max(columns, LEAST_COLUMNS),
        initial_indent=INDENT,
        subsequent_indent=f"{INDENT}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
