"""The whole suite: cost marks, searched logs, and the counts that tests of payments print at the end."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import canaries, costs, sharing
from tests.aws import models
from tests.aws.cloudformation.cloud import Cloud

FAULT_POINTS = ("fault points", "pairs of faults", "kills of a process")
INPUTS = "inputs: "


# Of the objects that a process makes while it collects tests, hardly any is garbage: to look for it in all of
# them again and again takes a sixth of the time of the tests that cost milliseconds.
GARBAGE_THRESHOLDS = (20_000, 20, 50)


def pytest_configure(config: pytest.Config) -> None:
    """Register the suite's plugins, and store bytecode so that hundreds of processes share it."""
    gc.disable()
    canaries.pytest_configure(config)
    config.pluginmanager.register(costs, "costs")
    models.install()
    keeps = config.pluginmanager.has_plugin("cacheprovider") and config.cache is not None
    if sys.dont_write_bytecode and keeps:
        # Whoever wants no bytecode beside sources has it beside pytest's own files, where it harms nobody.
        sys.pycache_prefix = str(config.cache.mkdir("bytecode"))
        sys.dont_write_bytecode = False
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes run tests: one more than cores, for tests of the sandbox mostly wait."""
    spare = 0 if config.option.markexpr == costs.UNIT else 1
    return (os.cpu_count() or 1) + spare


def pytest_collection_finish() -> None:
    """Look for garbage again, in what is made from here on."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.enable()


@pytest.fixture(autouse=True)
def service_models() -> Iterator[None]:
    """Fail a test that calls AWS in a way that the service's model does not allow."""
    with models.watched():
        yield


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """An account with nothing in it, whose operations advance whenever the code under test waits."""
    account = Cloud()
    # What the commands wait with; no test sleeps.
    monkeypatch.setattr("pipeline.change.waiting.time", account.clock)
    yield account
    assert account.unmet() == []


@pytest.fixture(scope="session", autouse=True)
def users_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What builds keep for all of a user's checkouts, they keep for all of this run, and no longer."""
    folder = sharing.folder(tmp_path_factory) / "cache"
    deno = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "deno")
    with pytest.MonkeyPatch.context() as patch:
        # But the compiler is not fetched anew: no test needs a network.
        patch.setenv("DENO_DIR", os.environ.get("DENO_DIR") or str(deno))
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder
    if sys.pycache_prefix is not None:
        forget_temporary(sys.pycache_prefix)


def forget_temporary(bytecode: str) -> None:
    """Remove from `bytecode` that of made-up checkouts, which no other run has a use for."""
    temporary = Path(tempfile.gettempdir()).resolve()
    lasting = [Path(__file__), Path(sys.prefix)]
    for each in Path(f"{bytecode}{temporary}").glob("*"):
        if not any(path.is_relative_to(temporary / each.name) for path in lasting):
            shutil.rmtree(each, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the faults that payments were put through and the inputs, over all workers."""
    counted = [each for report in terminalreporter.getreports("passed") for each in report.user_properties]
    for title, prefix in (
        ("faults that payments healed from", FAULT_POINTS),
        ("inputs, each with its status", INPUTS),
    ):
        told = [(name, int(str(value))) for name, value in counted if name.startswith(prefix)]
        if told:
            terminalreporter.section(title)
            for name, value in sorted(told):
                terminalreporter.write_line(f"{value:5} {name.removeprefix(INPUTS)}")
            terminalreporter.write_line(f"{sum(value for _, value in told):5} in all")
