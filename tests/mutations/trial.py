"""Trial: runs the tests of the templates in a process of their own, over one template that was mutated."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from troposphere import Template

from templates import stack as stacks
from templates.stack import first_line
from tests.mutations.mutation import Mutation, Rendered
from tests.paths import CHECKOUT
from tests.templates.rendered import TEMPLATES
from tests.templates.samples import CODE

TESTS = CHECKOUT / "tests/templates"
LAYERS = ("account", "api", "compute", "data", "monitoring", "network", "security")
BY_DESCRIPTION = {first_line(import_module(f"templates.{layer}")): layer for layer in LAYERS}
# These ask a database, or make up bodies at random; they read no template that others do not.
SLOW = ("test_models.py", "test_postgres.py")

# What each layer that is kept comes to, by its template's identity.
RENDERED: dict[int, str] = {}


def name_of(template: Template) -> str:
    """The name of `template`; empty where it is none of the product's."""
    found = BY_DESCRIPTION.get(str(template.description or ""), "")
    nested = any(each.resource_type == "AWS::CloudFormation::Stack" for each in template.resources.values())
    return found or ("root" if nested else "")


def rendered() -> dict[str, Rendered]:
    """Return every template as it should be, by name."""
    return {title.lower(): template for title, template in TEMPLATES.items()}


def remembering() -> None:
    """Make each layer once and for all trials: what is mutated is how it is rendered."""
    build, made = stacks.synthesize, dict[tuple[object, ...], Any]()

    def synthesize(layer: Any, inputs: Any, *more: Any, **named: Any) -> Any:  # as wide as what it stands for
        key = (layer, inputs, repr([*more, *named.values()]))
        if key not in made or not Catcher.remembering:
            built = build(layer, inputs, *more, **named)
            return made.setdefault(key, built) if Catcher.remembering else built
        return made[key]

    pytest.MonkeyPatch().setattr(stacks, "synthesize", synthesize)
    for title in LAYERS:
        layer = import_module(f"templates.{title}")
        if title == "compute":
            synthesize(layer.build, layer.Inputs, CODE)
        else:
            synthesize(layer.build, layer.Inputs)
    RENDERED.update({id(template): template.to_json() for template, _ in made.values()})


def preparing() -> None:
    """Load what the tests load, once and for all trials; the tests themselves are read anew in each."""
    with Path(os.devnull).open("w") as silence, redirect_stdout(silence), redirect_stderr(silence):
        pytest.main(["--collect-only", "-q", "-n0", "-pno:cacheprovider", str(TESTS)])
    for name in [
        each
        for each in sys.modules
        if each.startswith(("tests.templates.", "tests.documents")) and "samples" not in each
    ]:
        del sys.modules[name]


@cache
def texts() -> dict[Path, str]:
    """The test files and what they say."""
    return {path: path.read_text() for path in sorted(TESTS.glob("test_*.py"))}


def relevant(mutation: Mutation) -> list[str]:
    """Return the test files that read the mutated template, those first that name the mutated resource."""
    title = str(mutation.place[1])
    layer = mutation.template.capitalize()
    reads = [f'LAYER = "{layer}"', f'rendered("{layer}"', f"{mutation.template}_layer import"]
    reads += ["templates.rendered import", "documents import alarms"]
    found = [
        (path.name in SLOW, f'"{title}"' not in text, str(path))
        for path, text in texts().items()
        if any(statement in text for statement in reads)
    ]
    return [path for *_, path in sorted(found)]


class Catcher:
    """Remembers the first test that fails, or the file that cannot even be read."""

    remembering = True
    """Whether layers need not be made anew."""

    def __init__(self) -> None:
        self.caught = ""

    def pytest_runtest_setup(self, item: pytest.Function) -> None:
        """A test that disturbs what layers are made from wants them made anew."""
        Catcher.remembering = "monkeypatch" not in item.fixturenames

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that was run."""
        if report.failed and not self.caught:
            self.caught = report.nodeid.removeprefix("tests/templates/")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that was read, and with it its template."""
        if report.failed and not self.caught:
            self.caught = report.nodeid.removeprefix("tests/templates/")


@contextmanager
def mutated(mutation: Mutation | None) -> Iterator[None]:
    """Render the template that `mutation` is of as it says, while the context is open."""
    plain: Callable[[Template], Rendered] = Template.to_dict

    def to_dict(self: Template) -> Rendered:
        told: Rendered = json.loads(RENDERED[id(self)]) if id(self) in RENDERED else plain(self)
        if mutation is not None and name_of(self) == mutation.template:
            mutation.apply(told)
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "to_dict", to_dict)
        yield


def catches(mutation: Mutation | None, files: list[str]) -> str:
    """The first test of `files` that fails on `mutation`; empty if it survives. Leaves this process alone."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        catcher = Catcher()
        options = ["-x", "-q", "-n0", "-pno:cacheprovider", "-pno:hypothesispytest", "--no-header"]
        try:
            with mutated(mutation):
                status = pytest.main([*options, *files], plugins=[catcher])
            told = catcher.caught or ("" if status == 0 else f"pytest ended with {status}")
        except BaseException as error:  # noqa: BLE001 # a child that must not go on as its parent
            told = f"the trial itself: {error!r}"
        os.write(writing, told.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        told = answer.read().decode(errors="replace")
    os.waitpid(child, 0)
    return told
