"""Bill: what the libraries layer is made of, as a CycloneDX bill of materials.

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

from pipeline.release.archives import Zip
from pipeline.release.cache import Cache
from pipeline.release.libraries import LOCK, LibrariesError, read_lock, wheels
from pipeline.release.licences import Licence, licence, metadata
from pipeline.release.sources import Sources
from pipeline.release.templates import canonical

NAME = "libraries.cdx.json"
SPECIFICATION = "1.6"
LAYER = "libraries-layer"
METADATA = re.compile(r"^[^/]+\.dist-info/METADATA$")
# A dependency's name, and what it is conditional on: `six (>=1.5) ; python_version < "3"`.
DEPENDENCY = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)[^;]*(;(?P<marker>.*))?$")


@dataclass(frozen=True)
class Library:
    """A wheel of the layer."""

    name: str
    version: str
    licence: Licence
    sha256: str
    depends_on: tuple[str, ...]
    """Names of what it needs, whether or not the layer holds it."""

    @property
    def purl(self) -> str:
        """The package URL, by which scanners know it."""
        return f"pkg:pypi/{normal(self.name)}@{self.version}"


def bill(project: Path, sources: Sources, cache: Cache, layer: Zip) -> bytes:
    """The bill of `layer`; taken from `cache` where lock and maker are those of before."""
    makers = (f"pipeline/release/{name}" for name in ("archives", "sbom", "libraries", "licences"))
    key = sources.key(LOCK, *makers)
    data = cache.get("bills", key)
    if data is None:
        lock = read_lock(project)
        paths = wheels(lock, project / LOCK, cache.place("wheels") / lock.digest)
        data = canonical(document([library(path) for path in paths], layer))
        cache.put("bills", key, data)
    return data


def library(wheel: Path) -> Library:
    """What the wheel at `wheel` says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        found = next((name for name in archive.namelist() if METADATA.match(name)), None)
        if found is None:
            raise LibrariesError(f"{wheel.name}: found no METADATA, expected a wheel")
        said = metadata(archive.read(found))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Library(str(said["Name"]), str(said["Version"]), licence(said), digest, tuple(needed(said)))


def needed(said: Message) -> Iterator[str]:
    """What a distribution always needs; an extra, or another Python, needs more."""
    for each in said.get_all("Requires-Dist", []):
        parts = DEPENDENCY.match(str(each))
        if parts and not parts["marker"]:
            yield normal(parts["name"])


def normal(name: str) -> str:
    """`name` as the package index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def document(libraries: list[Library], layer: Zip) -> Mapping[str, object]:
    """The bill of materials of `libraries`, which `layer` holds."""
    listed = sorted(libraries, key=lambda each: each.purl)
    by_name = {normal(each.name): each.purl for each in listed}
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
    """What the bill says of one library."""
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
    """A SHA-256 as CycloneDX writes it."""
    return {"alg": "SHA-256", "content": digest}
