"""The commit that a rehearsal releases: a copy of this checkout, with the parameters of the rehearsal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline import BuildError

# Every file and folder that a build reads; tests and documents are not part of a release.
PARTS = (
    ".cfnlintrc.yaml",
    "build.py",
    "handlers",
    "parameters",
    "pipeline",
    "pyproject.toml",
    "requirements",
    "review.toml",
    "sandbox",
    "setup.cfg",
    "templates",
    "tox.ini",
)
PIPELINE_PARAMETERS = "parameters/tooling/pipeline.json"
# Parameters by the name of their file.
Changes = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Commit:
    """A commit, checked out in a folder of its own."""

    folder: Path

    def set(self, name: str, values: Mapping[str, str]) -> None:
        """Set parameters in the file `name`; BuildError where it does not have one of them."""
        path = self.folder / name
        document = json.loads(path.read_bytes())
        unknown = sorted(set(values) - set(document["Parameters"]))
        if unknown:
            raise BuildError(f"{name}: has no {', '.join(unknown)}; expected the parameters of a rehearsal")
        document["Parameters"] |= values
        path.write_text(json.dumps(document, indent=2) + "\n")

    @contextmanager
    def changed(self, changes: Changes) -> Iterator[None]:
        """Set parameters while the context is open, and restore the files after it."""
        before = {name: (self.folder / name).read_bytes() for name in changes}
        try:
            for name, values in changes.items():
                self.set(name, values)
            yield
        finally:
            for name, data in before.items():
                (self.folder / name).write_bytes(data)


def of(project: Path, folder: Path, cache: Path) -> Commit:
    """Copy `project` to the new `folder`, with the build's cache."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = project / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / part)
    if cache.is_dir():
        shutil.copytree(cache, folder / "dist" / ".cache")
    return Commit(folder)
