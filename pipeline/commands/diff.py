"""Diff: predicts offline what a change set would do, nested stacks and all, and judges it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from pipeline.commands import order, release_options, verdicts
from pipeline.review import reviews
from pipeline.review.model import Review
from pipeline.review.templates import UnreadableError

EXAMPLES = """examples:
  python build.py diff --env prod --against main          what this working tree changes of a git revision
  python build.py diff --env prod --against old/dist      what it changes of an earlier build
  python build.py diff --env prod --against main --format html --output review.html
  python build.py diff --env prod --against main --accept SG_OPENING:Network/DatabaseSecurityGroup
  python build.py diff old.json new.json --old-nested old/ --new-nested new/ --new-parameters prod.json

Nested templates lie in their folder by logical id: Data.json, and Data/Inner.json for one nested in that.
"""


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("old", nargs="?", type=Path, metavar="OLD", help="the root template that is deployed")
    add("new", nargs="?", type=Path, metavar="NEW", help="the root template to deploy")
    for side in ("old", "new"):
        add(f"--{side}-nested", type=Path, metavar="DIR", help=f"the nested templates of {side.upper()}")
        add(f"--{side}-parameters", type=Path, metavar="FILE", help=f"the parameters of {side.upper()}")
    release_options(parser, required=False)
    add("--against", metavar="DIR_OR_REV", help="a folder that holds a release, or a git revision")
    add("--region", help="the region, where the templates ask for it")
    add("--account", help="the account, where the templates ask for it")
    verdicts.options(parser)


def run(given: Namespace) -> int:
    """Compare the two sides that `given` names, and tell what comes of it."""
    return verdicts.tell(predicted(given), given)


def predicted(given: Namespace) -> Review:
    """The judged prediction that `given` asks for."""
    pseudo = {"AWS::Region": given.region, "AWS::AccountId": given.account}
    told = {name: value for name, value in pseudo.items() if value}
    if given.old is not None and given.env is None and given.against is None:
        if given.new is None:
            raise UnreadableError(f"found {given.old} alone, expected two templates: OLD NEW")
        return reviews.of_files(
            (given.old, given.old_nested, given.old_parameters),
            (given.new, given.new_nested, given.new_parameters),
            told,
        )
    if given.old is not None or given.env is None or given.against is None:
        raise UnreadableError("expected two templates, OLD NEW, or --env E with --against DIR_OR_REV")
    # Two templates are compared in a fraction of the time that loading a build takes.
    from pipeline.review import releases  # noqa: PLC0415

    return releases.compared(order(given), given.against, told, machine=given.json)
