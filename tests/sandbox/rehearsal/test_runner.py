"""How a rehearsal goes from stage to stage: variables, conditions, failures, and what builds are run with."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from sandbox.rehearsal import builds, failures, runner
from sandbox.rehearsal.checkout import Commit
from sandbox.rehearsal.runner import Failure, Run, Runner
from sandbox.rehearsal.transcript import Step, StepError, Transcript
from tests.pipeline.delivery import made

COMMIT = Commit(Path("nowhere"))


class Cloud:
    """A deployed pipeline whose actions are all approvals: they need nothing but an answer."""

    def __init__(self, *stages: Mapping[str, Any]) -> None:
        self.stages = stages

    def definitions(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was deployed."""
        store = {"Location": "bucket", "EncryptionKey": {"Id": "key"}}
        return {
            "Name": "payments",
            "ExecutionMode": "SUPERSEDED",
            "ArtifactStore": store,
            "Stages": self.stages,
            "RestartExecutionOnUpdate": True,
        }, {}

    def write_state(self, stages: list[dict[str, Any]]) -> None:
        """Record the state."""
        self.state = stages


def stage(name: str, *actions: str, **more: Any) -> dict[str, Any]:
    kind = {"Provider": "Manual"}
    return {"Name": name, "Actions": [{"Name": each, "ActionTypeId": kind} for each in actions], **more}


def rejected(place: str) -> Failure:
    """A failure of the approval at `place`."""
    return Failure(place=place, why="somebody rejects it", changes={}, rejected=True)


def rehearsal(monkeypatch: pytest.MonkeyPatch, *stages: Mapping[str, Any]) -> Runner:
    """A runner of the stages, which approves everything but what is to fail."""

    def approve(_self: Runner, _action: object, _run: Run, step: Step, *, rejected: bool) -> dict[str, str]:
        if rejected:
            raise StepError(f"{step.stage}/{step.action}: on demand")
        return {}

    monkeypatch.setattr(Runner, "approve", approve)
    cloud = cast("Any", Cloud(*stages))
    return Runner(cloud, Transcript(machine=True), lambda _question: True, Path("logs"), "key")


def done(made_by: Runner) -> list[tuple[str, str, str]]:
    return [(step.stage, step.action, step.outcome) for step in made_by.transcript.steps]


def test_a_variable_is_what_an_earlier_action_exported() -> None:
    run = Run("1", {"DevPlan": {"DIGEST": "abc"}})

    assert runner.resolved("root #{DevPlan.DIGEST}", run) == "root abc"
    with pytest.raises(
        StepError, match=r"#\{DevPlan.OTHER\}: not found; expected a variable of an earlier action"
    ):
        runner.resolved("#{DevPlan.OTHER}", run)


@pytest.mark.parametrize(("told", "outcome"), [("none", "skipped"), ("some", "ok")])
def test_a_condition_leaves_a_stage_out(monkeypatch: pytest.MonkeyPatch, told: str, outcome: str) -> None:
    entry = made.stages()["Prod"]["BeforeEntry"]
    rehearsed = rehearsal(monkeypatch, stage("Prod", "Approve", BeforeEntry=entry))
    run = Run("1", {"ProdPlan": {"CHANGES": told}})

    entered = rehearsed.entered(rehearsed.pipeline["Stages"][0], run)

    assert entered is (outcome == "ok")
    assert [step.outcome for step in rehearsed.transcript.steps] == ([] if entered else ["skipped"])


def test_a_failure_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsed = rehearsal(monkeypatch, stage("A", "One", "Two"), stage("B", "Three"))

    assert rehearsed.run(COMMIT, rejected("A/Two")) == "A"
    assert done(rehearsed) == [("A", "One", "ok"), ("A", "Two", "failed")]


def test_a_stage_that_is_to_be_retried_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    again = {"Result": "RETRY"}
    rehearsed = rehearsal(monkeypatch, stage("A", "One", OnFailure=again))

    assert rehearsed.run(COMMIT, rejected("A/One")) == "A"
    assert done(rehearsed) == [("A", "One", "failed")] * 2


def test_a_run_goes_on_after_a_try_that_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    again = {"Result": "RETRY"}
    rehearsed = rehearsal(monkeypatch, stage("A", "One", OnFailure=again), stage("B", "Two"))
    answers = [StepError("an accident"), None, None]

    def once(*_given: object, **_more: object) -> dict[str, str]:
        if (answer := answers.pop(0)) is not None:
            raise answer
        return {}

    monkeypatch.setattr(Runner, "approve", once)

    assert rehearsed.run(COMMIT) == ""
    assert [outcome for _, _, outcome in done(rehearsed)] == ["failed", "ok", "ok"]


def test_a_stage_is_rolled_back_to_the_last_run_that_passed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsed = rehearsal(monkeypatch, stage("A", "One", OnFailure={"Result": "ROLLBACK"}))
    assert rehearsed.run(COMMIT) == ""

    assert rehearsed.run(COMMIT, rejected("A/One")) == "A"
    assert [outcome for _, _, outcome in done(rehearsed)] == ["ok", "failed", "ok"]
    assert len({step.run for step in rehearsed.transcript.steps}) == 3


def test_the_first_run_has_nothing_to_go_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsed = rehearsal(monkeypatch, stage("A", "One", OnFailure={"Result": "ROLLBACK"}))

    assert rehearsed.run(COMMIT, rejected("A/One")) == "A"
    assert done(rehearsed) == [("A", "One", "failed")]


def test_a_provider_that_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = stage("A", "One")
    unknown["Actions"][0]["ActionTypeId"] = {"Provider": "Jenkins"}

    assert rehearsal(monkeypatch, unknown).run(COMMIT) == "A"


def test_who_asks_hears_of_the_run_in_its_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsed = rehearsal(monkeypatch, stage("A", "One"), stage("B", "Two"))

    rehearsed.run(COMMIT, rejected("B/Two"))

    told: list[dict[str, Any]] = cast("Any", rehearsed.cloud).state
    assert [(each["stageName"], each["latestExecution"]["status"]) for each in told] == [
        ("A", "Succeeded"),
        ("B", "Failed"),
    ]
    assert {each["latestExecution"]["pipelineExecutionId"] for each in told} == {
        step.run for step in rehearsed.transcript.steps
    }


def test_a_run_that_changes_the_pipeline_starts_again_under_the_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no stage goes back beyond the change."""
    rehearsed = rehearsal(monkeypatch, stage("A", "One"), stage("B", "Two"))
    rehearsed.run(COMMIT)
    cast("Any", rehearsed.cloud).stages = (stage("A", "One"), stage("C", "Three"))

    assert rehearsed.run(COMMIT) == ""

    assert [step.stage for step in rehearsed.transcript.steps] == ["A", "B", "A", "A", "C"]
    assert list(rehearsed.passed) == ["A", "C"]


def test_every_action_can_be_made_to_fail() -> None:
    assert list(failures.KNOWN) == runner.places(list(made.stages().values()))


def test_a_stage_fails_in_its_first_action() -> None:
    known = list(failures.KNOWN)

    assert failures.place_of("Dev", known) == "Dev/Execute"
    assert failures.place_of("Dev/Smoke", known) == "Dev/Smoke"
    with pytest.raises(
        StepError, match=r"--fail Dev/Nothing: not found; expected a stage, or one of Source/"
    ):
        failures.place_of("Dev/Nothing", known)


def commands(title: str) -> list[str]:
    return list(builds.commands(made.buildspec(title), Transcript(machine=True), Step("1", "Build", "Build")))


def test_commands_are_run_as_they_are_written_but_for_what_is_here_already() -> None:
    written = [
        each for phase in made.buildspec("Build")["phases"].values() for each in phase.get("commands", [])
    ]

    assert commands("Build") == [each for each in written if "pip install" not in each and each != "tox"]


def test_what_holds_of_every_step_is_said_once() -> None:
    transcript, steps = Transcript(machine=True), [Step("1", "Dev", "Execute"), Step("1", "Dev", "Smoke")]
    for step in steps:
        list(builds.commands(made.buildspec("DevSmoke"), transcript, step))

    assert [len(step.notes) for step in steps] == [1, 0]


def test_a_plan_hands_on_what_it_kept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "plan.json").write_text("{}")
    (tmp_path / "build.py").write_text("")

    packed = builds.packed(made.buildspec("DevPlan")["artifacts"], tmp_path)

    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == ["plan.json"]


def test_a_commit_takes_only_parameters_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "given.json").write_text(json.dumps({"Parameters": {"Days": "1"}}))
    commit = Commit(tmp_path)

    with commit.changed({"given.json": {"Days": "2"}}):
        assert json.loads((tmp_path / "given.json").read_text()) == {"Parameters": {"Days": "2"}}

    assert json.loads((tmp_path / "given.json").read_text()) == {"Parameters": {"Days": "1"}}
    with pytest.raises(Exception, match=r"given\.json: has no Hours"):
        commit.set("given.json", {"Hours": "1"})
