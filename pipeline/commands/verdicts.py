"""The options of commands that review a change, and how they print the review."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError, console
from pipeline.commands import PROJECT
from pipeline.review.renderers import FORMATS

if TYPE_CHECKING:
    from pipeline.review.model import Review
    from pipeline.review.verdict import Policy

# In this order, without --policy.
POLICIES = ("review.toml", "setup.cfg")


class OutputError(BuildError):
    """A format that cannot be chosen, or a file that the review cannot be written to."""


@dataclass(frozen=True)
class ReviewArguments:
    """The format of a review, the file it goes to, and the risks that are accepted."""

    format: str
    output: Path | None
    policy: Path | None
    accept: Sequence[str]

    @classmethod
    def parsed(cls, namespace: Namespace) -> ReviewArguments:
        """Return what `options` added to the parser; --json is short for --format json."""
        if namespace.json and namespace.format not in (None, "json"):
            raise OutputError(f"found --json and --format {namespace.format}, expected one of them")
        chosen = "json" if namespace.json else namespace.format or "text"
        return cls(chosen, namespace.output, namespace.policy, namespace.accept)


def accept_option(parser: ArgumentParser) -> None:
    """Add the option that accepts risks."""
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="CLASS:Stack/Id",
        help="accept a risk; also CLASS:Stack/* or CLASS@Parameter",
    )


def options(parser: ArgumentParser) -> None:
    """Add the options of ReviewArguments."""
    add = parser.add_argument
    add("--format", choices=FORMATS, help="format of the review (text)")
    add("--output", type=Path, metavar="FILE", help="write the review to a file instead of stdout")
    accept_option(parser)
    add("--policy", type=Path, metavar="FILE", help="which risks block: a review.toml or setup.cfg")


def chosen(arguments: ReviewArguments) -> Policy:
    """Return the policy; PolicyError where it makes no sense: to be known before anything takes time."""
    # Loaded for a review only, not for --help.
    from pipeline.review.verdict import policy  # noqa: PLC0415

    return policy(arguments.policy or standing_policy(), arguments.accept)


def report(review: Review, arguments: ReviewArguments, policy: Policy) -> int:
    """Print or write the review; return the exit status of its verdict."""
    from pipeline.review.renderers import rendered, view  # noqa: PLC0415 # not for --help
    from pipeline.review.verdict import decide  # noqa: PLC0415

    verdict = decide(review, policy)
    colour = arguments.output is None and console.colour(sys.stdout)
    text = rendered(review, verdict, arguments.format, colour=colour)
    if arguments.output is None:
        write(text)
    else:
        write_to(arguments.output, text)
        sys.stderr.write(f"{arguments.output}: {view.summary(review, verdict)}\n")
    if arguments.output is not None or arguments.format != "text":
        # Text has these warnings in it; whoever reads another format gets them on stderr.
        for warning in view.unused(verdict):
            sys.stderr.write(f"warning: {warning}\n")
    for fault in verdict.faults:
        sys.stderr.write(f"error: {fault}\n")
    return verdict.code


def write(text: str) -> None:
    """Write to stdout; characters that a terminal cannot show, and a closed pipe, are no errors."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal replaces characters that it cannot show; files and pipes get UTF-8.
        encoding = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="replace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes the rest of the buffer when it ends, and would print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_to(file: Path, text: str) -> None:
    """Write the whole review to the file, or leave the file as it is."""
    from pipeline.release.cache import replace  # noqa: PLC0415 # loaded for --output only

    try:
        replace(file, text.encode())
    except OSError as fault:
        raise OutputError(f"{file}: cannot be written: {fault.strerror}") from fault


def standing_policy() -> Path | None:
    """Return the project's own policy file, if there is one."""
    return next((PROJECT / name for name in POLICIES if (PROJECT / name).is_file()), None)
