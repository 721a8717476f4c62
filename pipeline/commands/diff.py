"""Diff: predicts offline what a change set would do, nested stacks and all, and judges it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError
from pipeline.commands import order, release_options, verdicts

if TYPE_CHECKING:
    from pipeline.review.model import Review

EXAMPLES = """examples:
  python build.py diff --env prod --against main          what this working tree changes of a git revision
  python build.py diff --env prod --against old/dist      what it changes of an earlier build
  python build.py diff --env prod --against main --format html --output review.html
  python build.py diff --env prod --against main --accept SG_OPENING:Network/DatabaseSecurityGroup
  python build.py diff old.json new.json --old-nested old/ --new-nested new/ --new-parameters prod.json

Nested templates lie in their folder by logical id: Data.json, and Data/Inner.json for one nested in that.
"""

SIDES = ("old", "new")


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("old", nargs="?", type=Path, metavar="OLD", help="the root template that is deployed")
    add("new", nargs="?", type=Path, metavar="NEW", help="the root template to deploy")
    for side in SIDES:
        add(f"--{side}-nested", type=Path, metavar="DIR", help=f"the nested templates of {side.upper()}")
        add(f"--{side}-parameters", type=Path, metavar="FILE", help=f"the parameters of {side.upper()}")
    release_options(parser, required=False)
    add("--against", metavar="DIR_OR_REV", help="a folder that holds a release, or a git revision")
    add("--region", help="the region, where the templates ask for it")
    add("--account", help="the account, where the templates ask for it")
    verdicts.options(parser)


def run(given: Namespace) -> int:
    """Compare the two sides that `given` names, and tell what comes of it."""
    check(given)
    verdicts.face(given)
    pseudo = {"AWS::Region": given.region, "AWS::AccountId": given.account}
    told = {name: value for name, value in pseudo.items() if value}
    review = between_files(given, told) if given.old else between_releases(given, told)
    return verdicts.tell(review, given)


def check(given: Namespace) -> None:
    """Refuse arguments that do not say what to compare, or say it twice."""
    of_files = [f"--{side}-{what}" for side in SIDES for what in ("nested", "parameters")]
    used = [each for each in of_files if getattr(given, each[2:].replace("-", "_")) is not None]
    if given.old and (given.env or given.against):
        raise BuildError("found templates and --env or --against, expected one or the other")
    if given.old and not given.new:
        raise BuildError(f"found {given.old} alone, expected two templates: OLD NEW")
    if not given.old and not (given.env and given.against):
        raise BuildError("expected two templates, OLD NEW, or --env E with --against DIR_OR_REV")
    if used and not given.old:
        raise BuildError(f"found {used[0]} without templates, expected OLD NEW beside it")


def between_files(given: Namespace, told: dict[str, str]) -> Review:
    """The judged prediction from one template to another."""
    from pipeline.evaluation.stack import STACK_TYPE  # noqa: PLC0415
    from pipeline.review import reviews  # noqa: PLC0415 # --help loads no rules

    review = reviews.of_files(
        (given.old, given.old_nested, given.old_parameters),
        (given.new, given.new_nested, given.new_parameters),
        told,
    )
    for folder, world in ((given.old_nested, review.before), (given.new_nested, review.after)):
        nests = any(each.get("Type") == STACK_TYPE for each in world.values())
        if folder is not None and nests and not folder.is_dir():
            sys.stderr.write(f"warning: {folder}: no such folder, so no nested template was read\n")
    return review


def between_releases(given: Namespace, told: dict[str, str]) -> Review:
    """The judged prediction from an earlier release to what this working tree would build."""
    # Two templates are compared in a fraction of the time that loading a build takes.
    from pipeline.release import revisions  # noqa: PLC0415

    return revisions.compared(order(given), given.against, told, machine=given.json)
