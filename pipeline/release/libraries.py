"""Libraries: the layer archive that the functions share, from hash-locked wheels for their own platform."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline import BuildError
from pipeline.release.archives import MAKERS, Zip, pack
from pipeline.release.bytecode import PYTHON, Compiler
from pipeline.release.cache import Cache
from pipeline.release.sources import Sources, content, digest

LOCK = "requirements/libraries.txt"
# The functions' runtime: python3.13 on arm64, on Amazon Linux 2023 with glibc 2.34.
PLATFORMS = ("manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in range(17, 35)))
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<marker>\s*;[^\\]*)?")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# Locks whose wheels, and layers, are kept.
LOCKS_KEPT = 10
# Where Lambda unpacks the layer, and what of it is on Python's path.
PLACE = "/opt"
FOLDER = "python"
# Parts of wheels that no function needs.
LEFT_OUT = re.compile(r"(^|/)(tests?|__pycache__)/|^[^/]+\.data/(scripts|headers|data)/|\.pyc$")
# What wheels install beside their modules, by the scheme's name.
SCHEMES = re.compile(r"^[^/]+\.data/(purelib|platlib)/")


class LibrariesError(BuildError):
    """Libraries that cannot be had for the functions' platform."""


@dataclass(frozen=True)
class Lock:
    """The requirements lock: how many distributions it pins, and the hashes that it admits."""

    pins: tuple[str, ...]
    hashes: frozenset[str]
    digest: str


def read_lock(project: Path) -> Lock:
    """The lock of the libraries layer; each pin holds on every platform and has a hash."""
    text = content(project / LOCK, LOCK).decode()
    pins = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", "--hash=")):
            continue
        pin = PIN.match(line)
        if not pin:
            raise LibrariesError(f"{LOCK}:{number}: found {line.strip()}, expected name==version --hash=...")
        if pin["marker"]:
            raise LibrariesError(
                f"{LOCK}:{number}: found the marker{pin['marker'].rstrip()}; "
                "expected pins without markers, for the functions have one platform"
            )
        pins.append(f"{pin['name']}=={pin['version']}")
    return Lock(tuple(pins), frozenset(HASH.findall(text)), digest(text))


def archive(project: Path, sources: Sources, cache: Cache, compiler: Compiler) -> Zip:
    """The layer archive; taken from `cache` where the lock is the one that it was made from."""
    key = sources.key(LOCK, "pipeline/release/libraries", *MAKERS)
    data = cache.get("libraries", key)
    if data is None:
        data = pack(compiler.with_bytecode(files(project, cache), PLACE))
        cache.put("libraries", key, data, kept=LOCKS_KEPT)
    return Zip(data)


def files(project: Path, cache: Cache) -> dict[str, bytes]:
    """What the layer holds, by path: every module and licence of the locked wheels."""
    lock = read_lock(project)
    found: dict[str, bytes] = {}
    for wheel in wheels(lock, project / LOCK, cache.place("wheels") / lock.digest):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.endswith("/") and not LEFT_OUT.search(name):
                    found[f"{FOLDER}/{SCHEMES.sub('', name)}"] = archive.read(name)
    return found


def modules(layer: Zip) -> frozenset[str]:
    """The top-level modules that `layer` brings."""
    tops = {PurePosixPath(name).relative_to(FOLDER).parts[0] for name in layer.names()}
    return frozenset(
        top.partition(".")[0] for top in tops if top != "__pycache__" and not top.endswith(".dist-info")
    )


def wheels(lock: Lock, path: Path, folder: Path) -> list[Path]:
    """The wheels of `lock`, kept in `folder`, so that a second build needs no network."""
    kept = sorted(folder.glob("*.whl"))
    if complete(lock, kept):
        return kept
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as beside:
        fetch(path, Path(beside) / "wheels")
        try:
            (Path(beside) / "wheels").rename(folder)
            Cache.prune(folder.parent, LOCKS_KEPT)
        except OSError:
            # Another build was faster; its wheels are checked like any.
            if not folder.is_dir():
                raise
    kept = sorted(folder.glob("*.whl"))
    if not complete(lock, kept):
        raise LibrariesError(f"{LOCK}: found {len(kept)} wheels, expected {len(lock.pins)}, hashed as locked")
    return kept


def complete(lock: Lock, kept: list[Path]) -> bool:
    """Whether `kept` are the wheels of `lock`, each with a hash that it admits."""
    digests = (hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in kept)
    return len(kept) == len(lock.pins) and all(each in lock.hashes for each in digests)


def fetch(lock: Path, folder: Path) -> None:
    """Download the wheels of `lock` for the functions' platform, whatever the one that builds."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--retries", "1", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    command += ["--python-version", PYTHON, "--implementation", "cp"]
    command += [part for platform in PLATFORMS for part in ("--platform", platform)]
    command += ["--dest", str(folder), "--requirement", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        expected = f"a wheel for python{PYTHON} on arm64 Linux"
        raise LibrariesError(f"{LOCK}: {reason(done.stderr)}; expected {expected}")


def reason(said: str) -> str:
    """The line of what pip `said` that tells a person most."""
    if "No module named pip" in said:
        return f"pip is missing in {sys.executable}"
    if "Retrying (" in said:
        return "no network: the package index does not answer"
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    return errors[0].rstrip(". ") if errors else "pip download failed without a word"
