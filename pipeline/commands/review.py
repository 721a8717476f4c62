"""The command `review`: judges a change set in AWS or in files, with all that are nested in it."""

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
    """Add the options of the command."""
    add = parser.add_argument
    add("change_set", nargs="?", metavar="CHANGE_SET", help="name or ARN of a change set")
    add("--stack", metavar="S", help="the stack, where CHANGE_SET is a name")
    add("--file", nargs="+", action="extend", type=Path, metavar="F", help="answers of DescribeChangeSet")
    add("--creating", action="store_true", help="the files' change set creates the stack")
    verdicts.options(parser)


def run(arguments: Namespace) -> int:
    """Read the change set, and write its review; return the exit status."""
    verdicts.chosen_format(arguments)
    return verdicts.write_review(read(arguments), arguments)


def read(arguments: Namespace) -> Review:
    """Return the judged review of the change set, in AWS or in files."""
    if bool(arguments.file) == bool(arguments.change_set):
        found = "both CHANGE_SET and --file" if arguments.file else "neither"
        raise BuildError(
            f"found {found}, expected CHANGE_SET, in AWS, or --file with answers of DescribeChangeSet"
        )
    if arguments.change_set and not arguments.stack and not arguments.change_set.startswith("arn:"):
        raise BuildError(f"{arguments.change_set}: found a name, expected --stack with it, or an ARN")
    from pipeline.review import reviews  # noqa: PLC0415 # --help loads no rules
    from pipeline.review.change_set import parse  # noqa: PLC0415 # --help loads no rules

    if arguments.file:
        return reviews.of_answers(parse.read(arguments.file), creating=arguments.creating)
    # Only what asks AWS pays for loading its SDK.
    from pipeline.aws import answering  # noqa: PLC0415
    from pipeline.review.change_set import fetch  # noqa: PLC0415

    with answering(arguments.change_set):
        answers, creating = fetch.asked(arguments.change_set, arguments.stack)
    return reviews.of_answers(answers, creating=creating or arguments.creating)
