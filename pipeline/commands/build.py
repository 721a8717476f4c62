"""Build: generates, lints and packages a release, and uploads it if that is asked for."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import replace

from pipeline import console
from pipeline.commands import order, publishing, release_options
from pipeline.release import assemble

POLICY = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+")
EXAMPLES = """examples:
  python build.py --env prod                        generate, lint and package into dist/prod/
  python build.py --env prod --publish              and upload what the artifact bucket does not have yet
  python build.py --env dev --bucket my-artifacts   with another bucket than parameters/dev.json names
  python build.py --env prod --json                 tell the result as JSON
"""


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    release_options(parser)
    parser.add_argument(
        "--boundary",
        type=policy_arn,
        metavar="ARN",
        help="boundary of the stack's roles, instead of the one in the parameters",
    )
    parser.add_argument("--publish", action="store_true", help="upload the release to the artifact bucket")


def policy_arn(given: str) -> str:
    """The ARN of a policy; nothing is none, for then a variable that is not set would unbound every role."""
    if not POLICY.fullmatch(given):
        raise ArgumentTypeError(f'found "{given}", expected the ARN of a policy')
    return given


def run(given: Namespace) -> int:
    """Make the release, upload it if that is asked for, and tell what there is."""
    progress = console.progress(machine=given.json)
    release = assemble.build(replace(order(given), boundary=given.boundary or ""), progress)
    publishing.tell(release, given, progress)
    return 0
