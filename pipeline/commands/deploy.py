"""Deploy: plans, shows, asks, executes and follows; for a sandbox account, where no pipeline is."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from pipeline import BuildError, console
from pipeline.change import execute
from pipeline.change import plan as planning
from pipeline.change.execute import Approved
from pipeline.change.plan import Planned
from pipeline.commands import targets
from pipeline.commands.plan import named_now, planned_for
from pipeline.review.verdict import RISKY

EXAMPLES = """examples:
  python build.py deploy --env dev                  build, publish, plan for payments-dev, ask, execute
  python build.py deploy --env dev --stack payments-mine --yes   do not ask
"""
# Whatever the options say, nobody changes these without typing the name of the stack.
ASKED_ALWAYS = "prod"


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    targets.plan_options(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask; prod is asked about all the same")


def run(given: Namespace) -> int:
    """Plan, show, ask, execute, and follow every event."""
    name = named_now()
    planned, record = planned_for(given, name)
    planning.write(planned, record, str(record / planning.PAGE))
    if not given.json:
        targets.show(planned)
    if planned.plan.blocking:
        console.say(f"\n{len(planned.plan.blocking)} risks are not accepted: nothing is executed", sys.stderr)
        return RISKY
    if planned.plan.change_set and not agreed(given, planned):
        raise BuildError(f"{planned.plan.stack}: nobody agreed; nothing is executed, the change set stays")
    plan = planned.plan
    approved = Approved(plan=plan, change_set=plan.change_set or "none", digest=plan.digest, run=name)
    tell = (lambda _line: None) if given.json else console.say
    digest = execute.execute(targets.session(given, name), approved, tell)
    if given.json:
        console.say_json({"Stack": plan.stack, "Digest": digest, "ChangeSet": plan.change_set})
    else:
        console.say(f"{plan.stack} runs root {digest}")
    return 0


def agreed(given: Namespace, planned: Planned) -> bool:
    """Whether somebody at the terminal wants it: by a yes, and for prod by the stack's name."""
    stack = planned.plan.stack
    guarded = ASKED_ALWAYS in (given.env, stack.rpartition("-")[2])
    if given.yes and not guarded:
        return True
    wanted = stack if guarded else "yes"
    sys.stderr.write(f"\n{planned.summary}\nType {wanted} to execute: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == wanted
