"""Execute: execute an approved plan, if its change set and its stack are still what was reviewed."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from pipeline import console
from pipeline.change import execute, record
from pipeline.change.apply import Print
from pipeline.change.execute import Approved
from pipeline.commands import targets
from pipeline.commands.targets import RoleArguments

EXAMPLES = """\
  # execute a plan as it was approved
  python build.py execute --plan dist/plans/payments-dev \\
      --change-set ARN --digest SHA256 --run ID
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("--plan", type=Path, required=True, metavar="DIR", help="folder that `build.py plan` wrote")
    add("--change-set", required=True, metavar="ARN", help="the approved change set, or none")
    add("--digest", required=True, metavar="SHA256", help="digest of the approved root template")
    add(
        "--run",
        required=True,
        metavar="ID",
        help="execution ID of the pipeline; another one than the plan's rolls back to the plan's release",
    )
    add(
        "--alone",
        default="",
        metavar="PIPELINE",
        help="fail while another execution of this pipeline is in progress",
    )
    add("--record", type=Path, metavar="DIR", help="folder for the variables of later steps")
    targets.role_options(parser)


def run(namespace: Namespace) -> int:
    """Execute the plan, print every event, and print the digest of the root template that runs."""
    plan = record.read(namespace.plan)
    session = RoleArguments.parsed(namespace).session(namespace.run)
    if namespace.alone:
        execute.check_exclusive(session, namespace.alone, namespace.run)
    approved = Approved(
        plan=plan, change_set=namespace.change_set, digest=namespace.digest, run=namespace.run
    )
    digest = execute.execute(session, approved, printer(machine=namespace.json))
    if namespace.record:
        record.write_variables(namespace.record, {"DIGEST": digest})
    if namespace.json:
        console.say_json({"Stack": plan.stack, "Digest": digest})
    else:
        console.say(f"{plan.stack} runs root {digest}")
    return 0


def printer(*, machine: bool) -> Print:
    """Return what prints a line of progress; a machine gets none."""
    return discard if machine else console.say


def discard(_line: str) -> None:
    """Print nothing."""
