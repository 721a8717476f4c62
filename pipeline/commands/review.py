"""Review: read a change set as AWS describes it, nested ones included, and judge it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError
from pipeline.commands import verdicts
from pipeline.commands.verdicts import ReviewArguments

if TYPE_CHECKING:
    from pipeline.review.model import Review

EXAMPLES = """\
  # a change set in AWS, by its name or its ARN
  python build.py review release-42 --stack payments-prod
  python build.py review arn:aws:cloudformation:...:changeSet/release-42/...
  # answers of DescribeChangeSet, in any order
  python build.py review --file root.json data.json
  # a comment for a pull request
  python build.py review release-42 --stack payments-prod \\
      --format markdown --output comment.md
  # one risk accepted
  python build.py review release-42 --stack payments-prod \\
      --accept IAM_WIDENING:Compute/SweeperPolicy
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("change_set", nargs="?", metavar="CHANGE_SET", help="name or ARN of a change set")
    add("--stack", metavar="STACK", help="name of the stack, if CHANGE_SET is a name")
    add(
        "--file",
        nargs="+",
        action="extend",
        type=Path,
        metavar="FILE",
        help="read answers of DescribeChangeSet from files",
    )
    add("--creating", action="store_true", help="the change set in the files creates the stack")
    verdicts.options(parser)


def run(namespace: Namespace) -> int:
    """Review the change set and return the exit status of its verdict."""
    arguments = ReviewArguments.parsed(namespace)
    policy = verdicts.chosen(arguments)
    review = read(namespace.change_set, namespace.stack, namespace.file or (), creating=namespace.creating)
    return verdicts.report(review, arguments, policy)


def read(change_set: str | None, stack: str | None, files: Sequence[Path], *, creating: bool) -> Review:
    """Return the judged review of the change set in AWS or in the files."""
    if bool(files) == bool(change_set):
        found = "both CHANGE_SET and --file" if files else "neither"
        raise BuildError(
            f"found {found}, expected CHANGE_SET, in AWS, or --file with answers of DescribeChangeSet"
        )
    if change_set and not stack and not change_set.startswith("arn:"):
        raise BuildError(f"{change_set}: found a name, expected --stack with it, or an ARN")
    from pipeline.review import reviews  # noqa: PLC0415 # --help loads no rules
    from pipeline.review.change_set import parse  # noqa: PLC0415 # --help loads no rules

    if change_set is None:
        return reviews.of_answers(parse.read(files), creating=creating)
    # Files need no AWS SDK.
    from pipeline.aws import answering  # noqa: PLC0415
    from pipeline.review.change_set import fetch  # noqa: PLC0415

    with answering(change_set):
        answers, creates_stack = fetch.asked(change_set, stack)
    return reviews.of_answers(answers, creating=creates_stack or creating)
