"""Report: what a command says while it works and when it is done, to people and to machines."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TextIO

from pipeline.release.quotas import Use

if TYPE_CHECKING:
    from pipeline.release.assemble import Release

Row = Sequence[object]


@dataclass
class Stage:
    """A stage at work: `step` tells that one more thing is done, `note` what came of the whole."""

    step: Callable[[], None]
    note: str = ""


class Progress(Protocol):
    """How far the work is."""

    def stage(self, name: str, total: int = 0) -> AbstractContextManager[Stage]:
        """Tell of the stage `name`, which does `total` things, while the context is open."""


class Silence:
    """Progress for a machine: none, it waits for the end."""

    @contextmanager
    def stage(self, name: str, total: int = 0) -> Iterator[Stage]:
        """Say nothing."""
        del name, total
        yield Stage(step=lambda: None)


@dataclass
class Lines:
    """Progress as a line for each stage that is done: for logs, and for terminals that want no more."""

    stream: TextIO

    @contextmanager
    def stage(self, name: str, total: int = 0) -> Iterator[Stage]:
        """Tell of the stage when it is over."""
        del total
        stage, begun = Stage(step=lambda: None), time.monotonic()
        yield stage
        say(done(name, stage.note, time.monotonic() - begun), self.stream)


@dataclass
class Bars:
    """Progress as a bar that moves, then a line: for a terminal."""

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
    """The line of a stage that is done."""
    return f"{name:12} {note:48} {seconds:5.1f} s"


def progress(*, machine: bool) -> Progress:
    """The progress that suits who is listening."""
    if machine:
        return Silence()
    return Bars(sys.stderr) if on_terminal(sys.stderr) else Lines(sys.stderr)


def on_terminal(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that can move its cursor, with a person before it."""
    return stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


def release(made: Release) -> str:
    """What the release `made` holds, and how near it is to the limits of AWS."""
    rows = [
        (each.kind, each.name, each.resources or "", each.bytes, each.sha256[:16]) for each in made.artifacts
    ]
    parts = [table(("kind", "name", "resources", "bytes", "sha256"), rows)]
    uses = [Use(**each) for each in made.manifest["Quotas"]]
    quotas = [(use.quota, use.place, use.used, use.limit, use.percent) for use in uses]
    parts.append(table(("quota", "fullest", "used", "limit", "%"), quotas))
    parts.append(f"{made.folder}: {'unchanged' if made.unchanged else 'built'}")
    return "\n\n".join(parts)


def table(header: Row, rows: Sequence[Row]) -> str:
    """`rows` under `header`, aligned, numbers to the right; the header is bold on a terminal."""
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
    if on_terminal(sys.stdout) and not os.environ.get("NO_COLOR"):
        lines[0] = f"\033[1m{lines[0]}\033[0m"
    return "\n".join(lines)


def text(cell: object) -> str:
    """`cell` as people read it."""
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def say(line: str, stream: TextIO | None = None) -> None:
    """Write `line` to `stream`, or to stdout, at once."""
    stream = stream or sys.stdout
    stream.write(f"{line}\n")
    stream.flush()


def say_json(told: object) -> None:
    """Write `told` to stdout for a machine."""
    say(json.dumps(told, indent=2))
