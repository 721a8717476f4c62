"""Deploy: plan, confirm and execute in one command, in an account without a pipeline."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from pipeline import BuildError, console
from pipeline.change import execute, plan
from pipeline.change.execute import Approved
from pipeline.change.plan import Planned
from pipeline.change.record import NONE
from pipeline.commands import targets
from pipeline.commands.execute import printer
from pipeline.commands.plan import generated_run, planned_for
from pipeline.commands.targets import PlanArguments
from pipeline.review.verdict import RISKY

EXAMPLES = """\
  # build and publish the release, plan it for payments-dev, ask, execute
  python build.py deploy --env dev
  # to another stack, without asking
  python build.py deploy --env dev --stack payments-mine --yes
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    targets.plan_options(parser)
    parser.add_argument("--yes", action="store_true", help="execute without asking, except in prod")


def run(namespace: Namespace) -> int:
    """Plan, print the review, ask, execute, and print every event."""
    arguments, run_id = PlanArguments.parsed(namespace), generated_run()
    planned = planned_for(arguments, run_id)
    record, folder = planned.plan, targets.PLANS / planned.plan.stack
    plan.write(planned, folder, str(folder / plan.PAGE))
    if not arguments.json:
        targets.show(planned)
    if record.blocking:
        console.say(f"\n{len(record.blocking)} risks are not accepted: nothing is executed", sys.stderr)
        return RISKY
    if record.change_set and not confirmed(planned, arguments.environment, yes=namespace.yes):
        raise BuildError(f"{record.stack}: not confirmed; nothing is executed, the change set stays")
    approved = Approved(plan=record, change_set=record.change_set or NONE, digest=record.digest, run=run_id)
    session = arguments.role.session(run_id)
    digest = execute.execute(session, approved, printer(machine=arguments.json))
    if arguments.json:
        console.say_json({"Stack": record.stack, "Digest": digest, "ChangeSet": record.change_set})
    else:
        console.say(f"{record.stack} runs root {digest}")
    return 0


def confirmed(planned: Planned, environment: str, *, yes: bool) -> bool:
    """Ask at the terminal and return the answer: a yes, for prod the name of the stack."""
    return targets.confirmed(planned.plan.stack, environment, planned.summary, "execute", yes=yes)
