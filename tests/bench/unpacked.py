"""Unpacked: a release's archives as Lambda lays them out, made runnable by this Python on this machine."""

from __future__ import annotations

import compileall
import importlib.util
import py_compile
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.release.bytecode import TAG

# Shipped for arm64 and python3.13; this environment has the same library for its own.
NATIVE = "msgspec"
# The SDK, which the functions' runtime brings along with its bytecode.
SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "urllib3")
# Where all functions lie in one folder, for a process that is several of them.
EVERY = "every"


@dataclass(frozen=True)
class Unpacked:
    """Where a release was unpacked, and how."""

    folder: Path
    modules: int
    compiled: int
    """Modules that are shipped with bytecode."""

    def path(self, *entries: str) -> str:
        """What PYTHONPATH holds for `entries`: what Lambda puts first, then the layer."""
        return ":".join(str(self.folder / each) for each in (*entries, "opt/python"))

    def how(self) -> str:
        """What is compiled, in a sentence."""
        runs = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"{self.compiled} of {self.modules} modules shipped with bytecode; run by Python {runs}"


def unpack(release: Path, folder: Path) -> Unpacked:
    """Unpack the archives of `release` into the new `folder`."""
    targets = {"libraries": folder / "opt"}
    targets |= {path.stem: folder / path.stem for path in (release / "functions").glob("*.zip")}
    for name, target in targets.items():
        place = release / ("libraries.zip" if name == "libraries" else f"functions/{name}.zip")
        with zipfile.ZipFile(place) as archive:
            archive.extractall(target)
            if name != "libraries":
                archive.extractall(folder / EVERY)
    replace_native(folder / "opt/python" / NATIVE)
    for name in SDK:
        compileall.compile_dir(installed(name), quiet=2)
    modules = list(folder.rglob("*.py"))
    compiled = [each for each in modules if compiled_as_shipped(each)]
    return Unpacked(folder, len(modules), len(compiled))


def replace_native(package: Path) -> None:
    """Put this environment's own build of the extension module in the place of the functions'."""
    for path in installed(NATIVE).glob("*.so"):
        shutil.copy(path, package)


def installed(name: str) -> Path:
    """Where this environment has the package `name`."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"{name}: not installed; expected requirements/test.txt")
    return Path(found.origin).parent


def compiled_as_shipped(module: Path) -> bool:
    """Whether `module` has bytecode; if it is for another Python, it gets some for this one as well."""
    shipped = module.parent / "__pycache__" / f"{module.stem}.{TAG}.pyc"
    if not shipped.exists():
        return False
    if TAG != sys.implementation.cache_tag:
        py_compile.compile(
            str(module), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
    return True
