from __future__ import annotations

from pathlib import Path

import pytest

from tests import sharing
from tests.pipeline.release.projects import Project, make


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A made-up checkout that was built once; tests look at it and leave it as it is."""
    return Project(sharing.once(sharing.folder(tmp_path_factory) / "built", built_anew))


def built_anew(folder: Path) -> None:
    """A made-up checkout in `folder`, built."""
    make(folder).build()


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """A checkout of the test's own, built already."""
    return built.copy(tmp_path / "project")
