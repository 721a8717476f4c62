"""The options of commands that build a release."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.commands import PROJECT

if TYPE_CHECKING:
    from pipeline.release.assemble import Order

ENVIRONMENT = "environment: the name of a file in parameters/"
BUCKET = "artifact bucket, instead of the one in the parameters"
DIST = PROJECT / "dist"


@dataclass(frozen=True)
class ReleaseArguments:
    """The release to build."""

    environment: str
    bucket: str
    folder: Path
    no_cache: bool

    @classmethod
    def parsed(cls, namespace: Namespace) -> ReleaseArguments:
        """Return what `options` added to the parser."""
        return cls(namespace.env, namespace.bucket, namespace.out, namespace.no_cache)

    def order(self, boundary: str = "") -> Order:
        """Return the order to the build; `boundary` replaces the one in the parameters."""
        from pipeline.release.assemble import Order  # noqa: PLC0415 # commands that build nothing do not load it

        return Order(PROJECT, self.environment, self.folder, self.bucket, self.no_cache, boundary)


def options(parser: ArgumentParser, *, required: bool = True) -> None:
    """Add the options of ReleaseArguments."""
    add = parser.add_argument
    add("--env", required=required, metavar="ENV", help=ENVIRONMENT)
    add("--bucket", default="", metavar="BUCKET", help=BUCKET)
    add("--out", type=Path, default=DIST, metavar="DIR", help="folder of the releases (dist/)")
    add("--no-cache", action="store_true", help="build everything again, except downloaded wheels")
