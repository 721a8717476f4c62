"""docs/licences.md: every locked requirement with the licence that its distribution states.

python -m tests.documents.licences [SITE_PACKAGES ...]   with folders where other locks are installed

A requirement that is not installed in any of them keeps the line that it has; without a line, the command
fails with the name of the lock to install.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from typing import cast

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from pipeline.release.licences import licence, metadata
from tests.documents import Document, parser, run
from tests.paths import CHECKOUT

PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)(?:\s*;(?P<marker>[^\\]*))?"
)
LINE = re.compile(r"^\| (?P<name>[^ ]+) \| (?P<version>[^ ]+) \| (?P<licence>[^|]+) \| (?P<locks>[^|]+) \|$")
# Where the checks run; what a lock holds for other systems and Pythons is of the same packages.
HERE = {
    "python_version": "3.11",
    "python_full_version": "3.11.15",
    "sys_platform": "linux",
    "platform_system": "Linux",
}

HEAD = """\
# Licences

Every locked requirement, as it is on Linux under Python 3.11, and the licence that it states: an SPDX
expression where that is certain, its own words otherwise. Written by `python -m tests.documents.licences`.
The requirements of the lock `libraries` are shipped in the libraries layer; their bill of materials is in
each release (`dist/<env>/libraries.cdx.json`). Of botocore, functions' archives hold descriptions of the
services that they use, with its licence and notice. Nothing else is shipped. `tox -e audit` looks up the
published vulnerabilities of all of it.

| package | version | licence | locks |
| --- | --- | --- | --- |
"""

Pin = tuple[str, str]


def document(folders: Sequence[str] = ()) -> str:
    """Return the text of docs/licences.md, with what is installed here or in one of `folders`."""
    return table(locked(), installed(folders), written())


def table(locks: Mapping[Pin, Sequence[str]], found: Mapping[Pin, str], before: Mapping[Pin, str]) -> str:
    """Return the document about `locks`, from the licences `found` and those that it stated `before`."""
    lines = []
    for pin, names in sorted(locks.items()):
        name, version = pin
        stated = found.get(pin) or before.get(pin)
        if stated is None:
            lock = f"requirements/{names[0]}.txt"
            raise LookupError(f"{lock}: {name}=={version} is not installed here; expected its site-packages")
        lines.append(f"| {name} | {version} | {stated} | {', '.join(names)} |\n")
    return HEAD + "".join(lines)


def locked() -> dict[Pin, list[str]]:
    """Return every pin of the locks, with the names of the locks that it is in."""
    found: dict[Pin, list[str]] = {}
    for lock in sorted((CHECKOUT / "requirements").glob("*.txt")):
        for line in lock.read_text().splitlines():
            pin = PIN.match(line)
            if pin and (not pin["marker"] or Marker(pin["marker"]).evaluate(HERE)):
                found.setdefault((canonicalize_name(pin["name"]), pin["version"]), []).append(lock.stem)
    return found


def installed(folders: Sequence[str]) -> dict[Pin, str]:
    """Return the licence of every distribution that is installed here or in one of `folders`."""
    found = ((pin_of(distribution), stated(distribution)) for distribution in distributions(folders))
    return {pin: text for pin, text in found if text}


def distributions(folders: Sequence[str]) -> Iterator[Distribution]:
    """Yield the distributions that are installed here or in one of `folders`."""
    context = DistributionFinder.Context(path=[*folders, *sys.path])
    yield from cast("Iterator[Distribution]", MetadataPathFinder.find_distributions(context))


def pin_of(distribution: Distribution) -> Pin:
    """Return name and version as a lock has them."""
    return canonicalize_name(distribution.name), distribution.version


def stated(distribution: Distribution) -> str:
    """Return the licence that `distribution` states, for a cell of the table."""
    text = licence(metadata((distribution.read_text("METADATA") or "").encode())).text
    return text.replace("|", "/").strip()


def written() -> dict[Pin, str]:
    """Return the licences that the document states already."""
    lines = (LINE.match(line) for line in DOCUMENT.read().splitlines())
    return {(line["name"], line["version"]): line["licence"] for line in lines if line}


DOCUMENT = Document("licences", "docs/licences.md", document)


def main() -> int:
    """Write or check the document, as the command line asks."""
    options = parser("licences")
    options.add_argument(
        "folders", nargs="*", metavar="SITE_PACKAGES", help="where other locks are installed"
    )
    arguments = options.parse_args()
    return run([replace(DOCUMENT, render=partial(document, arguments.folders))], check=arguments.check)


if __name__ == "__main__":
    sys.exit(main())
