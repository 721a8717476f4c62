"""Failures: how each action of the pipeline comes to fail for a reason that it meets in earnest too."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.change.stack_events import Watch
from pipeline.delivery import names
from pipeline.release.package import MANIFEST
from pipeline.release.templates import ROOT, canonical
from sandbox.rehearsal.checkout import PIPELINE_PARAMETERS, Changes
from sandbox.rehearsal.transcript import Step, StepError

if TYPE_CHECKING:
    from sandbox.rehearsal.runner import Run, Runner

DEV, PROD = "parameters/dev.json", "parameters/prod.json"
# Something to release, which nothing depends on.
HARMLESS: Changes = {name: {"LatencyThresholdMs": "6000"} for name in (DEV, PROD)}
# The payments of the smoke tests are in USD.
NO_DOLLARS = {"AcceptedCurrencies": "EUR,GBP"}
FEWER_BACKUPS = {"DatabaseBackupDays": "2"}
OTHER_PIPELINE: Changes = {PIPELINE_PARAMETERS: {"Branch": "rehearsed"}}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What makes an action fail: something in the commit, or something that happens just before it."""

    why: str
    changes: Changes = field(default_factory=lambda: HARMLESS)
    """What the commit that fails changes in its parameters."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the run is started with."""
    meanwhile: Callable[[Runner, Run, Step], None] | None = None
    """What happens just before the action."""
    rejected: bool = False
    """Whether a person says no."""


def refuse_connection(_runner: Runner, _run: Run, step: Step) -> None:
    """No connection is asked here, so that none can fail by itself."""
    raise StepError(f"{step.stage}/{step.action}: the connection to the repository does not answer")


def remove_template(runner: Runner, _run: Run, _step: Step) -> None:
    """Remove what was published of the pipeline, as somebody does who clears up too much."""
    client = runner.cloud.client("s3", "tooling")
    found = client.list_objects_v2(Bucket=runner.bucket.name, Prefix="templates/pipeline-")
    for each in found["Contents"]:
        client.delete_object(Bucket=runner.bucket.name, Key=each["Key"])


def start_another(runner: Runner, _run: Run, _step: Step) -> None:
    """Have another run wait for its approval."""
    runner.report("ProdPlan", "11111111-2222-4333-8444-555555555555", "InProgress")


def move_stack(runner: Runner, _run: Run, _step: Step) -> None:
    """Change the stack by hand, as somebody does who cannot wait."""
    client = runner.cloud.client("cloudformation", "dev")
    name = names.stack("dev")
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    watch = Watch(client, name)
    watch.hear_out(stack["StackId"])
    client.update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True} for each in stack["Parameters"]
        ],
        Tags=[*stack["Tags"], {"Key": "ChangedBy", "Value": "hand"}],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    )
    watch.follow(stack["StackId"], lambda _event: None)


def exchange_root(runner: Runner, run: Run, _step: Step) -> None:
    """Put another root, which dev has not run, into the release that prod takes."""
    client = runner.cloud.client("s3", "tooling")
    key = run.artifacts["Release"]
    held = client.get_object(Bucket=runner.bucket.name, Key=key)["Body"].read()
    with zipfile.ZipFile(io.BytesIO(held)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    folder = "dist/prod"
    manifest = json.loads(files[f"{folder}/{MANIFEST}"])
    (root,) = [each for each in manifest["Artifacts"] if each["name"] == ROOT]
    place = f"{folder}/{root['path']}"
    files[place] = canonical({**json.loads(files[place]), "Description": "Another root"})
    root["sha256"] = hashlib.sha256(files[place]).hexdigest()
    files[f"{folder}/{MANIFEST}"] = canonical(manifest)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    runner.bucket.put(client, key, made.getvalue())


KNOWN: Mapping[str, Failure] = {
    "Source/Source": Failure(why="the repository cannot be reached", meanwhile=refuse_connection),
    "Build/Build": Failure(
        why="the commit has a parameter that makes no sense", changes={DEV: {"LogRetentionDays": "7"}}
    ),
    "PipelinePlan/Plan": Failure(
        why="somebody removed the pipeline's template from the bucket",
        changes=OTHER_PIPELINE,
        meanwhile=remove_template,
    ),
    "Pipeline/Approve": Failure(
        why="somebody rejects a change of the pipeline", changes=OTHER_PIPELINE, rejected=True
    ),
    "Pipeline/Execute": Failure(
        why="another run is under way", changes=OTHER_PIPELINE, meanwhile=start_another
    ),
    "DevPlan/Plan": Failure(
        why="the commit keeps fewer backups, and accepts no risk", changes={DEV: FEWER_BACKUPS}
    ),
    "Dev/Execute": Failure(why="somebody changed the stack since it was planned", meanwhile=move_stack),
    "Dev/Smoke": Failure(
        why="the commit no longer takes the currency of the payment", changes={DEV: NO_DOLLARS}
    ),
    "ProdPlan/Plan": Failure(why="the release has another root than dev ran", meanwhile=exchange_root),
    "ProdPlan/Approve": Failure(why="somebody rejects it", rejected=True),
    "Prod/Execute": Failure(
        why="a risk was approved by a click, and not accepted in the commit", changes={PROD: FEWER_BACKUPS}
    ),
    "Prod/Smoke": Failure(
        why="the test payment that somebody asked for is not taken",
        changes={PROD: NO_DOLLARS},
        variables={"TestPayment": "yes"},
    ),
}


def place_of(wanted: str, actions: Iterable[str]) -> str:
    """The STAGE/ACTION that `wanted` names, the first of a STAGE; StepError where there is none."""
    places = list(actions)
    for place in places:
        if wanted in (place, place.partition("/")[0]) and place in KNOWN:
            return place
    raise StepError(f"--fail {wanted}: not found; expected a stage, or one of {', '.join(places)}")
