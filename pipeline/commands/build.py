"""Build: generate, lint and package a release; upload it with --publish."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import asdict
from importlib import import_module

from pipeline import console
from pipeline.commands import releases
from pipeline.commands.releases import ReleaseArguments
from pipeline.console import Progress
from pipeline.release import assemble, summary
from pipeline.release.assemble import Release

POLICY = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+")
EXAMPLES = """\
  # generate, lint and package into dist/prod/
  python build.py --env prod
  # also upload what the artifact bucket does not have yet
  python build.py --env prod --publish
  # use another bucket than parameters/dev.json names
  python build.py --env dev --bucket my-artifacts
  # print the result as JSON
  python build.py --env prod --json
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    releases.options(parser)
    parser.add_argument(
        "--boundary",
        type=policy_arn,
        metavar="ARN",
        help="permissions boundary of the stack's roles, instead of the one in the parameters",
    )
    parser.add_argument("--publish", action="store_true", help="upload the release to the artifact bucket")


def policy_arn(text: str) -> str:
    """Return the ARN of a policy; an empty one is an error: an unset variable would unbound every role."""
    if not POLICY.fullmatch(text):
        raise ArgumentTypeError(f'found "{text}", expected the ARN of a policy')
    return text


def run(namespace: Namespace) -> int:
    """Build the release and print its tables; upload it with --publish."""
    progress = console.progress(machine=namespace.json)
    order = ReleaseArguments.parsed(namespace).order(namespace.boundary or "")
    release = assemble.build(order, progress)
    finish(release, progress, publish=namespace.publish, machine=namespace.json)
    return 0


def finish(release: Release, progress: Progress, *, publish: bool, machine: bool) -> None:
    """Print a release that was built, upload it if it is to be published, and print the root's URL."""
    document: dict[str, object] = {"Folder": str(release.folder), "Unchanged": release.unchanged}
    document |= release.manifest
    if not machine:
        console.say(summary.summary(release))
    if publish:
        # Only publishing pays for loading the AWS SDK.
        published = import_module("pipeline.release.publish").publish(release, progress)
        document["Published"] = asdict(published)
        if not machine:
            console.say(f"root  {published.root_url}")
    if machine:
        console.say_json(document)
