"""Pipeline: generates and lints the pipeline's own templates, and uploads them if that is asked for."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path

from pipeline import console
from pipeline.commands import PROJECT, publishing

EXAMPLES = """examples:
  python build.py pipeline                              generate and lint into dist/pipeline/
  python build.py pipeline --bucket my-artifacts --publish   and upload to the artifact bucket
"""


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("--bucket", default="", metavar="B", help="artifact bucket, instead of the one in the parameters")
    add("--out", type=Path, default=PROJECT / "dist", metavar="DIR", help="where releases lie (dist/)")
    add("--publish", action="store_true", help="upload the templates to the artifact bucket")


def run(given: Namespace) -> int:
    """Make the templates, upload them if that is asked for, and tell what there is."""
    progress = console.progress(machine=given.json)
    making = import_module("pipeline.delivery.build")
    release = making.build(PROJECT, given.out, given.bucket, progress)
    publishing.tell(release, given, progress)
    return 0
