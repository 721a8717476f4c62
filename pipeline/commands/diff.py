"""Diff: predict the change set of a release offline, nested stacks included, and judge it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError
from pipeline.commands import releases, verdicts
from pipeline.commands.releases import ReleaseArguments
from pipeline.commands.verdicts import ReviewArguments

if TYPE_CHECKING:
    from pipeline.release.revisions import Side as Revision
    from pipeline.review.model import Review

EXAMPLES = """\
  # from a git revision to this working tree
  python build.py diff --env prod --against main
  # from an earlier build to this working tree
  python build.py diff --env prod --against old/dist
  # as an HTML page
  python build.py diff --env prod --against main \\
      --format html --output review.html
  # one risk accepted
  python build.py diff --env prod --against main \\
      --accept SG_OPENING:Network/DatabaseSecurityGroup
  # every risk of one class that comes from one parameter accepted
  python build.py diff --env prod --against main \\
      --accept DATA_EXPIRY@LogRetentionDays
  # from one root template to another
  python build.py diff old.json new.json --old-nested old/ --new-nested new/ \\
      --new-parameters prod.json
  # templates of SAM: applied if requirements/sam.txt is installed
  python build.py diff old.yaml new.yaml --region eu-west-1
  # a snippet of AWS::Include; --new-include gives NEW its own
  python build.py diff old.yaml new.yaml \\
      --include s3://bucket/tables.yaml=snippets/tables.yaml
"""

SIDES = ("old", "new")


@dataclass(frozen=True)
class Side:
    """The files of one side of the comparison."""

    root: Path | None
    nested: Path | None
    parameters: Path | None
    included: Mapping[str, Path]
    """The files that stand for locations of AWS::Include."""


@dataclass(frozen=True)
class DiffArguments:
    """Two root templates, or the release of an environment and what to compare it with."""

    old: Side
    new: Side
    environment: str
    against: str
    pseudo: dict[str, str]
    """The pseudo parameters that are known, such as AWS::Region."""

    @classmethod
    def parsed(cls, namespace: Namespace) -> DiffArguments:
        """Return what `options` added to the parser; BuildError unless it names one comparison."""
        pseudo = {"AWS::Region": namespace.region, "AWS::AccountId": namespace.account}
        arguments = cls(
            Side(
                namespace.old,
                namespace.old_nested,
                namespace.old_parameters,
                dict([*namespace.include, *namespace.old_include]),
            ),
            Side(
                namespace.new,
                namespace.new_nested,
                namespace.new_parameters,
                dict([*namespace.include, *namespace.new_include]),
            ),
            namespace.env or "",
            namespace.against or "",
            {name: value for name, value in pseudo.items() if value},
        )
        arguments.check()
        return arguments

    def check(self) -> None:
        """Raise BuildError unless the arguments name one comparison."""
        old, new = self.old, self.new
        files = {
            "--old-nested": old.nested,
            "--old-parameters": old.parameters,
            "--new-nested": new.nested,
            "--new-parameters": new.parameters,
        }
        used = [option for option, file in files.items() if file is not None]
        used += ["--include"] if old.included or new.included else []
        for name, file in (*old.included.items(), *new.included.items()):
            if not file.is_file():
                raise BuildError(f"{file}: no such file, expected what {name} includes")
        if old.root and (self.environment or self.against):
            raise BuildError("found templates and --env or --against, expected one or the other")
        if old.root and not new.root:
            raise BuildError(f"found {old.root} alone, expected two templates: OLD NEW")
        if not old.root and not (self.environment and self.against):
            raise BuildError("expected two templates, OLD NEW, or --env E with --against DIR_OR_REV")
        if used and not old.root:
            raise BuildError(f"found {used[0]} without templates, expected OLD NEW beside it")


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    include = partial(add, action="append", default=[], type=inclusion, metavar="NAME=FILE")
    add("old", nargs="?", type=Path, metavar="OLD", help="the root template that is deployed")
    add("new", nargs="?", type=Path, metavar="NEW", help="the root template to deploy")
    for side in SIDES:
        add(
            f"--{side}-nested",
            type=Path,
            metavar="DIR",
            help=f"nested templates of {side.upper()}, by logical id: Data.json, and Data/Inner.json "
            "for one nested in that",
        )
        add(f"--{side}-parameters", type=Path, metavar="FILE", help=f"parameters of {side.upper()}")
        include(f"--{side}-include", help=f"as --include, for {side.upper()} alone")
    include(
        "--include",
        help="file of what AWS::Include includes; NAME is its location, or the last part of that",
    )
    releases.options(parser, required=False)
    add("--against", metavar="DIR_OR_REV", help="compare with a folder of a release, or a git revision")
    add("--region", metavar="REGION", help="value of AWS::Region")
    add("--account", metavar="ACCOUNT", help="value of AWS::AccountId")
    verdicts.options(parser)


def inclusion(argument: str) -> tuple[str, Path]:
    """Return the location and the file in NAME=FILE, as argparse calls it."""
    name, equals, file = argument.rpartition("=")
    if not equals or not name or not file:
        raise ArgumentTypeError(f"found {argument}, expected NAME=FILE")
    return name, Path(file)


def run(namespace: Namespace) -> int:
    """Compare the two sides and return the exit status of the verdict."""
    arguments = DiffArguments.parsed(namespace)
    review_arguments = ReviewArguments.parsed(namespace)
    policy = verdicts.chosen(review_arguments)
    if arguments.old.root and arguments.new.root:
        review = between_files(arguments.old.root, arguments.new.root, arguments)
    else:
        review = between_releases(ReleaseArguments.parsed(namespace), arguments, machine=namespace.json)
    return verdicts.report(review, review_arguments, policy)


def between_files(old_root: Path, new_root: Path, arguments: DiffArguments) -> Review:
    """Return the judged prediction from one template to another."""
    from pipeline.evaluation.stack import STACK_TYPE  # noqa: PLC0415
    from pipeline.review import reviews  # noqa: PLC0415 # --help loads no rules

    old, new = arguments.old, arguments.new
    review = reviews.of_files(
        (old_root, old.nested, old.parameters),
        (new_root, new.nested, new.parameters),
        arguments.pseudo,
        (old.included, new.included),
    )
    for folder, resources in ((old.nested, review.before), (new.nested, review.after)):
        nests = any(resource.get("Type") == STACK_TYPE for resource in resources.values())
        if folder is not None and nests and not folder.is_dir():
            sys.stderr.write(f"warning: {folder}: no such folder, so no nested template was read\n")
    return review


def between_releases(release: ReleaseArguments, arguments: DiffArguments, *, machine: bool) -> Review:
    """Return the judged prediction from an earlier release to the build of this working tree."""
    # Comparing two templates takes a fraction of the time that loading a build takes.
    from pipeline.release import revisions  # noqa: PLC0415
    from pipeline.review import reviews  # noqa: PLC0415

    order = release.order()
    new = revisions.working_tree(order, machine=machine)
    old = revisions.earlier(order, arguments.against, machine=machine)
    title = f"{order.environment}: {old.name} → {new.name}"
    stacks = (old.stack(arguments.pseudo), new.stack(arguments.pseudo))
    review = reviews.of_stacks(*stacks, title, (old.tags, new.tags))
    review.notes += notes(old, new)
    return review


def notes(old: Revision, new: Revision) -> Iterator[str]:
    """Yield what differs between two releases and is part of no change set of the root stack."""
    from pipeline.release.wiring import SUFFIX  # noqa: PLC0415

    for name in sorted((old.templates.keys() | new.templates.keys()) - old.of_root() - new.of_root()):
        if old.templates.get(name) != new.templates.get(name):
            file = f"{name}{SUFFIX}"
            yield f"{file} differs too; it is a stack of its own: compare the two files with diff OLD NEW"
    if old.policy != new.policy:
        yield "the stack policy changes; it is set beside the change set, which does not show it"
