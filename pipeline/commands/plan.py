"""Plan: makes the real change set of a release with all that it nests, reviews it, and never executes it."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import boto3

from pipeline import BuildError, console
from pipeline.change import plan, releases
from pipeline.change.plan import Planned, PlanRequest
from pipeline.commands import PROJECT, targets
from pipeline.release import assemble, publish
from pipeline.review.verdict import RISKY, SAFE

STORE = re.compile(r"s3://[a-z0-9.-]{3,63}(/[^\s?#]*)?")
EXAMPLES = """examples:
  python build.py plan --env dev                         build, publish, plan for payments-dev
  python build.py plan --env dev --stack payments-mine --accept SG_OPENING:Network/DatabaseGroup
  python build.py plan --release dist/prod --stack payments-prod --role ARN --external-id ID
"""


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    targets.plan_options(parser)
    add = parser.add_argument
    add("--run", default="", metavar="ID", help="the run of the pipeline; the change set's name carries it")
    add("--ran", default="", metavar="DIGEST", help="refuse a root other than the one that ran before")
    add(
        "--for-approval", action="store_true", help="leave risks to an approver; executing refuses them still"
    )
    add(
        "--record",
        type=Path,
        default=None,
        metavar="DIR",
        help="where to keep plan and review (dist/plans/S)",
    )
    add("--store", default="", metavar="S3", help="s3://bucket/prefix to keep the review under")


def run(given: Namespace) -> int:
    """Plan, tell the review, and keep what an execution needs."""
    if given.store and not STORE.fullmatch(given.store):
        raise BuildError(f"--store {given.store}: expected s3://bucket/prefix")
    planned, record = planned_for(given, given.run or named_now())
    own = boto3.Session()
    link = plan.link(own, planned, given.store) if given.store else str(record / plan.PAGE)
    variables = plan.write(planned, record, link)
    if given.store:
        plan.store(own, planned, record, given.store)
    if given.json:
        console.say_json({**asdict(planned.plan), "Summary": planned.summary, "Review": link})
    else:
        targets.show(planned)
        console.say(f"{variables['SUMMARY']}\nreview  {link}")
    return RISKY if planned.plan.blocking and not given.for_approval else SAFE


def planned_for(given: Namespace, run_id: str) -> tuple[Planned, Path]:
    """The plan that is asked for, and where it is to be kept; built and published first where need be."""
    folder = given.release
    if bool(given.env) == bool(folder):
        raise BuildError("found no release to plan, or two; expected either --env or --release")
    # Asked first: a build takes longer than a slip.
    policy = targets.accepted(given)
    release = releases.read(folder or published(given))
    stack = given.stack or f"payments-{release.name}"
    request = PlanRequest(
        release=release,
        stack=stack,
        run=run_id,
        execution_role=given.execution_role,
        policy=policy,
        required_digest=getattr(given, "ran", ""),
    )
    record = getattr(given, "record", None) or targets.PLANS / stack
    return plan.plan(targets.session(given, run_id), request), record


def published(given: Namespace) -> Path:
    """The folder of the release of `given.env`, after it was built and published."""
    progress = console.progress(machine=given.json)
    order = assemble.Order(PROJECT, given.env, PROJECT / "dist", given.bucket)
    release = assemble.build(order, progress)
    publish.publish(release, progress)
    return release.folder


def named_now() -> str:
    """A name for a plan that no pipeline asked for."""
    person = "".join(letter for letter in os.environ.get("USER", "") if letter.isalnum())[:32] or "somebody"
    return f"{person}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
