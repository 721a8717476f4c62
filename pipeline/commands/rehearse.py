"""Rehearse: runs the generated pipeline on this machine, against an emulator of AWS with three accounts."""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline import BuildError
from pipeline.change.watching import StackError
from pipeline.commands import PROJECT
from pipeline.delivery import making
from pipeline.rehearsal import aws, bootstrap, commit
from pipeline.rehearsal.runner import Ask, Runner, check_place
from pipeline.rehearsal.told import Story
from pipeline.release import report
from sandbox import gateway_server
from sandbox.emulator import EmulatorError
from sandbox.gateway import Account

# The stage in which the pipeline changes itself, and which is left out where it does not.
PIPELINE = "Pipeline"
EXAMPLES = """examples:
  python build.py rehearse                        a first release; asks at the terminal before prod
  python build.py rehearse --approve              approve everything
  python build.py rehearse --approve --fail Dev/Smoke   the smoke test of a second release fails
  python build.py rehearse --fail ProdPlan/Approve       somebody rejects it
"""


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("--approve", action="store_true", help="approve whatever is asked")
    add("--fail", default="", metavar="STAGE[/ACTION]", help="let a second release fail there")
    add("--full", action="store_true", help="run tox in the build as well")
    add("--logs", type=Path, default=PROJECT / "dist" / "rehearsal", metavar="DIR", help="logs and pages")


def run(given: Namespace) -> int:
    """Bootstrap the accounts, release, and release again where something is to fail."""
    story = Story(machine=given.json)
    if given.fail:
        check_place(generated(), given.fail)
    account = Account()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="payment-commit-") as name,
            gateway_server.serving(customers(account)) as gateway_url,
            aws.running() as cloud,
        ):
            made = commit.of(PROJECT, Path(name) / "checkout", PROJECT / "dist" / ".cache", full=given.full)
            story.say("Bootstrap: the tooling account, and those of dev and prod")
            bootstrap.bootstrap(cloud, made, gateway_url, story)
            runner = Runner(cloud, story, asking(given), given.logs, account.key, full=given.full)
            ended = rehearsed(runner, made, given.fail)
    except (EmulatorError, StackError) as error:
        raise BuildError(str(error)) from error
    if given.json:
        report.say_json({"Ended": ended, "Steps": [asdict(step) for step in story.steps]})
    return 0 if ended == given.fail.partition("/")[0] else 1


def customers(account: Account) -> Account:
    """The gateway's account, which knows whom the smoke tests charge."""
    given = making.read(PROJECT).parameters
    for name in (given["DevCustomer"], given["ProdCustomer"]):
        if name:
            account.add_customer(name)
    return account


def generated() -> Sequence[Mapping[str, Any]]:
    """The stages of the pipeline, as its template is generated."""
    # Loaded only here: troposphere takes its time.
    stack, layer = import_module("templates.stack"), import_module("pipeline.template")
    made, _ = stack.synthesize(layer.build, layer.Inputs)
    (pipeline,) = [
        each["Properties"]
        for each in made.to_dict()["Resources"].values()
        if each["Type"] == "AWS::CodePipeline::Pipeline"
    ]
    found: Sequence[Mapping[str, Any]] = pipeline["Stages"]
    return found


def rehearsed(runner: Runner, made: commit.Commit, fail: str) -> str:
    """The stage at which the last run ended, or nothing where it went through."""
    if fail:
        # What fails is a second release: the first is what there is to go back to.
        ask, runner.ask = runner.ask, lambda _question: True
        if ended := runner.run(made):
            return ended
        made.change(pipeline=fail.partition("/")[0] == PIPELINE)
        runner.fail, runner.ask = fail, ask
    ended = runner.run(made)
    runner.story.say(f"\n{f'The run ended in {ended}' if ended else 'Released to prod'}")
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
