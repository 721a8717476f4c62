"""Lint: what cfn-lint says of the templates, asked only about those that changed or nest one that did."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline import BuildError
from pipeline.release.cache import Cache
from pipeline.release.findings import Finding, Rule, dump, load
from pipeline.release.sources import Sources, digest
from pipeline.release.templates import Templates
from pipeline.release.wiring import SUFFIX, nested

CONFIGURATION = ".cfnlintrc.yaml"
# What asks cfn-lint, and what is kept of its answers.
LINTERS = ("pipeline/release/lint", "pipeline/release/findings")


class LintError(BuildError):
    """A linter that cannot do its work."""


class Linter:
    """cfn-lint, loading from the moment that the context is entered; leaving it ends every process of it."""

    def __init__(self, project: Path, region: str = "") -> None:
        """Prepare to judge templates of `project` as stacks of `region`, if one is named."""
        self.project = project
        self.region = region

    def __enter__(self) -> Self:
        """Begin to load, in a session of its own: Ctrl-C is for the build, which then ends this too."""
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.release.linter", str(self.project / CONFIGURATION), self.region],
            cwd=self.project,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the linter, whatever it is at, and wait for that."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        for stream in (self.process.stdin, self.process.stdout, self.said):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self.process.wait()

    def judge(self, templates: Iterable[Path]) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
        """What is to be said of each of `templates`, as it becomes known."""
        asked, answers = self.process.stdin, self.process.stdout
        if asked is None or answers is None:
            raise LintError("cfn-lint: has no pipes; expected it to be asked once")
        wanted = {str(path): path for path in templates}
        with contextlib.suppress(BrokenPipeError):
            asked.write(json.dumps(list(wanted)).encode())
            asked.close()
        for line in answers:
            answer = json.loads(line)
            yield wanted.pop(answer["path"]), answer["findings"]
        if self.process.wait() or wanted:
            self.said.seek(0)
            last = self.said.read().decode(errors="replace").strip().splitlines()[-1:]
            raise LintError(f"cfn-lint: ended with {' '.join(last) or 'no output'}; expected findings")


def environment() -> dict[str, str]:
    """The linter's environment: without the user's cache, whose schemas would win over those of the wheel."""
    nowhere = os.devnull
    # The user's packages are the one thing in the home folder that may be needed.
    own = {"HOME": nowhere, "XDG_CACHE_HOME": nowhere, "LOCALAPPDATA": nowhere}
    return {**os.environ, **own, "PYTHONUSERBASE": site.getuserbase(), "PYTHONHASHSEED": "0"}


def keys(templates: Templates, sources: Sources, region: str) -> dict[str, str]:
    """Return the cache key of each template's findings: a digest of it, of what it nests and of the rules.

    The rules know what each region has.
    """
    rules = sources.key(CONFIGURATION, *LINTERS)
    return {name: digest(rules, region, *family(name, templates)) for name in templates}


def family(name: str, templates: Templates) -> Iterator[str]:
    """Yield the digest of the template `name`, and of all that it nests."""
    yield templates[name].digest
    for stack in nested(templates[name].document).values():
        yield from family(stack["Properties"]["TemplateURL"].removesuffix(SUFFIX), templates)


def remembered(known: Mapping[str, str], cache: Cache) -> dict[str, list[Finding]]:
    """The findings of the templates that were judged before, by name; `known` holds their keys."""
    kept = {name: cache.get("lint", key) for name, key in known.items()}
    return {name: load(data) for name, data in kept.items() if data is not None}


def judged(
    linter: Linter, folder: Path, known: Mapping[str, str], cache: Cache
) -> Iterator[tuple[str, list[Finding]]]:
    """The findings of the templates in `folder` that `known` names, as they become known; kept in `cache`."""
    for path, answers in linter.judge([folder / f"{name}{SUFFIX}" for name in known]):
        name = path.name.removesuffix(SUFFIX)
        findings = [
            Finding(template=name, **{**answer, "rule": Rule(**answer["rule"])}) for answer in answers
        ]
        cache.put("lint", known[name], dump(findings))
        yield name, findings
