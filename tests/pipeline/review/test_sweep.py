"""The sweep: it counts what it compares, and finds a change, a lost risk and a crash."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.review.model import Change, Review
from tests.sweep.__main__ import Sweep, main, reviewed, sweep
from tests.sweep.spellings import SPELLINGS, Template

FOLDER = Path(__file__).with_name("swept")


@pytest.fixture(scope="module")
def swept() -> Sweep:
    """A sweep over the folder."""
    return sweep(FOLDER)


def test_nothing_changes_and_nothing_is_lost(swept: Sweep) -> None:
    assert [] == swept.faults
    assert 1 == swept.templates
    assert {"found list, expected a mapping": 1} == dict(swept.refused)
    assert {2} == {swept.comparisons[spelling] for spelling in SPELLINGS}


def test_lines_fit_a_terminal(swept: Sweep) -> None:
    swept.faults.append("a name of many letters " * 20)

    assert all(len(line) < 80 for line in swept.lines())
    swept.faults.clear()


def test_change_between_spellings_is_a_fault() -> None:
    def changed(old: Template, new: Template, given: Mapping[str, Any]) -> Review:
        review = reviewed(old, new, given)
        if list(old) != list(new):
            review.changes.append(Change((), "Group", "AWS::EC2::SecurityGroup", "Modify"))
        return review

    found = sweep(FOLDER, changed)

    assert {"keys shuffled": 2} == {name: number for name, number in found.changed.items() if number}
    assert 2 == len(found.faults)


def test_risk_that_an_open_parameter_hides_is_a_fault() -> None:
    def silent(old: Template, new: Template, given: Mapping[str, Any]) -> Review:
        review = reviewed(old, new, given)
        for change in review.changes if not given else ():
            change.risks.clear()
        return review

    assert 0 < sweep(FOLDER, silent).lost.total()


def test_crash_is_a_fault() -> None:
    def crash(old: Template, new: Template, given: Mapping[str, Any]) -> Review:
        raise KeyError("R")

    assert ["choices.yaml: KeyError: 'R'"] == sweep(FOLDER, crash).faults


def test_command_prints_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main([str(FOLDER)])
    assert "templates" in capsys.readouterr().out
    assert 2 == main([])
