"""The transcript of a rehearsal: its steps, printed as lines for people, collected for JSON."""

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
# How far the lines of a stage, and the notes of a step, are indented.
MARGIN, INDENT = "  ", " " * 6
LEAST_COLUMNS = 60


class StepError(BuildError):
    """An action that failed."""


@dataclass
class Step:
    """One action of a run, with its outcome."""

    run: str
    stage: str
    action: str
    outcome: str = OK
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Add a note."""
        self.notes.append(line)


@dataclass
class Transcript:
    """Every step so far."""

    machine: bool
    steps: list[Step] = field(default_factory=list)
    noted: set[str] = field(default_factory=set)

    def print(self, line: str, indent: str = "") -> None:
        """Print a line that belongs to no step, unless a machine reads the output."""
        if not self.machine:
            console.say(folded(line, indent))

    def note_once(self, step: Step, line: str) -> None:
        """Add a note to the step, unless an earlier step has the same."""
        if line not in self.noted:
            self.noted.add(line)
            step.note(line)

    @contextmanager
    def step(self, run: str, stage: str, action: str) -> Iterator[Step]:
        """Record a step, and print it when it has ended."""
        step, begun = Step(run, stage, action), time.monotonic()
        self.steps.append(step)
        try:
            yield step
        except BaseException:
            step.outcome = FAILED
            raise
        finally:
            step.seconds = round(time.monotonic() - begun, 1)
            self.print(f"{action:16} {step.outcome:8} {step.seconds:5.1f} s", MARGIN)
            for line in step.notes:
                self.print(line, INDENT)


def folded(text: str, indent: str) -> str:
    """Return `text` indented, and wrapped at blanks to the width of the terminal."""
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
    """Return `path` relative to the working directory, if it lies below that."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
