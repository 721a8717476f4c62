"""Revisions: what a diff says of the git revisions that it cannot compare with, and of those that it can."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.evaluation.template_files import UnreadableError
from pipeline.release import revisions
from pipeline.release.assemble import Order
from pipeline.release.revisions import Side

# Stands for the build of a revision: it writes the release that lies beside it.
BUILD = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1]) / sys.argv[sys.argv.index("--env") + 1]
release = json.loads(pathlib.Path(__file__).with_name("release.json").read_text())
if "refused" in release:
    sys.exit(f"error: {release['refused']}")
out.mkdir(parents=True)
for name, content in release.items():
    (out / name).write_text(json.dumps(content))
"""


def release(topic: str) -> dict[str, Any]:
    """The files of a release with a topic."""
    return {
        "root.template.json": {"Resources": {topic: {"Type": "AWS::SNS::Topic"}}},
        "configuration.json": {"Parameters": {}, "Tags": {"Team": topic}, "StackPolicy": {"Statement": []}},
        "manifest.json": {"Artifacts": [{"kind": "template", "name": "root", "path": "root.template.json"}]},
    }


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder, as nobody in particular."""
    author = [
        "-c",
        "user.name=somebody",
        "-c",
        "user.email=somebody@example.com",
        "-c",
        "commit.gpgsign=false",
    ]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, **files: str) -> None:
    """Commit some files; a name's underscore stands for its dot."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "one more")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository: a commit without a build, a refused one, two releases, and a work tree that differs."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, readme_md="not built yet")
    commit(folder, build_py=BUILD, release_json=json.dumps({"refused": "parameters/prod.json: not found"}))
    commit(folder, release_json=json.dumps(release("First")))
    git(folder, "tag", "v1")
    commit(folder, release_json=json.dumps(release("Second")))
    (folder / "release.json").write_text(json.dumps(release("Dirty")), encoding="utf-8")
    return folder


def earlier(project: Path, against: str) -> Side:
    """The release that `against` names."""
    return revisions.earlier(Order(project, "prod", project.parent / "dist"), against, machine=True)


@pytest.mark.parametrize(
    ("against", "topic"), [("HEAD", "Second"), ("main", "Second"), ("v1", "First"), ("HEAD~1", "First")]
)
def test_a_revision_is_what_was_committed_whatever_the_work_tree_holds(
    project: Path, against: str, topic: str
) -> None:
    found = earlier(project, against)

    assert [topic] == list(found.templates["root"]["Resources"])  # type: ignore[call-overload] # as the fixture wrote it
    assert {"Team": topic} == found.tags
    assert {"Statement": []} == found.policy
    assert against in found.name


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("nowhere", "^nowhere: found neither a folder nor a git revision of that name$"),
        ("--output=x", "^--output=x: found neither a folder nor a git revision of that name$"),
        ("HEAD~3", "^HEAD~3: has no build.py, expected a revision that can be built$"),
        ("HEAD~2", "^HEAD~2: cannot be built as it was: parameters/prod.json: not found$"),
    ],
)
def test_a_revision_that_cannot_be_compared_with_says_why(project: Path, against: str, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        earlier(project, against)

    assert not [each for each in (project.parent / "dist").rglob("*") if each.name == "manifest.json"]


def test_a_shallow_clone_says_how_to_get_the_rest(project: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project}", "shallow")

    with pytest.raises(UnreadableError, match=r"this clone is shallow, .*git fetch --unshallow"):
        earlier(tmp_path / "shallow", "HEAD~1")


def test_a_folder_without_git_says_so(project: Path) -> None:
    shutil.rmtree(project / ".git")

    with pytest.raises(UnreadableError, match="project is in no git repository"):
        earlier(project, "HEAD")


def test_a_build_that_was_copied_is_read_where_it_lies(project: Path, tmp_path: Path) -> None:
    for name, content in release("Copied").items():
        (tmp_path / "copy").mkdir(exist_ok=True)
        (tmp_path / "copy" / name).write_text(json.dumps(content), encoding="utf-8")

    assert {"Team": "Copied"} == earlier(project, str(tmp_path / "copy")).tags


def test_a_revision_is_checked_out_by_a_python_without_filters_for_tar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.11.4 brought them, and Debian has 3.11.2."""
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    (tmp_path / "file.txt").write_text("as it was")
    for arguments in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "first"],
    ):
        git(tmp_path, *arguments)

    with revisions.checked_out(tmp_path, "HEAD") as folder:
        assert (folder / "file.txt").read_text() == "as it was"
