"""Command: compares two templates, or reads change sets, and says whether they are safe.

python -m pipeline.review OLD NEW --old-nested DIR --new-nested DIR
python -m pipeline.review --change-set FILE...
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path as File

from pipeline.review import described, reviews
from pipeline.review.judge import RuleError
from pipeline.review.model import Review
from pipeline.review.templates import UnreadableError
from pipeline.review.verdict import ERROR, PolicyError, decide, policy

EXAMPLES = """examples:
  python -m pipeline.review old.json new.json --new-parameters prod.json
  python -m pipeline.review old/root.json new/root.json --old-nested old --new-nested new --format html
  python -m pipeline.review --change-set root.json child.json --accept SG_OPENING:Network/DatabaseGroup

exit codes: 0 nothing to stop for, 2 cannot be judged, 3 risks that nobody accepted"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Review as the arguments say; print the review, or one line on stderr."""
    given = parser().parse_args(arguments)
    try:
        review = reviewed(given)
        verdict = decide(review, policy(given.policy, given.accept))
        told = reviews.rendered(review, verdict, given.format, colour=wants_colour(given.output))
        if given.output:
            given.output.write_text(told, encoding="utf-8")
        else:
            sys.stdout.write(told)
    except (UnreadableError, PolicyError, RuleError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return ERROR
    return verdict.code


def parser() -> argparse.ArgumentParser:
    """The arguments, with examples."""
    made = argparse.ArgumentParser(
        prog="python -m pipeline.review",
        description="Review what a change set will do, predicted from templates or as AWS describes it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("old", nargs="?", type=File, help="the root template that is deployed")
    made.add_argument("new", nargs="?", type=File, help="the root template to deploy")
    made.add_argument(
        "--old-nested", type=File, metavar="DIR", help="the nested templates of OLD, by logical id"
    )
    made.add_argument(
        "--new-nested", type=File, metavar="DIR", help="the nested templates of NEW, by logical id"
    )
    made.add_argument("--old-parameters", type=File, metavar="FILE", help="the parameters that OLD was given")
    made.add_argument("--new-parameters", type=File, metavar="FILE", help="the parameters that NEW is given")
    made.add_argument("--region", help="the Region, where templates ask for it")
    made.add_argument("--account", help="the account, where templates ask for it")
    made.add_argument(
        "--change-set", nargs="+", type=File, metavar="FILE", help="answers of DescribeChangeSet"
    )
    made.add_argument("--creating", action="store_true", help="the change set creates the stack")
    made.add_argument("--format", choices=reviews.FORMATS, default="text")
    made.add_argument(
        "--output", type=File, metavar="FILE", help="where to write the review; stdout if left out"
    )
    made.add_argument(
        "--policy", type=File, metavar="FILE", help="review.toml, or setup.cfg with a [review] section"
    )
    made.add_argument(
        "--accept", action="append", default=[], metavar="CLASS:Stack/Id", help="accept one risk"
    )
    return made


def reviewed(given: argparse.Namespace) -> Review:
    """The judged review that the arguments ask for."""
    if given.change_set:
        return reviews.of_answers(described.read(given.change_set), creating=given.creating)
    if not given.old or not given.new:
        raise UnreadableError("found no OLD and NEW template, expected both, or --change-set")
    told = {"AWS::Region": given.region, "AWS::AccountId": given.account}
    return reviews.of_files(
        (given.old, given.old_nested, given.old_parameters),
        (given.new, given.new_nested, given.new_parameters),
        {name: value for name, value in told.items() if value},
    )


def wants_colour(output: File | None) -> bool:
    """Tell whether people read this on a terminal that shows colours."""
    return output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")


if __name__ == "__main__":
    sys.exit(main())
