"""Licences: docs/licences.md, every locked requirement with its licence, as the distributions say it.

python -m tests.licences [SITE_PACKAGES ...]   with folders where other locks are installed, such as scan's

What is not installed in any of them keeps the line that it has; without one, the command fails and says so.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path
from typing import cast

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from pipeline.release.licences import licence, metadata

CHECKOUT = Path(__file__).parent.parent
DOCUMENT = CHECKOUT / "docs/licences.md"
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

Every locked requirement, as it is on Linux under Python 3.11, and what it says of its own licence: an SPDX
expression where it can be told for certain, its own words otherwise. Made by `python -m tests.licences`.
What the lock `libraries` names is shipped, inside of the libraries layer; its bill of materials lies in
each release (`dist/<env>/libraries.cdx.json`). Of botocore, functions' archives hold descriptions of the
services that they use, with its licence and notice. Nothing else is shipped. `tox -e audit` looks up the
published vulnerabilities of all of it.

| package | version | licence | locks |
| --- | --- | --- | --- |
"""

Pin = tuple[str, str]


def main(arguments: Sequence[str]) -> int:
    """Write the document; return 1 where the licence of something is not to be had."""
    try:
        DOCUMENT.write_text(document(locked(), installed(arguments), written()))
    except LookupError as unknown:
        print(unknown.args[0], file=sys.stderr)
        return 1
    return 0


def document(locks: Mapping[Pin, Sequence[str]], found: Mapping[Pin, str], before: Mapping[Pin, str]) -> str:
    """docs/licences.md of `locks`, from the licences `found` and those that it stated `before`."""
    lines = []
    for pin, names in sorted(locks.items()):
        name, version = pin
        told = found.get(pin) or before.get(pin)
        if told is None:
            lock = f"requirements/{names[0]}.txt"
            raise LookupError(f"{lock}: {name}=={version} is not installed here; expected its site-packages")
        lines.append(f"| {name} | {version} | {told} | {', '.join(names)} |\n")
    return HEAD + "".join(lines)


def locked() -> dict[Pin, list[str]]:
    """Every pin of the locks, and the locks that hold it."""
    found: dict[Pin, list[str]] = {}
    for lock in sorted((CHECKOUT / "requirements").glob("*.txt")):
        for line in lock.read_text().splitlines():
            pin = PIN.match(line)
            if pin and (not pin["marker"] or Marker(pin["marker"]).evaluate(HERE)):
                found.setdefault((canonicalize_name(pin["name"]), pin["version"]), []).append(lock.stem)
    return found


def installed(folders: Sequence[str]) -> dict[Pin, str]:
    """The licences of what is installed where this runs, or in one of `folders`."""
    return {pin: told for each in distributions(folders) if (told := said(each)) for pin in [pin_of(each)]}


def distributions(folders: Sequence[str]) -> Iterator[Distribution]:
    """What is installed where this runs, or in one of `folders`."""
    context = DistributionFinder.Context(path=[*folders, *sys.path])
    yield from cast("Iterator[Distribution]", MetadataPathFinder.find_distributions(context))


def pin_of(distribution: Distribution) -> Pin:
    """Name and version, as a lock has them."""
    return canonicalize_name(distribution.name), distribution.version


def said(distribution: Distribution) -> str:
    """What `distribution` says of its licence, fit for a table."""
    told = licence(metadata((distribution.read_text("METADATA") or "").encode())).text
    return told.replace("|", "/").strip()


def written() -> dict[Pin, str]:
    """What the document states already."""
    text = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    lines = (LINE.match(line) for line in text.splitlines())
    return {(line["name"], line["version"]): line["licence"] for line in lines if line}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
