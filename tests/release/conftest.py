from __future__ import annotations

from pathlib import Path

import pytest

from tests.release.projects import Project, make


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A made-up checkout that was built once; tests look at it and leave it as it is."""
    project = make(tmp_path_factory.mktemp("built") / "project")
    project.build()
    return project


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """A checkout of the test's own, built already."""
    return built.copy(tmp_path / "project")
