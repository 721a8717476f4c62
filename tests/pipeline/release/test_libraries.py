from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.release.archives import Zip
from pipeline.release.bytecode import Compiler
from pipeline.release.cache import Cache, of_user
from pipeline.release.libraries import LibrariesError, archive, modules, read_lock, reason
from pipeline.release.sources import read
from tests.pipeline.release.projects import Project, make, wheel


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that was never built; pip finds its wheels and nothing else."""
    made = make(tmp_path / "project", layers=1)
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    return made


class Uncompiled(Compiler):
    """Leaves modules as they are: these tests are about wheels, and a compiler takes seconds to start."""

    def with_bytecode(self, files: Mapping[str, bytes], place: str) -> dict[str, bytes]:  # noqa: ARG002
        """`files` alone."""
        return dict(files)


def layer(project: Project, compiler: Compiler) -> Zip:
    with compiler:
        return archive(project.folder, read(project.folder), cache(project), compiler)


def cache(project: Project) -> Cache:
    return Cache(project.folder / "dist/.cache")


def names(project: Project) -> list[str]:
    return layer(project, Uncompiled(cache(project))).names()


def test_wheels_are_those_of_the_functions_platform_whatever_the_builder(offline: Project) -> None:
    """The builder's own wheel lies beside it, and is not taken."""
    for tag in ("cp311-cp311-manylinux_2_17_x86_64", "cp313-cp313-macosx_11_0_arm64"):
        wheel(offline, "example", "1.0", {"example/wrong.py": ""}, tag)
    shutil.rmtree(offline.folder / "wheels", ignore_errors=True)
    wheel(offline, "example", "1.0", {"example/wrong.py": ""}, "cp311-cp311-manylinux_2_17_x86_64")
    wheel(offline, "example", "1.0", {"example/right.py": ""}, "cp313-cp313-manylinux_2_28_aarch64")

    assert "python/example/right.py" in names(offline)


def test_a_library_without_a_wheel_for_that_platform_is_refused(offline: Project) -> None:
    shutil.rmtree(offline.folder / "wheels")
    wheel(offline, "example", "1.0", {"example/wrong.py": ""}, "cp313-cp313-manylinux_2_17_x86_64")

    with pytest.raises(
        LibrariesError, match=r"libraries\.txt: .*; expected a wheel for python3\.13 on arm64"
    ):
        names(offline)


def test_a_wheel_with_another_hash_than_the_locked_one_is_refused(offline: Project) -> None:
    offline.write("requirements/libraries.txt", f"example==1.0 --hash=sha256:{'0' * 64}\n")

    with pytest.raises(LibrariesError, match="DO NOT MATCH THE HASHES"):
        names(offline)


def test_a_wheel_that_was_fetched_once_needs_no_index_again(offline: Project) -> None:
    before = names(offline)
    shutil.rmtree(offline.folder / "wheels")
    shutil.rmtree(offline.folder / "dist/.cache/libraries")

    assert before == names(offline)


def test_a_kept_wheel_that_was_tampered_with_is_fetched_again(offline: Project) -> None:
    before = names(offline)
    shutil.rmtree(offline.folder / "dist/.cache/libraries")
    kept = next((offline.folder / "dist/.cache/wheels").rglob("*.whl"))
    kept.write_bytes(b"tampered")

    assert before == names(offline)


def test_the_layer_holds_modules_bytecode_and_licences_and_no_more(offline: Project, built: Project) -> None:
    wheel(
        offline,
        "example",
        "2.0",
        {
            "example/__init__.py": "",
            "example/deep/it.py": "",
            "example/tests/test_it.py": "",
            "example/__pycache__/it.cpython-313.pyc": "",
            "example-2.0.data/scripts/example": "#!python",
            "example-2.0.data/purelib/beside.py": "",
            "example-2.0.dist-info/licenses/LICENSE": "MIT",
        },
    )

    its_own = cache(built).folder
    made = layer(offline, Compiler(Cache(its_own, of_user(its_own))))

    assert [
        "python/__pycache__/beside.cpython-313.pyc",
        "python/beside.py",
        "python/example-2.0.dist-info/METADATA",
        "python/example-2.0.dist-info/RECORD",
        "python/example-2.0.dist-info/WHEEL",
        "python/example-2.0.dist-info/licenses/LICENSE",
        "python/example/__init__.py",
        "python/example/__pycache__/__init__.cpython-313.pyc",
        "python/example/deep/__pycache__/it.cpython-313.pyc",
        "python/example/deep/it.py",
    ] == made.names()
    assert {"beside", "example"} == modules(made)
    with zipfile.ZipFile(io.BytesIO(made.data)) as held:
        assert b"MIT" == held.read("python/example-2.0.dist-info/licenses/LICENSE")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("example>=1.0", r"libraries\.txt:1: found example>=1\.0, expected name==version --hash=\.\.\."),
        ("example==1.0 ; python_version < '3'", r"libraries\.txt:1: found the marker ; python_version < '3'"),
    ],
)
def test_a_lock_that_is_none_is_told_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/libraries.txt").write_text(line)

    with pytest.raises(LibrariesError, match=said):
        read_lock(tmp_path)


def test_the_lock_of_this_project_pins_each_library_with_a_hash() -> None:
    lock = read_lock(Path(__file__).parent.parent.parent.parent)

    assert len(lock.hashes) >= len(lock.pins) > 0


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by\nERROR: No matching distribution",
            "no network: the package index does not answer",
        ),
        ("/usr/bin/python: No module named pip", "pip is missing in "),
        ("ERROR: No matching distribution found for a==1.\n", "No matching distribution found for a==1"),
    ],
)
def test_what_pip_says_becomes_one_line(said: str, told: str) -> None:
    assert reason(said).startswith(told)
