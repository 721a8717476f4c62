"""Commit: what the source stage fetches, a copy of this checkout that knows the accounts of the rehearsal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline import BuildError

# All that a build reads; tests and documents are not part of a release.
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
    """A commit, in a folder of its own."""

    folder: Path

    def set(self, name: str, values: Mapping[str, str]) -> None:
        """Give parameters of the file `name` other values."""
        path = self.folder / name
        document = json.loads(path.read_bytes())
        unknown = sorted(set(values) - set(document["Parameters"]))
        if unknown:
            raise BuildError(f"{name}: has no {', '.join(unknown)}; expected the parameters of a rehearsal")
        document["Parameters"] |= values
        path.write_text(json.dumps(document, indent=2) + "\n")

    @contextmanager
    def changed(self, changes: Changes) -> Iterator[None]:
        """Have parameters of other values within; afterwards those that were."""
        before = {name: (self.folder / name).read_bytes() for name in changes}
        try:
            for name, values in changes.items():
                self.set(name, values)
            yield
        finally:
            for name, data in before.items():
                (self.folder / name).write_bytes(data)


def of(project: Path, folder: Path, cache: Path) -> Commit:
    """A copy of `project` in the new `folder`; what was built before need not be built again."""
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
