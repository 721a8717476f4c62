"""The generated pipeline, run from a commit to prod and back again, by the command that people use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import checkouts, sharing
from tests.pipeline.release.projects import Project

Step = dict[str, Any]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run share: one rehearsal serves them all."""
    return sharing.folder(tmp_path_factory)


@pytest.fixture(scope="module")
def checkout(shared: Path) -> Project:
    """A copy of this checkout, built, in which the rehearsal is."""
    built = checkouts.once(shared / "checkout")
    return Project(sharing.once(shared / "rehearsed", built.copy))


@pytest.fixture(scope="module")
def steps(shared: Path, checkout: Project) -> list[Step]:
    """What a rehearsal does whose first commit changes the pipeline, and whose second fails in dev."""
    told = shared / "rehearsal.json"
    with sharing.alone(shared / "rehearsal.lock"):
        if not told.exists():
            told.write_text(rehearse(checkout))
    found = json.loads(told.read_text())
    assert (found["Ended"], found["Failed"]) == ("", {"Dev/Smoke": "Dev"})
    steps: list[Step] = found["Steps"]
    return steps


def rehearse(checkout: Project) -> str:
    """What the command tells of the rehearsal."""
    done = subprocess.run(
        [sys.executable, "build.py", "rehearse", "--approve", "--update", "--fail", "Dev/Smoke", "--json"],
        cwd=checkout.folder,
        env={**os.environ, **checkout.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def runs(steps: list[Step]) -> list[str]:
    """The runs in their order."""
    return list(dict.fromkeys(step["run"] for step in steps if step["run"] != "before"))


def done(steps: list[Step], run: str) -> Iterator[tuple[str, str, str]]:
    """What was done in a run, and what came of it."""
    for step in steps:
        if step["run"] == run:
            yield step["stage"], step["action"], step["outcome"]


def notes(steps: list[Step], run: str, stage: str, action: str) -> str:
    """What was told of an action."""
    return " ".join(
        note
        for step in steps
        if (step["run"], step["stage"], step["action"]) == (run, stage, action)
        for note in step["notes"]
    )


def test_a_commit_that_changes_the_pipeline_changes_it_first(steps: list[Step]) -> None:
    """By its own plan and approval; the run ends there."""
    assert list(done(steps, runs(steps)[0])) == [
        ("Source", "Source", "ok"),
        ("Build", "Build", "ok"),
        ("PipelinePlan", "Plan", "ok"),
        ("Pipeline", "Approve", "ok"),
        ("Pipeline", "Execute", "ok"),
    ]


def test_under_the_new_pipeline_it_reaches_prod_through_every_stage(steps: list[Step]) -> None:
    updated = runs(steps)[1]

    assert "updated: taken from this checkout" in notes(steps, updated, "Source", "Source")
    assert list(done(steps, updated)) == [
        ("Source", "Source", "ok"),
        ("Build", "Build", "ok"),
        ("PipelinePlan", "Plan", "ok"),
        ("Pipeline", "SomethingChanges", "skipped"),
        ("DevPlan", "Plan", "ok"),
        ("Dev", "Execute", "ok"),
        ("Dev", "Smoke", "ok"),
        ("ProdPlan", "Plan", "ok"),
        ("ProdPlan", "Approve", "ok"),
        ("Prod", "Execute", "ok"),
        ("Prod", "Smoke", "ok"),
    ]


def test_a_further_release_that_fails_its_smoke_test_is_taken_back(steps: list[Step]) -> None:
    """The same payment that it refuses is taken again afterwards."""
    *_, second, back = runs(steps)

    assert list(done(steps, second))[-1] == ("Dev", "Smoke", "failed")
    assert "POST /validate: answered 400" in notes(steps, second, "Dev", "Smoke")
    assert list(done(steps, back)) == [("Dev", "Execute", "ok"), ("Dev", "Smoke", "ok")]
    assert "payments-dev takes payments" in notes(steps, back, "Dev", "Smoke")


def test_dev_takes_a_payment_and_prod_is_only_looked_at(steps: list[Step]) -> None:
    updated = runs(steps)[1]

    assert "payments-dev takes payments" in notes(steps, updated, "Dev", "Smoke")
    assert notes(steps, updated, "Prod", "Smoke") == "| GET /status: 200 | payments-prod answers"


def test_nothing_drifted(steps: list[Step]) -> None:
    """Nobody changed anything by hand, and so the approver is told of nothing."""
    assert not [note for step in steps for note in step["notes"] if "drift" in note]


def test_what_could_not_be_rehearsed_is_said(steps: list[Step]) -> None:
    said = " ".join(note for step in steps for note in step["notes"])

    assert "`tox` is left out" in said
    assert "no CodePipeline and CodeBuild" in said
    assert "sends no notifications" in said
    assert "under no execution role" in said
    assert "predicted, for the endpoint tells nothing of nested change sets" in said


def test_the_page_that_was_approved_lies_in_the_artifact_bucket(steps: list[Step], checkout: Project) -> None:
    """And says that it is a prediction, for the emulator knows no nested change sets."""
    page = checkout.folder / "dist" / "rehearsal" / f"{runs(steps)[1][:8]}-ProdPlan.html"

    assert page.read_text().startswith("<!doctype html>")
    assert "tells nothing of nested change sets" in page.read_text()


def test_an_unknown_place_to_fail_is_told(checkout: Project, tmp_path: Path) -> None:
    """Before anything is started: the names are in the template."""
    refused = subprocess.run(
        [sys.executable, "build.py", "rehearse", "--fail", "Nowhere", "--logs", str(tmp_path)],
        cwd=checkout.folder,
        env={**os.environ, **checkout.environment()},
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("error: --fail Nowhere: not found; expected a stage, or one of Source/")
    assert refused.stdout == ""
