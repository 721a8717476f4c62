"""Options of the commands that review changes, and the output of a review."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError
from pipeline.commands import PROJECT
from pipeline.review.renderers import FORMATS, rendered

if TYPE_CHECKING:
    from pipeline.review.model import Review

# Looked for in this order, where no --policy names another.
POLICIES = ("review.toml", "setup.cfg")


class OutputError(BuildError):
    """A format that contradicts another option, or a file that the review cannot be written to."""


def options(parser: ArgumentParser) -> None:
    """Add the options for judging and rendering a review."""
    add = parser.add_argument
    add("--format", choices=FORMATS, help="how to show the review (text)")
    add("--output", type=Path, metavar="FILE", help="write the review there instead of to stdout")
    add("--accept", action="append", default=[], metavar="CLASS:Stack/Id", help="accept one risk")
    add("--policy", type=Path, metavar="FILE", help="which risks block: review.toml, or a setup.cfg")


def chosen_format(arguments: Namespace) -> str:
    """Return the format of the review; `--json` is short for `--format json`."""
    if arguments.json and arguments.format not in (None, "json"):
        raise OutputError(f"found --json and --format {arguments.format}, expected one of them")
    return "json" if arguments.json else str(arguments.format or "text")


def write_review(review: Review, arguments: Namespace) -> int:
    """Write the review in its format to stdout or to a file; return the exit status."""
    # Only a command that has a review loads what judges and renders it; --help does not.
    from pipeline.review.renderers import view  # noqa: PLC0415
    from pipeline.review.verdict import decide, policy  # noqa: PLC0415

    form = chosen_format(arguments)
    verdict = decide(review, policy(arguments.policy or project_policy(), arguments.accept))
    text = rendered(review, verdict, form, colour=wants_colour(arguments))
    if arguments.output is None:
        write(text)
    else:
        write_to(arguments.output, text)
        sys.stderr.write(f"{arguments.output}: {view.summary(review, verdict)}\n")
    if arguments.output is not None or form != "text":
        # Where people do not read the review itself, they still read what was accepted in vain.
        for line in view.unused(verdict):
            sys.stderr.write(f"warning: {line}\n")
    for fault in verdict.faults:
        sys.stderr.write(f"error: {fault}\n")
    return verdict.code


def write(text: str) -> None:
    """Write to stdout; characters that a terminal lacks are replaced, and a closed pipe is no error."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal shows what it can; whatever else reads this gets it whole.
        wanted = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=wanted, errors="replace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would be written, and complained of, when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_to(file: Path, text: str) -> None:
    """Write a file whole; where that fails, the file that was there is unchanged."""
    from pipeline.release.cache import replace  # noqa: PLC0415 # only a review that is kept needs it

    try:
        replace(file, text.encode())
    except OSError as fault:
        raise OutputError(f"{file}: cannot be written: {fault.strerror}") from fault


def project_policy() -> Path | None:
    """Return the project's own policy file, or None."""
    return next((PROJECT / name for name in POLICIES if (PROJECT / name).is_file()), None)


def wants_colour(arguments: Namespace) -> bool:
    """Return true where people read the review on a terminal that shows colours."""
    dumb = os.environ.get("TERM") == "dumb"
    return arguments.output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR") and not dumb
