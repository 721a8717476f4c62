"""Sources: digests of the files that a build reads, by which a stage knows whether its own changed."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pipeline import BuildError

# Packages whose versions are as good as sources: templates are made and linted by them, models cut from one,
# bills of materials written by one.
PACKAGES = ("awacs", "botocore", "cfn-lint", "msgspec", "packaging", "troposphere")
# Of every product. The evaluation of templates serves checks of the build; a review touches no release.
FOLDERS = ("handlers", "pipeline/evaluation", "pipeline/release", "templates")
FILES = ("build.py", ".cfnlintrc.yaml", "requirements/libraries.txt")
# Editors' copies, caches and what the operating system leaves are no sources.
STRAY = re.compile(r"^[.#~]|[~#]$|^__pycache__$")


@dataclass(frozen=True)
class Sources:
    """The digest of every file that a build reads, by its path in the project, and what works on them."""

    files: Mapping[str, str]
    tools: Mapping[str, str]

    def key(self, *prefixes: str) -> str:
        """One digest of the files whose paths begin with one of `prefixes`, and of the tools."""
        files = [f"{path}={made}" for path, made in self.files.items() if path.startswith(prefixes)]
        return digest(*files, *(f"{tool}={version}" for tool, version in self.tools.items()))

    def changed(self, later: Sources) -> list[str]:
        """The paths whose content is another in `later`."""
        return sorted({path for path, _ in self.files.items() ^ later.files.items()})


def read(project: Path, *more: str) -> Sources:
    """Return the sources of every product of `project` as they are now, and `more` files and folders."""
    paths = [project / name for name in (*FILES, *FOLDERS, *more)]
    files = [file for path in paths for file in (walk(path) if path.is_dir() else (path,))]
    names = {file.relative_to(project).as_posix(): file for file in files if file.exists()}
    digests = {name: hashlib.sha256(content(path, name)).hexdigest() for name, path in sorted(names.items())}
    return Sources(
        digests, {"python": platform.python_version()} | {each: version(each) for each in PACKAGES}
    )


def walk(folder: Path) -> Iterator[Path]:
    """Every file in `folder` that is no stray."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if STRAY.search(path.name):
            continue
        if path.is_dir():
            yield from walk(path)
        else:
            yield path


def content(path: Path, name: str) -> bytes:
    """The bytes of `path`, which people know as `name`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BuildError(f"{name}: {error.strerror}; expected a file that can be read") from error


def version(package: str) -> str:
    """The version of `package` that is installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError as error:
        raise BuildError(
            f"requirements/build.txt: {package} is not installed here; "
            "expected `pip install -r requirements/build.txt`"
        ) from error


def digest(*parts: str | bytes) -> str:
    """The SHA-256 of `parts`, each told apart from the next."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big"))
        whole.update(data)
    return whole.hexdigest()
