"""Verdicts: what every command that reviews changes takes, and how it tells what it found."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pipeline.commands import PROJECT
from pipeline.release.cache import replace
from pipeline.review import reviews
from pipeline.review.faces import words
from pipeline.review.model import Review
from pipeline.review.templates import UnreadableError
from pipeline.review.verdict import decide, policy

# Looked for in this order, where no --policy names another.
POLICIES = ("review.toml", "setup.cfg")


def options(parser: ArgumentParser) -> None:
    """Let `parser` take what says how a review is judged and shown."""
    add = parser.add_argument
    add("--format", choices=reviews.FORMATS, default="text", help="how to show the review (text)")
    add("--output", type=Path, metavar="FILE", help="write the review there instead of to stdout")
    add("--accept", action="append", default=[], metavar="CLASS:Stack/Id", help="accept one risk")
    add("--policy", type=Path, metavar="FILE", help="which risks block: review.toml, or a setup.cfg")


def tell(review: Review, given: Namespace) -> int:
    """Show `review` as the options say; return what the command exits with."""
    verdict = decide(review, policy(given.policy or standing_policy(), given.accept))
    face = "json" if given.json else given.format
    told = reviews.rendered(review, verdict, face, colour=wants_colour(given))
    if given.output is None:
        sys.stdout.write(told)
        sys.stdout.flush()
        return verdict.code
    try:
        replace(given.output, told.encode())
    except OSError as fault:
        raise UnreadableError(f"{given.output}: cannot be written: {fault.strerror}") from fault
    sys.stderr.write(f"{given.output}: {words.summary(review, verdict)}\n")
    return verdict.code


def standing_policy() -> Path | None:
    """The project's own policy, if it has one."""
    return next((PROJECT / name for name in POLICIES if (PROJECT / name).is_file()), None)


def wants_colour(given: Namespace) -> bool:
    """Whether people read the review on a terminal that shows colours."""
    return given.output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
