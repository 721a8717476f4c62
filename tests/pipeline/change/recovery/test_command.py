"""`build.py recover` from its command line to a stack that the next plan deploys."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from build import main
from pipeline.change.recovery import stores
from pipeline.commands import recover
from pipeline.commands.targets import RoleArguments
from tests.pipeline.change.recovery.whole import STACK, Whole

COMMAND = ["recover", "--env", "dev"]


@pytest.fixture
def failed(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> Whole:
    """An account whose first deployment was undone as far as protected resources let it be."""
    monkeypatch.setattr(RoleArguments, "session", lambda _self, _run: whole.session)
    monkeypatch.setattr(stores, "stores", lambda _session: whole.stores())
    # To build the release takes its libraries, which no test fetches.
    monkeypatch.setattr(recover, "names", lambda *_arguments: whole.names())
    whole.roll_back_creation("Api.Stage", "the service had a bad day")
    return whole


def test_it_asks_and_clears_away_what_is_left_and_a_plan_works(
    failed: Whole, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))

    assert main(COMMAND) == 0

    printed = capsys.readouterr()
    assert printed.out.startswith(f"{STACK}: ROLLBACK_FAILED: ")
    assert "Type yes to do this: " in printed.err
    assert all(len(line) <= 80 for line in printed.err.splitlines() if "payment" not in line)
    failed.deploy()
    assert failed.status == "CREATE_COMPLETE"


def test_without_a_yes_it_does_nothing(
    failed: Whole, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    before = set(failed.cloud.inventory.found)

    assert main(COMMAND) == 1

    assert capsys.readouterr().err.endswith(f"{STACK}: not confirmed; nothing is done\n")
    assert (failed.status, set(failed.cloud.inventory.found)) == ("ROLLBACK_FAILED", before)


def test_for_a_machine_it_only_reads(failed: Whole, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(failed.cloud.inventory.found)

    assert main([*COMMAND, "--json"]) == 3

    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (document["Status"], document["EverComplete"]) == ("ROLLBACK_FAILED", False)
    assert document["Steps"]
    assert set(failed.cloud.inventory.found) == before
