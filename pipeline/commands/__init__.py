"""Commands: what build.py can be asked for, a module each; none is loaded before it is asked for."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.release.assemble import Order

PROJECT = Path(__file__).resolve().parent.parent.parent


def release_options(parser: ArgumentParser, *, required: bool = True) -> None:
    """Let `parser` take what every command that makes a release takes."""
    add = parser.add_argument
    add("--env", required=required, metavar="E", help="environment: the name of a file in parameters/")
    add("--bucket", default="", metavar="B", help="artifact bucket, instead of the one in the parameters")
    add("--out", type=Path, default=PROJECT / "dist", metavar="DIR", help="where releases lie (dist/)")
    add("--no-cache", action="store_true", help="build everything anew, but for wheels already fetched")


def order(given: Namespace) -> Order:
    """The release that `release_options` took, as an order to the build."""
    from pipeline.release.assemble import Order  # noqa: PLC0415 # a command that makes none does not pay for it

    return Order(PROJECT, given.env, given.out, given.bucket, given.no_cache)
