"""Verdicts: what every command that reviews changes takes, and how it tells what it found."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError
from pipeline.commands import PROJECT
from pipeline.review.renderers import FORMATS

if TYPE_CHECKING:
    from pipeline.review.model import Review

# Looked for in this order, where no --policy names another.
POLICIES = ("review.toml", "setup.cfg")


class FaceError(BuildError):
    """A face that cannot be chosen, or a file that the review cannot be written to."""


def options(parser: ArgumentParser) -> None:
    """Let `parser` take what says how a review is judged and shown."""
    add = parser.add_argument
    add("--format", choices=FORMATS, help="how to show the review (text)")
    add("--output", type=Path, metavar="FILE", help="write the review there instead of to stdout")
    add("--accept", action="append", default=[], metavar="CLASS:Stack/Id", help="accept one risk")
    add("--policy", type=Path, metavar="FILE", help="which risks block: review.toml, or a setup.cfg")


def face(given: Namespace) -> str:
    """The face that is asked for; `--json` is another way to ask for that one."""
    if given.json and given.format not in (None, "json"):
        raise FaceError(f"found --json and --format {given.format}, expected one of them")
    return "json" if given.json else str(given.format or "text")


def tell(review: Review, given: Namespace) -> int:
    """Show `review` as the options say; return what the command exits with."""
    # Only a command that has something to tell loads how it is told; --help does not.
    from pipeline.review import reviews  # noqa: PLC0415
    from pipeline.review.renderers import wording  # noqa: PLC0415
    from pipeline.review.verdict import decide, policy  # noqa: PLC0415

    asked = face(given)
    verdict = decide(review, policy(given.policy or standing_policy(), given.accept))
    told = reviews.rendered(review, verdict, asked, colour=wants_colour(given))
    if given.output is None:
        write(told)
    else:
        write_to(given.output, told)
        sys.stderr.write(f"{given.output}: {wording.summary(review, verdict)}\n")
    if given.output is not None or asked != "text":
        # Where people do not read the review, they still read what keeps it from being one.
        for each in wording.unused(verdict):
            sys.stderr.write(f"warning: {each}\n")
    for fault in verdict.faults:
        sys.stderr.write(f"error: {fault}\n")
    return verdict.code


def write(told: str) -> None:
    """Write to stdout, whatever the terminal can show; a reader that has seen enough is no error."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal shows what it can; whatever else reads this gets it whole.
        wanted = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=wanted, errors="replace")
    try:
        sys.stdout.write(told)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would be written, and complained of, when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_to(file: Path, told: str) -> None:
    """Write the whole of a review, or leave what was there."""
    from pipeline.release.cache import replace  # noqa: PLC0415 # only a review that is kept needs it

    try:
        replace(file, told.encode())
    except OSError as fault:
        raise FaceError(f"{file}: cannot be written: {fault.strerror}") from fault


def standing_policy() -> Path | None:
    """The project's own policy, if it has one."""
    return next((PROJECT / name for name in POLICIES if (PROJECT / name).is_file()), None)


def wants_colour(given: Namespace) -> bool:
    """Whether people read the review on a terminal that shows colours."""
    dumb = os.environ.get("TERM") == "dumb"
    return given.output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR") and not dumb
