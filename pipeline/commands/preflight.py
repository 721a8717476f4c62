"""Preflight: compare what an account and region have with what a payment stack needs; reads only."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline import console
from pipeline.change.releases import Releasable
from pipeline.commands import PROJECT, releases, targets
from pipeline.commands.releases import ReleaseArguments
from pipeline.commands.targets import PlanArguments, RoleArguments
from pipeline.delivery import build as delivery
from pipeline.preflight import report
from pipeline.preflight.check import check, require
from pipeline.preflight.finding import MISSING
from pipeline.preflight.needs import Subject
from pipeline.release import assemble, configuration, region
from pipeline.release.templates import ROOT, documents

if TYPE_CHECKING:
    import boto3

EXAMPLES = """\
  # before the first release to an account
  python build.py preflight --env dev
  # under a role of the stack's account
  python build.py preflight --env prod --role ARN --external-id ID
  # print the findings as JSON
  python build.py preflight --env prod --json
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    releases.options(parser)
    parser.add_argument("--stack", default="", metavar="STACK", help="name of the stack (payments-ENV)")
    targets.role_options(parser)


def run(namespace: Namespace) -> int:
    """Print a finding for each check; return 1 where something is missing."""
    order = ReleaseArguments.parsed(namespace).order()
    # Before a build, which takes longer than finding a mistake.
    given = configuration.read(PROJECT, order.environment)
    given = replace(given, parameters={**given.parameters, **order.instead})
    session = RoleArguments.parsed(namespace).session("")
    templates = documents(assemble.templates(order, console.progress(machine=namespace.json)))
    findings = check(
        session,
        Subject(
            stack=namespace.stack or f"payments-{order.environment}",
            root=templates[ROOT],
            documents=templates,
            given=given,
            pipeline=delivery.read(PROJECT),
        ),
    )
    if namespace.json:
        console.say_json({"Findings": [finding.document() for finding in findings]})
    else:
        console.say(report.table(findings))
    return 1 if any(finding.status == MISSING for finding in findings) else 0


def before_plan(arguments: PlanArguments, release: Releasable, stack: str, session: boto3.Session) -> None:
    """Stop a plan of a payment stack whose account lacks something, before a change set is created."""
    given = replace(release.configuration, name=f"parameters/{release.name}.json")
    # The pipeline's own stack names no zones, and needs none of this.
    if not arguments.preflight or not region.of(given):
        return
    findings = check(
        session,
        Subject(
            stack=stack,
            root=release.root,
            documents={title.lower(): template for title, template in release.layers.items()},
            given=given,
            pipeline=delivery.read(PROJECT),
        ),
    )
    require(findings)
    if not arguments.json:
        console.say(f"preflight    {report.summary(findings)}", sys.stderr)
