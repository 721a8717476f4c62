"""SBOM: a CycloneDX bill of materials of the libraries layer.

The same for the same lock, to the last byte: it holds no time and no random serial number.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pipeline.release.archives import Zip
from pipeline.release.bytecode import PYTHON
from pipeline.release.cache import Cache
from pipeline.release.libraries import LOCK, LibrariesError, read_lock, wheels
from pipeline.release.licences import Licence, licence, metadata
from pipeline.release.sources import Sources
from pipeline.release.templates import canonical

NAME = "libraries.cdx.json"
SPECIFICATION = "1.6"
LAYER = "libraries-layer"
METADATA = re.compile(r"^[^/]+\.dist-info/METADATA$")
# What makes a bill: one that they made is made again where they change.
MAKERS = tuple(f"pipeline/release/{name}" for name in ("archives", "sbom", "libraries", "licences"))
# Where functions run, in the terms of dependency markers: all of them, lest this machine's fill a gap.
TARGET = {
    "extra": "",
    "implementation_name": "cpython",
    "implementation_version": f"{PYTHON}.0",
    "os_name": "posix",
    "platform_machine": "aarch64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "linux",
}


@dataclass(frozen=True)
class Library:
    """A wheel of the layer."""

    name: str
    version: str
    licence: Licence
    sha256: str
    depends_on: tuple[str, ...]
    """Names of what it needs where functions run, whether or not the layer holds it."""

    @property
    def purl(self) -> str:
        """The package URL, by which scanners know it."""
        return f"pkg:pypi/{canonicalize_name(self.name)}@{self.version}"


def bill(project: Path, sources: Sources, cache: Cache, layer: Zip) -> bytes:
    """Return the bill of `layer`; taken from `cache` where lock and maker are those of before."""
    key = sources.key(LOCK, *MAKERS)
    data = cache.get("bills", key)
    if data is None:
        lock = read_lock(project)
        paths = wheels(lock, project / LOCK, cache.place("wheels") / lock.digest)
        data = canonical(document([library(path) for path in paths], layer))
        cache.put("bills", key, data)
    return data


def library(wheel: Path) -> Library:
    """Return the library that the wheel at `wheel` holds, as its metadata describes it."""
    with zipfile.ZipFile(wheel) as archive:
        found = next((name for name in archive.namelist() if METADATA.match(name)), None)
        if found is None:
            raise LibrariesError(f"{wheel.name}: found no METADATA, expected a wheel")
        said = metadata(archive.read(found))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    try:
        depends_on = tuple(dependencies(said))
    except InvalidRequirement as error:
        reason = str(error).split("\n")[0]
        raise LibrariesError(f"{wheel.name}: Requires-Dist: {reason}; expected a requirement") from error
    return Library(str(said["Name"]), str(said["Version"]), licence(said), digest, depends_on)


def dependencies(said: Message) -> Iterator[str]:
    """Yield the names of what a distribution needs where functions run, without any extra."""
    for text in said.get_all("Requires-Dist", []):
        requirement = Requirement(str(text))
        if requirement.marker is None or requirement.marker.evaluate(TARGET):
            yield canonicalize_name(requirement.name)


def document(libraries: list[Library], layer: Zip) -> Mapping[str, object]:
    """Return the bill of materials of `libraries`, which `layer` holds."""
    listed = sorted(libraries, key=lambda each: each.purl)
    by_name: dict[str, str] = {canonicalize_name(each.name): each.purl for each in listed}
    root = {
        "type": "application",
        "bom-ref": LAYER,
        "name": LAYER,
        "version": hashlib.sha256(layer.data).hexdigest()[:16],
        "hashes": [hashed(hashlib.sha256(layer.data).hexdigest())],
    }
    depends = [{"ref": LAYER, "dependsOn": [each.purl for each in listed]}]
    depends += [
        {
            "ref": each.purl,
            "dependsOn": sorted({by_name[name] for name in each.depends_on if name in by_name}),
        }
        for each in listed
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "version": 1,
        "metadata": {"component": root},
        "components": [component(each) for each in listed],
        "dependencies": depends,
    }


def component(of: Library) -> Mapping[str, object]:
    """Return one library as the bill lists it."""
    text = of.licence.text
    words = {"expression": text} if of.licence.spdx else {"license": {"name": text}}
    return {
        "type": "library",
        "bom-ref": of.purl,
        "name": of.name,
        "version": of.version,
        "purl": of.purl,
        "hashes": [hashed(of.sha256)],
    } | ({"licenses": [words]} if text else {})


def hashed(digest: str) -> Mapping[str, str]:
    """Return a SHA-256 as CycloneDX writes it."""
    return {"alg": "SHA-256", "content": digest}
