"""Told: what a rehearsal says while it runs, to people as lines and to machines as steps."""

from __future__ import annotations

import shutil
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import BuildError, console

OK, FAILED, SKIPPED = "ok", "failed", "skipped"
# Of the stage and of what belongs to a step.
MARGIN, INDENT = "  ", " " * 6
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
    noted: set[str] = field(default_factory=set)

    def say(self, line: str, indent: str = "") -> None:
        """Tell people something that is no step."""
        if not self.machine:
            console.say(folded(line, indent))

    def note_once(self, step: Step, line: str) -> None:
        """Say something of a step that holds of every later one as well."""
        if line not in self.noted:
            self.noted.add(line)
            step.note(line)

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
            self.say(f"{action:16} {step.outcome:8} {step.seconds:5.1f} s", MARGIN)
            for line in step.notes:
                self.say(line, INDENT)


def folded(text: str, indent: str) -> str:
    """`text` behind `indent`, no wider than the terminal where it has blanks to break at."""
    columns = max(shutil.get_terminal_size().columns, LEAST_COLUMNS)
    return "\n".join(
        textwrap.fill(
            line,
            columns,
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


def shown(path: Path) -> Path:
    """`path` as people read it: from where they are, if it lies below that."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
