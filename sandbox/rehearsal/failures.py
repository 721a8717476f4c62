"""A realistic failure for every action of the pipeline."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping

from pipeline.change.stack_events import Watch
from pipeline.delivery import names
from pipeline.release.package import MANIFEST
from pipeline.release.templates import ROOT, canonical
from sandbox.rehearsal.checkout import PIPELINE_PARAMETERS, Changes
from sandbox.rehearsal.runner import Failure, Run, Runner
from sandbox.rehearsal.transcript import Step, StepError

DEV, PROD = "parameters/dev.json", "parameters/prod.json"
# A change to release, which nothing depends on.
HARMLESS: Changes = {name: {"LatencyThresholdMs": "6000"} for name in (DEV, PROD)}
# The payments of the smoke tests are in USD.
NO_DOLLARS = {"AcceptedCurrencies": "EUR,GBP"}
FEWER_BACKUPS = {"DatabaseBackupDays": "2"}
OTHER_PIPELINE: Changes = {PIPELINE_PARAMETERS: {"Branch": "rehearsed"}}


def refuse_connection(_runner: Runner, _run: Run, step: Step) -> None:
    """Fail as an unreachable repository does: a rehearsal uses no connection that could fail by itself."""
    raise StepError(f"{step.stage}/{step.action}: the connection to the repository does not answer")


def remove_template(runner: Runner, _run: Run, _step: Step) -> None:
    """Delete the published templates of the pipeline from the bucket."""
    client = runner.cloud.client("s3", "tooling")
    found = client.list_objects_v2(Bucket=runner.bucket.name, Prefix="templates/pipeline-")
    for each in found["Contents"]:
        client.delete_object(Bucket=runner.bucket.name, Key=each["Key"])


def start_another(runner: Runner, _run: Run, _step: Step) -> None:
    """Report another run, which waits for its approval."""
    runner.report("ProdPlan", "11111111-2222-4333-8444-555555555555", "InProgress")


def move_stack(runner: Runner, _run: Run, _step: Step) -> None:
    """Update the stack by hand, past the pipeline."""
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
    """Replace the root of the release that prod takes by one that dev has not run."""
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
    failure.place: failure
    for failure in (
        Failure(
            place="Source/Source",
            why="the repository cannot be reached",
            meanwhile=refuse_connection,
            changes=HARMLESS,
        ),
        Failure(
            place="Build/Build",
            why="the commit has a parameter that makes no sense",
            changes={DEV: {"LogRetentionDays": "7"}},
        ),
        Failure(
            place="PipelinePlan/Plan",
            why="somebody removed the pipeline's template from the bucket",
            changes=OTHER_PIPELINE,
            meanwhile=remove_template,
        ),
        Failure(
            place="Pipeline/Approve",
            why="somebody rejects a change of the pipeline",
            changes=OTHER_PIPELINE,
            rejected=True,
        ),
        Failure(
            place="Pipeline/Execute",
            why="another run is under way",
            changes=OTHER_PIPELINE,
            meanwhile=start_another,
        ),
        Failure(
            place="DevPlan/Plan",
            why="the commit keeps fewer backups, and accepts no risk",
            changes={DEV: FEWER_BACKUPS},
        ),
        Failure(
            place="Dev/Execute",
            why="somebody changed the stack since it was planned",
            meanwhile=move_stack,
            changes=HARMLESS,
        ),
        Failure(
            place="Dev/Smoke",
            why="the commit no longer takes the currency of the payment",
            changes={DEV: NO_DOLLARS},
        ),
        Failure(
            place="ProdPlan/Plan",
            why="the release has another root than dev ran",
            meanwhile=exchange_root,
            changes=HARMLESS,
        ),
        Failure(
            place="ProdPlan/Approve",
            why="somebody rejects it",
            rejected=True,
            changes=HARMLESS,
        ),
        Failure(
            place="Prod/Execute",
            why="a risk was approved by a click, and not accepted in the commit",
            changes={PROD: FEWER_BACKUPS},
        ),
        Failure(
            place="Prod/Smoke",
            why="the test payment that somebody asked for is not taken",
            changes={PROD: NO_DOLLARS},
            variables={"TestPayment": "yes"},
        ),
    )
}


def place_of(wanted: str, actions: Iterable[str]) -> str:
    """Return the STAGE/ACTION that `wanted` names, the first of a STAGE; StepError where there is none."""
    places = list(actions)
    for place in places:
        if wanted in (place, place.partition("/")[0]) and place in KNOWN:
            return place
    raise StepError(f"--fail {wanted}: not found; expected a stage, or one of {', '.join(places)}")
