"""Releases as sides of a comparison: of the working tree, of a folder, or of a git revision."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import console
from pipeline.evaluation import template_files
from pipeline.evaluation.stack import Raw, Stack
from pipeline.evaluation.template_files import UnreadableError
from pipeline.evaluation.values import StackPath
from pipeline.release import assemble, configuration, dist
from pipeline.release.assemble import Order
from pipeline.release.package import CONFIGURATION, MANIFEST, packaged
from pipeline.release.stack import STACK
from pipeline.release.templates import ROOT, documents
from pipeline.release.wiring import SUFFIX

REVISIONS = "revisions"
KEPT = 8


@dataclass(frozen=True)
class Side:
    """A release: its name for people, its templates by name, and what the root is given."""

    name: str
    templates: Mapping[str, Raw]
    given: Mapping[str, str]
    tags: Mapping[str, str]
    policy: object = None

    def stack(self, pseudo: Mapping[str, str]) -> Stack:
        """Return the release as a side of a comparison; `pseudo` are the pseudo parameters that are known."""

        def load(path: StackPath, _url: str | None) -> Raw | None:
            return self.templates.get(path[-1].lower())

        return Stack(
            self.templates[ROOT], dict(self.given), load, told=pseudo, transforms=template_files.transforms()
        )

    def of_root(self) -> set[str]:
        """Return the names of the root template and of those that it nests."""
        resources = self.templates[ROOT]["Resources"]
        return {ROOT, *(name.lower() for name in resources)} if isinstance(resources, dict) else {ROOT}


def working_tree(order: Order, *, machine: bool) -> Side:
    """What `order` would build now."""
    settings = configuration.read(order.project, order.environment)
    settings = replace(settings, parameters={**settings.parameters, **order.instead})
    read = documents(packaged(STACK, assemble.templates(order, console.progress(machine=machine))))
    configuration.check(settings, read[ROOT])
    policy = settings.document().get("StackPolicy")
    return Side("this working tree", read, settings.parameters, settings.tags, policy)


def earlier(order: Order, against: str, *, machine: bool) -> Side:
    """The release in the folder, or of the git revision, that `against` names."""
    folder = Path(against)
    if folder.is_dir():
        return read(released_in(folder, order.environment), against)
    commit = commit_of(order.project, against)
    kept = order.dist / ".cache" / REVISIONS / f"{commit}-{order.environment}-{order.bucket}"
    if not (kept / MANIFEST).is_file():
        with console.progress(machine=machine).stage("revision") as stage:
            build(order, commit, against, kept)
            stage.note = f"{against}, {commit[:12]}, built as it was"
    else:
        os.utime(kept)
    return read(kept, f"{against} ({commit[:12]})")


def released_in(folder: Path, environment: str) -> Path:
    """The folder of the release of `environment`: `folder` itself, or one in it."""
    for each in (folder, folder / environment, folder / "dist" / environment):
        if (each / MANIFEST).is_file():
            return each
    raise UnreadableError(
        f"{folder}: found no {MANIFEST} there or in its {environment}/, expected a release or a git revision"
    )


def read(folder: Path, name: str) -> Side:
    """The release in `folder`."""
    manifest = template_files.document(folder / MANIFEST)
    given = template_files.parameters(folder / CONFIGURATION)
    listed: Any = manifest.get("Artifacts")
    try:
        files = {each["name"]: each["path"] for each in listed if each["kind"] == "template"}
    except (TypeError, KeyError) as fault:
        raise UnreadableError(f"{folder / MANIFEST}: found no Artifacts, expected a release's") from fault
    if ROOT not in files:
        raise UnreadableError(f"{folder / MANIFEST}: found no root template, expected a release's")
    configured = template_files.document(folder / CONFIGURATION)
    tags = configured.get("Tags")
    return Side(
        name,
        {title: template_files.template(folder / path) for title, path in files.items()},
        {title: str(value) for title, value in given.items()},
        {str(title): str(value) for title, value in tags.items()} if isinstance(tags, dict) else {},
        configured.get("StackPolicy"),
    )


def commit_of(project: Path, revision: str) -> str:
    """The commit that `revision` names in the repository of `project`."""
    done = git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if done.returncode:
        raise UnreadableError(
            f"{revision}: found neither a folder nor a git revision of that name{why_none(project)}"
        )
    return done.stdout.decode().strip()


def why_none(project: Path) -> str:
    """What may keep git from finding a revision, beside that there is none."""
    shallow = git(project, "rev-parse", "--is-shallow-repository")
    if shallow.returncode:
        return f"; {project} is in no git repository"
    if shallow.stdout.strip() == b"true":
        return "; this clone is shallow, so fetch what it lacks: git fetch --unshallow --tags"
    return ""


def git(project: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git in `project`."""
    try:
        return subprocess.run(
            ["git", "-C", str(project), *arguments],  # noqa: S607 # git is where the person has it
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as fault:
        raise UnreadableError("git: not found on the PATH, expected it for --against REVISION") from fault


def build(order: Order, commit: str, revision: str, into: Path) -> None:
    """Have `commit` build its own release with its own code, and keep templates and parameters in `into`."""
    with checked_out(order.project, commit) as project:
        if not (project / "build.py").is_file():
            raise UnreadableError(f"{revision}: has no build.py, expected a revision that can be built")
        out = project / "dist"
        # What its build shares with this one need not be made again: entries are kept under digests.
        cache = order.dist / ".cache"
        cache.mkdir(parents=True, exist_ok=True)
        out.mkdir(exist_ok=True)
        (out / ".cache").symlink_to(cache.resolve(), target_is_directory=True)
        command: list[str | Path] = [
            sys.executable,
            project / "build.py",
            "--env",
            order.environment,
            "--out",
            out,
        ]
        command += ["--bucket", order.bucket] if order.bucket else []
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            why = next((line for line in said if line.startswith("error: ")), said[-1])
            raise UnreadableError(f"{revision}: cannot be built as it was: {why.removeprefix('error: ')}")
        release = out / order.environment
        with dist.staging(order.dist, f"{REVISIONS}-{commit[:12]}") as staged:
            ours = staged / "release"
            ours.mkdir()
            for each in (*release.glob(f"*{SUFFIX}"), release / MANIFEST, release / CONFIGURATION):
                shutil.copy(each, ours)
            into.parent.mkdir(parents=True, exist_ok=True)
            dist.install(ours, into)
    by_use = sorted(into.parent.iterdir(), key=lambda each: each.stat().st_mtime_ns, reverse=True)
    for each in by_use[KEPT:]:
        shutil.rmtree(each, ignore_errors=True) if each.is_dir() else None


@contextmanager
def checked_out(project: Path, commit: str) -> Iterator[Path]:
    """The files of `commit` in a folder of their own, gone when the context is left."""
    archived = git(project, "archive", "--format=tar", commit)
    if archived.returncode:
        raise UnreadableError(f"{commit[:12]}: git cannot read it: {archived.stderr.decode().strip()}")
    with tempfile.TemporaryDirectory(prefix="payment-revision-") as name:
        folder = Path(name) / "project"
        folder.mkdir()
        packed = Path(name) / "files.tar"
        packed.write_bytes(archived.stdout)
        with tarfile.open(packed) as files:
            # Python 3.11.4 brought the filter; before it, what git itself packed is unpacked as it is.
            files.extraction_filter = getattr(tarfile, "data_filter", None)
            files.extractall(folder)  # noqa: S202 # of this repository
        yield folder
