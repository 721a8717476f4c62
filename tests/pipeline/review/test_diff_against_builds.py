"""Releases: a working tree against an earlier build of it, or against a revision, through build.py diff."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import sharing
from tests.pipeline.release.projects import Project, make


def git(project: Project, *arguments: str) -> None:
    """Run git in `project`, as nobody in particular."""
    author = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    subprocess.run(["git", *author, *arguments], cwd=project.folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A checkout that was committed and built; tests leave it as it is."""
    return Project(sharing.once(sharing.folder(tmp_path_factory) / "committed", committed_and_built))


def committed_and_built(folder: Path) -> None:
    """Make that checkout in `folder`."""
    project = make(folder, layers=2)
    project.write(".gitignore", "dist/\n__pycache__/\n")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "As it was")
    project.build()


@pytest.fixture
def edited(committed: Project, tmp_path: Path) -> Project:
    """The checkout with another number of days, which flows through both layers."""
    project = committed.copy(tmp_path / "project")
    project.edit("parameters/dev.json", '"Days": "90"', '"Days": "7"')
    return project


def diff(project: Project, against: str, *more: str) -> list[dict[str, Any]]:
    """What build.py says that `project` changes of `against`."""
    done = project.run("diff", "--env", "dev", "--against", against, "--json", *more)
    assert done.returncode in {0, 3}, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_nothing_changes_of_the_same_release(committed: Project) -> None:
    assert diff(committed, str(committed.folder / "dist")) == []


@pytest.mark.parametrize("against", ["dist", "dist/dev", "HEAD"])
def test_a_parameter_is_followed_into_nested_stacks(edited: Project, against: str) -> None:
    place = against if against == "HEAD" else str(edited.folder / against)

    found = {each["id"]: each for each in diff(edited, place)}

    assert {"Layer0", "Layer1"} <= found.keys()
    assert all(each["cause"] == "parameter:Days" for each in found.values() if "/" not in each["id"])


def test_a_revision_is_built_once_and_nothing_of_it_is_left_beside_the_cache(edited: Project) -> None:
    first, again = (edited.run("diff", "--env", "dev", "--against", "HEAD") for _ in range(2))

    assert first.stdout == again.stdout
    assert "built as it was" in first.stderr
    assert "built as it was" not in again.stderr
    kept = edited.folder / "dist/.cache/revisions"
    assert len([each for each in kept.iterdir() if each.is_dir()]) == 1
    assert not list((edited.folder / "dist").glob(".revisions*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--env", "dev", "--against", "nowhere"], "nowhere: found neither a folder nor a git revision"),
        (["--env", "dev", "--against", "handlers"], "handlers: found no manifest.json there"),
        (
            ["--env", "nope", "--against", "HEAD"],
            "parameters/nope.json: not found; expected one of",
        ),
        (["--env", "dev"], "expected two templates, OLD NEW, or --env E with --against DIR_OR_REV"),
    ],
)
def test_what_is_wrong_is_one_line_and_exits_with_2(
    committed: Project, arguments: list[str], said: str
) -> None:
    placed = [str(committed.folder / each) if each == "handlers" else each for each in arguments]

    done = committed.run("diff", *placed, "--json")

    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == 2
    assert len(errors) == 1
    assert said in errors[0]


def test_a_revision_that_cannot_be_built_says_why(committed: Project, tmp_path: Path) -> None:
    project = committed.copy(tmp_path / "project")
    project.edit("parameters/dev.json", '"Days": "90"', '"Days": "many"')
    git(project, "commit", "--quiet", "--all", "--message", "Broken")
    project.edit("parameters/dev.json", '"Days": "many"', '"Days": "90"')

    done = project.run("diff", "--env", "dev", "--against", "HEAD")

    assert done.returncode == 2
    assert "error: HEAD: cannot be built as it was: parameters/dev.json: Days" in done.stderr
