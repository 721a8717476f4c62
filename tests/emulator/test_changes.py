"""Commands that change stacks, at an endpoint that answers as AWS does: what a slip is told, in one line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

import build
from pipeline.change.change_set import wait_until_idle
from pipeline.change.sessions import ChangeError
from pipeline.change.stack_events import StackError
from sandbox.emulator import Emulator
from tests.aws.cloudformation.cloud import Cloud
from tests.emulator.making import QUEUE, Resources, create, put, unique

Run = Callable[..., list[str]]
BROKEN: Resources = {
    "Broken": {
        "Type": "Custom::Nobody",
        "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:1:function:none"},
    }
}


@pytest.fixture
def run(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs build.py at the emulator, and returns what it refuses, a line for each fault."""
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)

    def command(*words: str | Path) -> list[str]:
        status = build.main([str(each) for each in words])
        told = capsys.readouterr().err
        assert (status == 0) == (told == "")
        return told.splitlines()

    return command


def release(at: Emulator, folder: Path, resources: Resources, bucket: str = "") -> Path:
    """A release of a root with `resources`, published to a bucket unless another is named."""
    parameters = {"ArtifactBucket": {"Type": "String"}}
    root = json.dumps({"Parameters": parameters, "Resources": resources}).encode()
    artifact = {
        "name": "root",
        "kind": "template",
        "path": "root.template.json",
        "key": "templates/root.json",
        "bytes": len(root),
        "sha256": hashlib.sha256(root).hexdigest(),
    }
    held = put(at, "templates/root.json", root)
    sections = {"Parameters": {"ArtifactBucket": bucket or held}, "Tags": {}, "StackPolicy": {}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.template.json").write_bytes(root)
    (folder / "manifest.json").write_text(json.dumps({"Artifacts": [artifact]}))
    (folder / "configuration.json").write_text(json.dumps(sections))
    return folder


@pytest.fixture
def planned(emulator: Emulator, run: Run, tmp_path: Path) -> tuple[str, Path]:
    """A stack that is not there yet, and a plan for it."""
    stack = unique()
    assert run(*planning(release(emulator, tmp_path / "release", {"Queue": QUEUE}), stack, tmp_path)) == []
    return stack, tmp_path / stack


def planning(folder: Path, stack: str, kept: Path, name: str = "7") -> list[str | Path]:
    return ["plan", "--release", folder, "--stack", stack, "--run", name, "--record", kept / stack]


def executing(plan: Path, **more: str) -> list[str | Path]:
    found = json.loads((plan / "plan.json").read_bytes())
    given = {"change-set": found["change_set"], "digest": found["digest"], "run": found["run"], **more}
    options = [word for name, value in given.items() for word in (f"--{name}", value)]
    return ["execute", "--plan", plan, *options]


def test_what_was_planned_is_executed_once(run: Run, planned: tuple[str, Path]) -> None:
    """A second try of the same step finds it done."""
    _, plan = planned

    assert run(*executing(plan)) == []
    assert run(*executing(plan)) == []


def test_another_run_goes_back_to_what_a_plan_was_about(
    emulator: Emulator, run: Run, planned: tuple[str, Path], tmp_path: Path
) -> None:
    """As a stage does that is rolled back: by a change set of its own, to the root and its parameters."""
    stack, first = planned
    client = boto3.client("cloudformation", **emulator.access)
    assert run(*executing(first)) == []
    more = release(emulator, tmp_path / "more", {"Queue": QUEUE, "More": QUEUE})
    assert run(*planning(more, stack, tmp_path / "second", "8")) == []
    assert run(*executing(tmp_path / "second" / stack)) == []
    assert set(titles(client, stack)) == {"Queue", "More"}

    assert run(*executing(first, run="9")) == []
    assert set(titles(client, stack)) == {"Queue"}
    assert run(*executing(first, run="10")) == []


def titles(client: Any, stack: str) -> list[str]:
    found = client.describe_stack_resources(StackName=stack)["StackResources"]
    return [each["LogicalResourceId"] for each in found]


def test_a_change_that_fails_is_told_by_the_resource_that_failed(
    emulator: Emulator, run: Run, planned: tuple[str, Path], tmp_path: Path
) -> None:
    """CloudFormation has gone back by then; going back again finds nothing to do."""
    stack, first = planned
    assert run(*executing(first)) == []
    failing = release(emulator, tmp_path / "failing", {"Queue": QUEUE, **BROKEN})
    assert run(*planning(failing, stack, tmp_path / "second", "8")) == []

    (told,) = run(*executing(tmp_path / "second" / stack))

    assert told.startswith(f"error: {stack}: UPDATE_ROLLBACK_COMPLETE: {stack} Broken (Custom::Nobody) ")
    assert run(*executing(first, run="9")) == []


def test_what_somebody_changed_by_hand_is_told_to_who_approves(
    emulator: Emulator, run: Run, planned: tuple[str, Path], tmp_path: Path
) -> None:
    """Even where the release changes nothing."""
    stack, first = planned
    waiting = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}}
    held = release(emulator, tmp_path / "held", {"Queue": waiting})
    assert run(*planning(held, stack, tmp_path)) == []
    assert run(*executing(first)) == []
    url = boto3.client("cloudformation", **emulator.access).describe_stack_resource(
        StackName=stack, LogicalResourceId="Queue"
    )["StackResourceDetail"]["PhysicalResourceId"]
    queues = boto3.client("sqs", **emulator.access)
    queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "61"})

    assert run(*planning(held, stack, tmp_path, "8")) == []

    kept = (first / "variables.env").read_text()
    assert "CHANGES=none" in kept
    assert "no changes; nothing will be executed" in kept
    assert "| 1 drifted" in kept


def test_no_changes_leave_no_change_set(
    emulator: Emulator, run: Run, planned: tuple[str, Path], tmp_path: Path
) -> None:
    """And executing them is a step that does nothing."""
    stack, first = planned
    assert run(*executing(first)) == []
    assert run(*planning(tmp_path / "release", stack, tmp_path, "8")) == []

    client = boto3.client("cloudformation", **emulator.access)
    listed = client.list_change_sets(StackName=stack)["Summaries"]
    assert "run-8" not in [each["ChangeSetName"] for each in listed]
    assert run(*executing(first, **{"change-set": "none"})) == []


def test_a_stack_that_moved_since_is_told(
    emulator: Emulator, run: Run, planned: tuple[str, Path], tmp_path: Path
) -> None:
    """Somebody else's change came first: the plan is about a stack that is no more."""
    stack, plan = planned
    other = release(emulator, tmp_path / "other", {"Queue": QUEUE, "Other": QUEUE})
    assert run(*planning(other, stack, tmp_path / "others", "8")) == []
    assert run(*executing(tmp_path / "others" / stack)) == []

    (told,) = run(*executing(plan))

    assert told.startswith(f"error: {stack}: the stack is CREATE_COMPLETE since ")
    assert told.endswith("; expected it not there, as when it was planned for: release again")


def test_a_change_set_that_is_gone_is_told(emulator: Emulator, run: Run, planned: tuple[str, Path]) -> None:
    stack, plan = planned
    client = boto3.client("cloudformation", **emulator.access)
    client.delete_change_set(ChangeSetName="run-7", StackName=stack)

    assert run(*executing(plan)) == [
        f"error: {stack}: run-7 is gone: executing another removes it; release again"
    ]


def test_a_change_set_of_another_stack_is_refused(
    emulator: Emulator, run: Run, planned: tuple[str, Path], tmp_path: Path
) -> None:
    """Whoever exchanges the record has exchanged what it is about too."""
    stack, plan = planned
    other = unique()
    assert run(*planning(tmp_path / "release", other, tmp_path)) == []
    record = json.loads((plan / "plan.json").read_bytes())
    foreign = json.loads((tmp_path / other / "plan.json").read_bytes())["change_set"]
    (plan / "plan.json").write_text(json.dumps({**record, "change_set": foreign}))

    assert run(*executing(plan))[0] == (
        f"error: {stack}: run-7 is a change set of {other}; expected one of {stack}"
    )


def test_a_plan_that_is_none_is_told(run: Run, tmp_path: Path) -> None:
    words = ["--change-set", "none", "--digest", "0", "--run", "7"]

    assert run("execute", "--plan", tmp_path, *words) == [
        f"error: {tmp_path}/plan.json: cannot be read; expected what `build.py plan` writes"
    ]


def test_a_release_that_nobody_published_is_told(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    stack = unique()
    unpublished = release(emulator, tmp_path / "release", {"Queue": QUEUE}, bucket=unique())

    (told,) = run(*planning(unpublished, stack, tmp_path))

    assert told.startswith(f"error: {stack}: CreateChangeSet answered ValidationError: Template not found at")


def test_a_missing_bucket_for_reviews_is_told(run: Run, planned: tuple[str, Path], tmp_path: Path) -> None:
    stack, _ = planned
    place = f"s3://{unique()}/reviews"

    (told,) = run(*planning(tmp_path / "release", stack, tmp_path), "--store", place)

    assert told.startswith(f"error: {place}: PutObject answered NoSuchBucket: ")


@pytest.mark.parametrize("text", ["{", "[]", '{"Artifacts": [{}]}', '{"Artifacts": []}'])
def test_a_release_that_makes_no_sense_is_told(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    (tmp_path / "configuration.json").write_text("{}")

    (told,) = run(*planning(tmp_path, "payments-dev", tmp_path))

    assert told.startswith(f"error: {tmp_path}: manifest or configuration makes no sense")
    assert told.endswith("; expected a release as built")


def test_what_lies_beside_a_plan_is_left_alone(run: Run, planned: tuple[str, Path], tmp_path: Path) -> None:
    """`--record .` is a folder that has other things in it."""
    stack, plan = planned
    (plan / "notes.txt").write_text("mine")

    assert run(*planning(tmp_path / "release", stack, tmp_path)) == []

    assert (plan / "notes.txt").read_text() == "mine"


def test_a_plan_cannot_be_kept_in_a_file(run: Run, planned: tuple[str, Path], tmp_path: Path) -> None:
    stack, _ = planned
    (tmp_path / "taken").write_text("")

    (told,) = run("plan", "--release", tmp_path / "release", "--stack", stack, "--record", tmp_path / "taken")

    assert told == f"error: {tmp_path}/taken: File exists; expected a folder to keep plans in"


def test_a_stack_that_was_never_made_is_told_with_the_way_out(
    emulator: Emulator, run: Run, tmp_path: Path
) -> None:
    stack = unique()
    bucket = put(emulator, "root.json", json.dumps({"Resources": BROKEN}))
    with pytest.raises(StackError):
        create(emulator, f"{emulator.url}/{bucket}/root.json", [], stack)

    (line,) = run(*planning(release(emulator, tmp_path / "release", {"Queue": QUEUE}), stack, tmp_path))

    assert line == (
        f"error: {stack}: ROLLBACK_COMPLETE: its creation failed and was undone; "
        "expected `build.py recover` first"
    )


def test_a_stack_with_nothing_but_a_change_set_takes_another(
    run: Run, planned: tuple[str, Path], tmp_path: Path
) -> None:
    stack, _ = planned

    assert run(*planning(tmp_path / "release", stack, tmp_path, "8")) == []
    assert run(*executing(tmp_path / stack)) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["smoke"], "{}: DescribeStacks answered ValidationError: Stack with id {} does not exist"),
        (["review", "run-7"], "run-7: DescribeChangeSet answered "),
    ],
)
def test_a_stack_that_is_not_there_is_told(run: Run, words: list[str], expected: str) -> None:
    stack = unique()

    (told,) = run(*words, "--stack", stack)

    assert told.startswith(f"error: {expected.format(stack, stack)}")


def test_a_stack_without_an_api_is_told(run: Run, planned: tuple[str, Path]) -> None:
    """So is one that is only planned yet."""
    stack, _ = planned

    assert run("smoke", "--stack", stack) == [
        f"error: {stack}: has no output APIEndpoint, ApiKeyId; expected a payment stack"
    ]


COMMANDS = [
    ["smoke", "--stack", "payments-dev"],
    ["smoke", "--stack", "payments-dev", "--role", "arn:aws:iam::123456789012:role/smoke"],
    ["review", "run-7", "--stack", "payments-dev"],
]


@pytest.mark.parametrize("words", COMMANDS)
def test_who_has_no_credentials_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # Who asked before is remembered in there.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    (told,) = run(*words)

    assert ": no AWS credentials: Unable to locate credentials; expected them in " in told


def test_a_role_that_cannot_be_assumed_is_told(run: Run) -> None:
    (told,) = run("smoke", "--stack", "payments-dev", "--role", f"arn:aws:iam::123456789012:role/{unique()}")

    assert told.startswith("error: payments-dev: AssumeRole answered ")


def test_a_stack_that_is_stuck_is_told_with_the_way_out(cloud: Cloud) -> None:
    """No emulator gets into that state."""
    cloud.new_stack("payments-dev").status = "UPDATE_ROLLBACK_FAILED"

    with pytest.raises(ChangeError, match=r"could not be undone; expected `build\.py recover` first"):
        wait_until_idle(cloud.client(), "payments-dev")
