"""The command `diff`: predicts and judges a change set offline, with all nested stacks."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError
from pipeline.commands import order, release_options, verdicts

if TYPE_CHECKING:
    from pipeline.release.revisions import Side
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
    """Add the options of the command."""
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


def run(arguments: Namespace) -> int:
    """Compare the two sides, and write the review; return the exit status."""
    check(arguments)
    verdicts.chosen_format(arguments)
    options = {"AWS::Region": arguments.region, "AWS::AccountId": arguments.account}
    pseudo = {name: value for name, value in options.items() if value}
    review = between_files(arguments, pseudo) if arguments.old else between_releases(arguments, pseudo)
    return verdicts.write_review(review, arguments)


def check(arguments: Namespace) -> None:
    """Raise BuildError unless the arguments name two templates, or an environment and an earlier release."""
    of_files = {
        "--old-nested": arguments.old_nested,
        "--old-parameters": arguments.old_parameters,
        "--new-nested": arguments.new_nested,
        "--new-parameters": arguments.new_parameters,
    }
    used = [option for option, file in of_files.items() if file is not None]
    if arguments.old and (arguments.env or arguments.against):
        raise BuildError("found templates and --env or --against, expected one or the other")
    if arguments.old and not arguments.new:
        raise BuildError(f"found {arguments.old} alone, expected two templates: OLD NEW")
    if not arguments.old and not (arguments.env and arguments.against):
        raise BuildError("expected two templates, OLD NEW, or --env E with --against DIR_OR_REV")
    if used and not arguments.old:
        raise BuildError(f"found {used[0]} without templates, expected OLD NEW beside it")


def between_files(arguments: Namespace, pseudo: Mapping[str, str]) -> Review:
    """Return the judged prediction from one template to another; `pseudo` are known pseudo parameters."""
    from pipeline.evaluation.stack import STACK_TYPE  # noqa: PLC0415
    from pipeline.review import reviews  # noqa: PLC0415 # --help loads no rules

    review = reviews.of_files(
        (arguments.old, arguments.old_nested, arguments.old_parameters),
        (arguments.new, arguments.new_nested, arguments.new_parameters),
        pseudo,
    )
    for folder, world in ((arguments.old_nested, review.before), (arguments.new_nested, review.after)):
        nests = any(resource.get("Type") == STACK_TYPE for resource in world.values())
        if folder is not None and nests and not folder.is_dir():
            sys.stderr.write(f"warning: {folder}: no such folder, so no nested template was read\n")
    return review


def between_releases(arguments: Namespace, pseudo: Mapping[str, str]) -> Review:
    """Return the judged prediction from an earlier release to what this working tree would build.

    The working tree's templates are generated but not linted: that is the build's work, and takes longer.
    """
    # Two templates are compared in a fraction of the time that loading a build takes.
    from pipeline.release import revisions  # noqa: PLC0415
    from pipeline.review import reviews  # noqa: PLC0415

    build = order(arguments)
    new = revisions.working_tree(build, machine=arguments.json)
    old = revisions.earlier(build, arguments.against, machine=arguments.json)
    title = f"{build.environment}: {old.name} → {new.name}"
    review = reviews.of_stacks(old.stack(pseudo), new.stack(pseudo), title, (old.tags, new.tags))
    review.notes += notes(old, new)
    return review


def notes(old: Side, new: Side) -> Iterator[str]:
    """Yield what differs between two releases and is part of no change set of the root stack."""
    from pipeline.release.wiring import SUFFIX  # noqa: PLC0415

    for name in sorted((old.templates.keys() | new.templates.keys()) - old.of_root() - new.of_root()):
        if old.templates.get(name) != new.templates.get(name):
            file = f"{name}{SUFFIX}"
            yield f"{file} differs too; it is a stack of its own: compare the two files with diff OLD NEW"
    if old.policy != new.policy:
        yield "the stack policy changes; it is set beside the change set, which does not show it"
