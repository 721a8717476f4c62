"""Build: generates, lints and packages a release, and uploads it if that is asked for."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace

from pipeline.commands import order, publishing, release_options
from pipeline.release import assemble, report

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
        default="",
        metavar="ARN",
        help="boundary of the roles, instead of the one in the parameters",
    )
    parser.add_argument("--publish", action="store_true", help="upload the release to the artifact bucket")


def run(given: Namespace) -> int:
    """Make the release, upload it if that is asked for, and tell what there is."""
    progress = report.progress(machine=given.json)
    release = assemble.build(replace(order(given), boundary=given.boundary), progress)
    publishing.tell(release, given, progress)
    return 0
