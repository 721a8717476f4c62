"""Rehearse: run the generated pipeline on this machine, against an emulator of AWS with three accounts."""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline import BuildError, console
from pipeline.commands import PROJECT
from pipeline.delivery import build as delivery
from sandbox import gateway_server
from sandbox.emulator import EmulatorError
from sandbox.gateway import Account
from sandbox.rehearsal import accounts, bootstrap, checkout, failures
from sandbox.rehearsal import runner as runner_of
from sandbox.rehearsal.runner import Ask, Runner
from sandbox.rehearsal.transcript import Transcript

EXAMPLES = """\
  # a first release; asks at the terminal before prod
  python build.py rehearse
  # approve everything
  python build.py rehearse --approve
  # the first commit changes the pipeline itself as well
  python build.py rehearse --approve --update
  # two more releases, each of which fails in the named action
  python build.py rehearse --approve --fail Dev/Smoke --fail Prod/Execute
  # one more release for each action of the pipeline
  python build.py rehearse --approve --fail all
"""
EVERY = "all"
# What `--update` changes of the pipeline: where its source action looks.
UPDATED = {"Branch": "updated"}


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("--approve", action="store_true", help="approve everything without asking")
    add("--update", action="store_true", help="change the pipeline itself with the first commit")
    add(
        "--fail",
        action="append",
        default=[],
        metavar="STAGE[/ACTION]",
        help="run another release that fails in STAGE[/ACTION] for a realistic reason; `all`: one per action",
    )
    add(
        "--logs",
        type=Path,
        default=PROJECT / "dist" / "rehearsal",
        metavar="DIR",
        help="folder for logs and pages",
    )


def run(given: Namespace) -> int:
    """Bootstrap the accounts, release, and release again where something is to fail."""
    transcript = Transcript(machine=given.json)
    places = chosen(given.fail)
    try:
        given.logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"--logs {given.logs}: {error.strerror}; expected a folder for logs") from error
    account = Account()
    for name in bootstrap.CUSTOMERS.values():
        account.add_customer(name)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="payment-commit-") as name,
            gateway_server.serving(account) as gateway_url,
            accounts.running(delivery.region_of(PROJECT, delivery.read(PROJECT))) as cloud,
        ):
            made = checkout.of(PROJECT, Path(name) / "checkout", PROJECT / "dist" / ".cache")
            transcript.print("Bootstrap: the tooling account, and those of dev and prod")
            bootstrap.bootstrap(cloud, made, gateway_url, transcript)
            runner = Runner(cloud, transcript, asking(given), given.logs, account.key)
            ended = released(runner, made, update=given.update)
            failed = [] if ended else [failing(runner, made, place) for place in places]
    except EmulatorError as error:
        raise BuildError(str(error)) from error
    if given.json:
        told = {"Ended": ended, "Failed": dict(zip(places, failed, strict=not ended))}
        console.say_json({**told, "Steps": [asdict(step) for step in transcript.steps]})
    as_asked = failed == [place.partition("/")[0] for place in places]
    return 0 if not ended and as_asked else 1


def chosen(wanted: Sequence[str]) -> list[str]:
    """The actions that are to fail, as STAGE/ACTION; StepError where one is not there."""
    if not wanted:
        return []
    known = runner_of.places(generated())
    return known if EVERY in wanted else [failures.place_of(each, known) for each in wanted]


def generated() -> Sequence[Mapping[str, Any]]:
    """The stages of the pipeline, as its template is generated."""
    # Loaded only here: troposphere takes its time.
    stack, layer = import_module("templates.stack"), import_module("pipeline.template")
    made, _ = stack.standalone(layer.build, layer.Inputs)
    (pipeline,) = [
        each["Properties"]
        for each in made.to_dict()["Resources"].values()
        if each["Type"] == "AWS::CodePipeline::Pipeline"
    ]
    found: Sequence[Mapping[str, Any]] = pipeline["Stages"]
    return found


def released(runner: Runner, made: checkout.Commit, *, update: bool) -> str:
    """Release the commit; return the stage at which it ended, or nothing where it reached prod."""
    if update:
        made.set(checkout.PIPELINE_PARAMETERS, UPDATED)
    ended = runner.run(made)
    runner.transcript.print(f"\n{f'The run ended in {ended}' if ended else 'Released to prod'}")
    return ended


def failing(runner: Runner, made: checkout.Commit, place: str) -> str:
    """Let a further release fail at `place`; return the stage at which it ended."""
    failure = failures.KNOWN[place]
    runner.transcript.print(f"\n\nA further release, which fails in {place}: {failure.why}")
    with made.changed(failure.changes):
        ended = runner.run(made, failure)
    runner.transcript.print(f"\n{f'The run ended in {ended}' if ended else 'Nothing failed'}")
    return ended


def asking(given: Namespace) -> Ask:
    """How somebody is asked."""

    def ask(question: str) -> bool:
        if given.approve:
            return True
        sys.stderr.write(question)
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    return ask
