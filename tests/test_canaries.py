"""The search of logs itself: a planted leak fails the run, and so does a run that was not heard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.canaries import Canaries
from tests.paths import CHECKOUT

SAID = '{"level":"INFO","message":"validated","transaction_id":"t-1"}'


def run(folder: Path, body: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run tests of handlers that are `body`, under the plugin alone."""
    tests = folder / "tests" / "handlers"
    tests.mkdir(parents=True)
    (tests / "test_it.py").write_text("import pytest\n\n@pytest.fixture\ndef wired(): pass\n\n" + body)
    # Beside them others with a conftest of their own: pytest then leaves that out, and compares its plugins.
    (folder / "tests" / "other").mkdir()
    (folder / "tests" / "other" / "conftest.py").write_text("")
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.canaries", "-p", "xdist"),
            *("-c", "/dev/null", "--rootdir", str(folder), str(folder), *options),
        ],
        cwd=CHECKOUT,
        # Other plugins take seconds to load, and have no part in it.
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("customer id", "cus_1 is good for it"),
        ("request body", '{"amount": 10.5}'),
        ("request body", '"{\\"customer_id\\": \\"c\\"}"'),
        ("gateway key", "sk_test_123"),
        ("Authorization header", "Authorization: Basic x"),
        ("Authorization header", "Bearer abc"),
        ("IAM token", "db:5432/?Action=connect&X-Amz-Signature=ab"),
        ("card number", "id 4111111111111111 taken"),
        ("card number", "4111-1111-1111-1111"),
    ],
)
def test_each_kind_of_leak_is_found(kind: str, line: str) -> None:
    canaries = Canaries()
    canaries.search(f"{SAID}\n{line}", "here")

    assert canaries.faults() == [f"here: found a {kind} in the log, expected none"]
    assert (canaries.lines, canaries.of_log) == (2, 1)


@pytest.mark.parametrize(
    "line",
    [
        SAID,
        '{"at":1795737495961,"id":"4111111111111112"}',
        '{"_aws":{"Timestamp":1795737495961},"PaymentValidated":[1.0]}',
        "a4111111111111111",
    ],
)
def test_what_logs_may_hold_is_no_leak(line: str) -> None:
    canaries = Canaries()
    canaries.search(line, "here")

    assert canaries.faults() == []


def test_what_is_planted_is_found_and_not_told() -> None:
    canaries = Canaries()
    canaries.plant("database password", "hunter2")
    canaries.search("signed in with hunter2", "here")

    assert canaries.faults() == ["here: found a database password in the log, expected none"]


@pytest.mark.parametrize("reads", [False, True], ids=["left to pytest", "read by the test"])
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "by a worker"])
def test_a_leak_fails_a_run_whose_tests_pass(tmp_path: Path, reads: bool, workers: tuple[str, ...]) -> None:
    """One clear line says what was found and which test it is from."""
    read = "; capsys.readouterr()" if reads else ""
    body = f"def test_pays(wired, capsys): print('''{SAID}\\nfor cus_7'''){read}\n"

    ran = run(tmp_path, body, *workers)

    assert ran.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 passed" in ran.stdout
    assert "     2 lines, 1 of them from functions' logs" in ran.stdout
    assert "FAILED tests/handlers/test_it.py::test_pays: found a customer id in the log" in ran.stdout
    assert "cus_7" not in ran.stdout


def test_a_run_that_was_not_heard_fails(tmp_path: Path) -> None:
    ran = run(tmp_path, "def test_pays(wired): pass\n")

    assert ran.returncode == pytest.ExitCode.TESTS_FAILED
    assert "found no line of log, expected some: 1 tests had functions write" in ran.stdout


def test_a_run_that_leaks_nothing_passes(tmp_path: Path) -> None:
    ran = run(tmp_path, f"def test_pays(wired): print('''{SAID}''')\n")

    assert ran.returncode == pytest.ExitCode.OK, ran.stdout
    assert "     1 lines, 1 of them from functions' logs" in ran.stdout
