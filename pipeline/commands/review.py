"""Review: reads a change set as AWS describes it, nested ones and all, and judges it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError
from pipeline.commands import verdicts

if TYPE_CHECKING:
    from pipeline.review.model import Review

EXAMPLES = """examples:
  python build.py review release-42 --stack payments-prod    a change set in AWS, with all nested ones
  python build.py review arn:aws:cloudformation:...:changeSet/release-42/...
  python build.py review --file root.json data.json          answers of DescribeChangeSet, in any order
  python build.py review release-42 --stack payments-prod --format markdown --output comment.md
  python build.py review release-42 --stack payments-prod --accept IAM_WIDENING:Compute/SweeperPolicy

A live review only reads; it needs cloudformation:DescribeChangeSet and DescribeStacks.
"""


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("change_set", nargs="?", metavar="CHANGE_SET", help="name or ARN of a change set")
    add("--stack", metavar="S", help="the stack, where CHANGE_SET is a name")
    add("--file", nargs="+", action="extend", type=Path, metavar="F", help="answers of DescribeChangeSet")
    add("--creating", action="store_true", help="the files' change set creates the stack")
    verdicts.options(parser)


def run(given: Namespace) -> int:
    """Read the change set that `given` names, and tell what comes of it."""
    verdicts.face(given)
    return verdicts.tell(read(given), given)


def read(given: Namespace) -> Review:
    """The judged review of the change set that `given` names."""
    if bool(given.file) == bool(given.change_set):
        found = "both CHANGE_SET and --file" if given.file else "neither"
        raise BuildError(
            f"found {found}, expected CHANGE_SET, in AWS, or --file with answers of DescribeChangeSet"
        )
    if given.change_set and not given.stack and not given.change_set.startswith("arn:"):
        raise BuildError(f"{given.change_set}: found a name, expected --stack with it, or an ARN")
    from pipeline.review import reviews  # noqa: PLC0415 # --help loads no rules
    from pipeline.review.change_set import parse  # noqa: PLC0415 # --help loads no rules

    if given.file:
        return reviews.of_answers(parse.read(given.file), creating=given.creating)
    from pipeline.review.change_set import fetch  # noqa: PLC0415 # only what asks AWS pays for loading its SDK

    answers, creating = fetch.asked(given.change_set, given.stack)
    return reviews.of_answers(answers, creating=creating or given.creating)
