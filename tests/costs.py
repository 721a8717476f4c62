"""Cost of a test: a mark by the folder or file that it is in, or by the fixtures that it uses.

A plugin of pytest. `pytest -m unit` is what to run while writing code: it collects only files that may hold
unit tests, and a unit test that starts a process or a server fails. `tox` leaves out
what is exhaustive, which `tox -e exhaustive` runs.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from tests.paths import CHECKOUT

UNIT = "unit"
COSTS = (UNIT, "slow", "server", "build", "emulator", "sandbox")
# By folder, file or test function, below tests/; the shortest that is listed counts.
PATHS = {
    "aws": "slow",
    "documents": "slow",
    "emulator": "emulator",
    "handlers/payments/test_json_body.py": "slow",
    "handlers/runtime/test_sdk_models.py": "slow",
    "handlers/test_any_input.py": "slow",
    "handlers/test_inputs.py": "slow",
    "handlers/test_owner_sign_in.py": "server",
    "handlers/test_postgres.py": "server",
    "handlers/test_stalled.py": "server",
    "mutations/test_mutations.py": "build",
    "pipeline/capacity/test_command.py": "slow",
    "pipeline/capacity/test_limits.py": "slow",
    "pipeline/change/recovery": "slow",
    "pipeline/change/test_change_set.py": "slow",
    "pipeline/change/test_execute.py": "slow",
    "pipeline/change/test_first_deployment.py": "slow",
    "pipeline/change/test_plan.py": "slow",
    "pipeline/change/test_rollback.py": "slow",
    "pipeline/delivery/test_authorization.py": "slow",
    "pipeline/delivery/test_boundary.py": "slow",
    "pipeline/delivery/test_escalation.py": "slow",
    "pipeline/delivery/test_execution.py": "slow",
    "pipeline/delivery/test_making.py": "build",
    "pipeline/delivery/test_registry_permissions.py": "slow",
    "pipeline/preflight": "slow",
    "pipeline/release/test_archives.py": "build",
    "pipeline/release/test_bill.py": "build",
    "pipeline/release/test_build.py": "build",
    "pipeline/release/test_interruptions.py": "build",
    "pipeline/release/test_bytecode.py": "build",
    "pipeline/release/test_contradictions.py::test_parameters_at_the_very_edge_are_taken": "slow",
    "pipeline/release/test_contradictions.py::test_what_judges_a_release_is_among_its_sources": "build",
    "pipeline/release/test_models.py": "slow",
    "pipeline/release/test_operations.py::test_no_use_of_a_client_in_the_handlers_is_overlooked": "slow",
    "pipeline/release/test_package.py::test_functions_too_large_for_lambda_are_refused": "slow",
    "pipeline/release/test_publish.py": "slow",
    "pipeline/release/test_region.py": "build",
    "pipeline/release/test_revisions.py": "build",
    "pipeline/review/prediction/test_schemas.py": "slow",
    "pipeline/review/prediction/test_unordered.py::test_the_table_is_that_of_the_installed_registry": "slow",
    "pipeline/review/renderers/test_accessibility.py": "build",
    "pipeline/review/rules/test_patterns_and_conditions.py": "slow",
    "pipeline/review/rules/test_rules.py": "slow",
    "pipeline/review/test_command.py::test_a_review_reads_the_same_whatever_the_order_of_sets": "build",
    "pipeline/review/test_diff_against_builds.py": "build",
    "pipeline/review/test_judging.py::test_a_reader_that_has_seen_enough_is_no_error": "build",
    "pipeline/review/test_metamorphic.py": "slow",
    "pipeline/review/test_robustness.py": "slow",
    "pipeline/review/test_sam.py::test_template_without_sam_does_not_load_the_translator": "build",
    "pipeline/test_operations.py": "slow",
    "sandbox": "sandbox",
    "templates/test_models.py": "slow",
    "templates/test_postgres.py": "server",
    "test_canaries.py": "build",
    "test_documents.py": "build",
    "test_helper_imports.py": "slow",
    "test_imports.py": "slow",
    "test_requirements.py": "slow",
}
# By fixture, of tests that are not listed above.
FIXTURES = {
    "postgres": "server",
    "gateway_url": "server",
    "built": "build",
    "offline": "build",
}
EXHAUSTIVE = "exhaustive"
# Sweeps of which the suite has a cheaper sample, and whole runs of commands whose parts it tests one by one.
SWEEPS = {
    "handlers/test_crashes.py::test_a_payment_that_fails_ends_with_a_letter",
    "handlers/test_crashes.py::test_a_second_fault_in_the_retry_heals_too",
    "handlers/test_faults.py::test_every_fault_heals",
    "handlers/test_faults.py::test_every_pair_of_faults_heals",
    "mutations/test_mutations.py::test_a_mutation_that_no_test_reads_survives",
    "mutations/test_mutations.py::test_a_sample_of_mutations_is_caught",
    "sandbox/rehearsal/test_rehearsal.py",
}
# What starts a process or a server.
STARTERS = (
    (subprocess.Popen, "__init__"),
    (os, "fork"),
    (os, "posix_spawn"),
    (socket.socket, "bind"),
    (socket.socket, "listen"),
)


class NotUnitError(Exception):
    """A unit test started a process or a server."""


@cache
def place_of(path: Path) -> str:
    """Return the path below tests/; empty for what is elsewhere."""
    tests = CHECKOUT / "tests"
    return path.relative_to(tests).as_posix() if path.is_relative_to(tests) else ""


@cache
def of_path(path: Path) -> str:
    """Return the cost of all tests in a folder or file; empty where it is not listed."""
    parts = place_of(path).split("/")
    places = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    return next((PATHS[place] for place in places if place in PATHS), "")


def of_test(item: pytest.Item) -> str:
    """Return the cost of a test by its path, its function or its fixtures, in this order."""
    if not isinstance(item, pytest.Function):
        return UNIT
    fixtures = [FIXTURES[name] for name in item.fixturenames if name in FIXTURES]
    function = PATHS.get(f"{place_of(item.path)}::{item.originalname}", "")
    return of_path(item.path) or function or (fixtures or [UNIT])[0]


def is_sweep(item: pytest.Item) -> bool:
    """Return whether a test is exhaustive, by its file or its function."""
    place = place_of(item.path)
    name = item.originalname if isinstance(item, pytest.Function) else ""
    return place in SWEEPS or f"{place}::{name}" in SWEEPS


def marks(item: pytest.Item) -> list[str]:
    """Return the cost marks of a test."""
    return sorted({mark.name for mark in item.iter_markers()} & set(COSTS))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that has no cost mark of its own, before tests are selected by their marks."""
    for item in items:
        if not marks(item):
            item.add_marker(of_test(item))
        if is_sweep(item):
            item.add_marker(EXHAUSTIVE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import nothing that holds no unit test where only those were asked for."""
    only_units = config.getoption("markexpr") == UNIT
    return True if only_units and of_path(collection_path) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Raise from whatever starts a process or a server while a unit test and its fixtures run."""
    if UNIT not in marks(item):
        return (yield)
    with nothing_starts():
        return (yield)


@contextmanager
def nothing_starts() -> Iterator[None]:
    """Raise from whatever starts a process or a server while the context is open."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise NotUnitError(
            "found a process or a server that is started, expected none in a unit test; tests/costs.py lists"
            " the tests that cost more"
        )

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STARTERS:
            patch.setattr(owner, name, refuse)
        yield
