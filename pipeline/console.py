"""Console: how every command prints: progress, tables and JSON, in colour where a person reads it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, TextIO

Row = Sequence[object]


@dataclass
class Stage:
    """A running stage: call `step` for each finished item; `note` is printed when the stage ends."""

    step: Callable[[], None]
    note: str = ""


class Progress(Protocol):
    """Progress of a command, stage by stage."""

    def stage(self, name: str, total: int = 0) -> AbstractContextManager[Stage]:
        """Show the stage `name`, of `total` items, while the context is open."""


class Silence:
    """No progress output: for machines, which read the result alone."""

    @contextmanager
    def stage(self, name: str, total: int = 0) -> Iterator[Stage]:
        """Print nothing."""
        del name, total
        yield Stage(step=lambda: None)


@dataclass
class Lines:
    """Progress as one line for each finished stage: for logs and dumb terminals."""

    stream: TextIO

    @contextmanager
    def stage(self, name: str, total: int = 0) -> Iterator[Stage]:
        """Print a line when the stage ends."""
        del total
        stage, begun = Stage(step=lambda: None), time.monotonic()
        yield stage
        say(done(name, stage.note, time.monotonic() - begun), self.stream)


@dataclass
class Bars:
    """Progress as a moving bar, then one line for each finished stage: for terminals."""

    stream: TextIO

    @contextmanager
    def stage(self, name: str, total: int = 0) -> Iterator[Stage]:
        """Move a bar with each step."""
        rich, console = (
            import_module("rich.progress"),
            import_module("rich.console").Console(file=self.stream),
        )
        columns = (rich.TextColumn("{task.description:12}"), rich.BarColumn(), rich.MofNCompleteColumn())
        begun = time.monotonic()
        with rich.Progress(*columns if total else columns[:2], console=console, transient=True) as bars:
            task = bars.add_task(name, total=total or None)
            stage = Stage(step=lambda: bars.advance(task))
            yield stage
        console.print(done(name, stage.note, time.monotonic() - begun), highlight=False)


def done(name: str, note: str, seconds: float) -> str:
    """Return the line of a finished stage."""
    return f"{name:12} {note:48} {seconds:5.1f} s"


def progress(*, machine: bool) -> Progress:
    """Return the progress output that suits a machine, a log or a terminal."""
    if machine:
        return Silence()
    return Bars(sys.stderr) if on_terminal(sys.stderr) else Lines(sys.stderr)


def on_terminal(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal that can move its cursor and that a person reads."""
    return stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


def colour(stream: TextIO) -> bool:
    """Return whether to colour what is written to `stream`; NO_COLOR is https://no-color.org."""
    return on_terminal(stream) and not os.environ.get("NO_COLOR")


def table(header: Row, rows: Sequence[Row]) -> str:
    """Return `rows` under `header`, aligned, numbers to the right; the header is bold on a terminal."""
    cells = [[text(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    right = [any(isinstance(row[column], int | float) for row in rows) for column in range(len(header))]
    lines = [
        "  ".join(
            cell.rjust(width) if aligned else cell.ljust(width)
            for cell, width, aligned in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]
    if colour(sys.stdout):
        lines[0] = f"\033[1m{lines[0]}\033[0m"
    return "\n".join(lines)


def text(cell: object) -> str:
    """Return `cell` as people read it."""
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def say(line: str, stream: TextIO | None = None) -> None:
    """Write `line` to `stream`, or to stdout, at once."""
    stream = stream or sys.stdout
    stream.write(f"{line}\n")
    stream.flush()


def say_json(document: object) -> None:
    """Write `document` to stdout as JSON."""
    say(json.dumps(document, indent=2))
