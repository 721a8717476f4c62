"""Emulators, and the payment stack in one: tests give names of their own to what they make beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.deploy import Published, deploy, publish
from sandbox.emulator import Emulator, running
from tests.release.projects import CHECKOUT, Project, wheel

PARTS = (".cfnlintrc.yaml", "build.py", "handlers", "parameters", "pipeline", "sandbox", "templates")
# What the handlers import of the libraries layer. The emulator leaves the layer out, so names will do.
LIBRARIES = ("aws_lambda_powertools", "msgspec", "pg8000")


@dataclass(frozen=True)
class Deployed:
    """The payment stack, in an emulator."""

    emulator: Emulator
    published: Published
    outputs: dict[str, str]


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """The emulator that the sandbox runs."""
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def untouched() -> Iterator[Emulator]:
    """The emulator as its makers ship it, without stubs, adapters and databases."""
    with running(as_it_is=True) as started:
        yield started


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of this checkout that is built without a network."""
    project = Project(tmp_path_factory.mktemp("checkout") / "project")
    project.folder.mkdir()
    for part in PARTS:
        source, target = CHECKOUT / part, project.folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    wheel(project, "libraries", "1.0", {f"{each}/__init__.py": "" for each in LIBRARIES})
    return project


@pytest.fixture(scope="session")
def published(emulator: Emulator, checkout: Project) -> Published:
    """What `build.py --publish` makes of this checkout."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in checkout.environment().items():
            patch.setenv(name, value)
        return publish(emulator, checkout.folder, "dev")


@pytest.fixture(scope="session")
def deployed(emulator: Emulator, published: Published) -> Deployed:
    """The stack of the environment `dev`."""
    return Deployed(emulator, published, deploy(emulator, published, print))
