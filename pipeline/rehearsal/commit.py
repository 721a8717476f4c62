"""Commit: what the source stage fetches, a copy of this checkout that knows the accounts of the rehearsal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
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
CHECKED = (".ci", ".github", "CHANGELOG.md", "LICENSE", "README.md", "docs", "tests")
PIPELINE_PARAMETERS = "parameters/tooling/pipeline.json"
# What of the pipeline a second commit changes.
OTHER = {"Branch": "rehearsed"}
# The module that a second commit changes, so that there is something to release.
CHANGED = "handlers/payment_validator.py"


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

    def change(self, *, pipeline: bool = False) -> None:
        """Change an archive, and so every environment; or else the `pipeline`."""
        if pipeline:
            self.set(PIPELINE_PARAMETERS, OTHER)
        path = self.folder / CHANGED
        path.write_text(path.read_text(encoding="utf-8") + "\n# A second commit.\n", encoding="utf-8")


def of(project: Path, folder: Path, cache: Path, *, full: bool = False) -> Commit:
    """A copy of `project` in the new `folder`; what was built before need not be built again.

    `full`, it has what the checks read as well.
    """
    folder.mkdir(parents=True)
    for part in (*PARTS, *(CHECKED if full else ())):
        source = project / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / part)
    if cache.is_dir():
        shutil.copytree(cache, folder / "dist" / ".cache")
    return Commit(folder)
