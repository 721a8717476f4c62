"""Plan: create the change set of a release and review it; nothing is executed."""

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
from pipeline.commands.preflight import before_plan
from pipeline.commands.targets import PlanArguments
from pipeline.release import assemble, publish
from pipeline.review.verdict import RISKY, SAFE

STORE = re.compile(r"s3://[a-z0-9.-]{3,63}(/[^\s?#]*)?")
EXAMPLES = """\
  # build and publish the release, plan it for payments-dev
  python build.py plan --env dev
  # plan it for another stack, with one risk accepted
  python build.py plan --env dev --stack payments-mine \\
      --accept SG_OPENING:Network/DatabaseGroup
  # plan a published release, under a role of the stack's account
  python build.py plan --release dist/prod --stack payments-prod \\
      --role ARN --external-id ID
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    targets.plan_options(parser)
    add = parser.add_argument
    add("--run", default="", metavar="ID", help="execution ID of the pipeline, part of the change set's name")
    add("--ran", default="", metavar="SHA256", help="fail unless the root template has this digest")
    add(
        "--for-approval",
        action="store_true",
        help="exit 0 with risks that are not accepted: an approver sees them, and execute fails on them",
    )
    add("--record", type=Path, metavar="DIR", help="folder for plan and review (dist/plans/STACK)")
    add("--store", default="", metavar="S3", help="s3://bucket/prefix to upload the review to")


def run(namespace: Namespace) -> int:
    """Create the change set, print its review, and write what an execution needs."""
    place: str = namespace.store
    if place and not STORE.fullmatch(place):
        raise BuildError(f"--store {place}: expected s3://bucket/prefix")
    arguments = PlanArguments.parsed(namespace)
    planned = planned_for(arguments, namespace.run or generated_run(), namespace.ran)
    folder: Path = namespace.record or targets.PLANS / planned.plan.stack
    own = boto3.Session()
    link = plan.link(own, planned, place) if place else str(folder / plan.PAGE)
    variables = plan.write(planned, folder, link)
    if place:
        plan.store(own, planned, folder, place)
    if arguments.json:
        console.say_json({**asdict(planned.plan), "Summary": planned.summary, "Review": link})
    else:
        targets.show(planned)
        console.say(f"{variables['SUMMARY']}\nreview  {link}")
    return RISKY if planned.plan.blocking and not namespace.for_approval else SAFE


def planned_for(arguments: PlanArguments, run_id: str, required_digest: str = "") -> Planned:
    """Return the plan; with an environment, build and publish its release first."""
    if bool(arguments.environment) == bool(arguments.release):
        raise BuildError("found no release to plan, or two; expected either --env or --release")
    # Before a build, which takes longer than finding a mistake.
    policy = arguments.accepted()
    release = releases.read(arguments.release or published(arguments))
    request = PlanRequest(
        release=release,
        stack=arguments.stack or f"payments-{release.name}",
        run=run_id,
        execution_role=arguments.execution_role,
        policy=policy,
        required_digest=required_digest,
    )
    session = arguments.role.session(run_id)
    before_plan(arguments, release, request.stack, session)
    return plan.plan(session, request)


def published(arguments: PlanArguments) -> Path:
    """Build and publish the release of the environment; return its folder."""
    progress = console.progress(machine=arguments.json)
    order = assemble.Order(PROJECT, arguments.environment, PROJECT / "dist", arguments.bucket)
    release = assemble.build(order, progress)
    publish.publish(release, progress)
    return release.folder


def generated_run() -> str:
    """Return an execution ID for a plan outside a pipeline: who and when."""
    person = "".join(letter for letter in os.environ.get("USER", "") if letter.isalnum())[:32] or "somebody"
    return f"{person}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
