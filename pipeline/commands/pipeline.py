"""Pipeline: generate and lint the pipeline's own templates; upload them with --publish."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path

from pipeline import console
from pipeline.commands import PROJECT, releases
from pipeline.commands.build import finish

EXAMPLES = """\
  # generate and lint into dist/pipeline/
  python build.py pipeline
  # also upload to the artifact bucket
  python build.py pipeline --bucket my-artifacts --publish
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("--bucket", default="", metavar="BUCKET", help=releases.BUCKET)
    add("--out", type=Path, default=releases.DIST, metavar="DIR", help="folder of the releases (dist/)")
    add("--publish", action="store_true", help="upload the templates to the artifact bucket")


def run(namespace: Namespace) -> int:
    """Build the templates and print their tables; upload them with --publish."""
    progress = console.progress(machine=namespace.json)
    delivery = import_module("pipeline.delivery.build")
    release = delivery.build(PROJECT, namespace.out, namespace.bucket, progress)
    finish(release, progress, publish=namespace.publish, machine=namespace.json)
    return 0
