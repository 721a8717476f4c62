"""Execute: carries out a plan that was approved, if its change set still is what was reviewed."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from pipeline import console
from pipeline.change import execute, record
from pipeline.change.execute import Approved
from pipeline.commands import targets

EXAMPLES = """examples:
  python build.py execute --plan dist/plans/payments-dev --change-set ARN --digest SHA256 --run ID
"""


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("--plan", type=Path, required=True, metavar="DIR", help="what `build.py plan` kept")
    add("--change-set", required=True, metavar="ARN", help="the change set that was approved, or none")
    add("--digest", required=True, metavar="SHA256", help="the root that was approved")
    add("--run", required=True, metavar="ID", help="this run; another than the plan's goes back to that plan")
    add(
        "--alone",
        default="",
        metavar="PIPELINE",
        help="refuse while another run of this pipeline is under way",
    )
    add("--record", type=Path, default=None, metavar="DIR", help="where to write what later steps are told")
    targets.role_options(parser)


def run(given: Namespace) -> int:
    """Execute, follow every event, and tell what runs then."""
    plan = record.read(given.plan)
    session = targets.session(given, given.run)
    if given.alone:
        execute.check_exclusive(session, given.alone, given.run)
    approved = Approved(plan=plan, change_set=given.change_set, digest=given.digest, run=given.run)
    tell = silent if given.json else console.say
    digest = execute.execute(session, approved, tell)
    if given.record:
        record.write_variables(given.record, {"DIGEST": digest})
    if given.json:
        console.say_json({"Stack": plan.stack, "Digest": digest})
    else:
        console.say(f"{plan.stack} runs root {digest}")
    return 0


def silent(_line: str) -> None:
    """Say nothing."""
