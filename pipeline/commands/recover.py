"""Recover: bring a stack in any state of CloudFormation's back to where a plan works."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline import BuildError, console
from pipeline.aws import answering
from pipeline.change.recovery import stores
from pipeline.change.recovery.assess import Assessment
from pipeline.change.recovery.names import Named, named
from pipeline.change.recovery.recover import Recovery, Step
from pipeline.change.sessions import RETRIES
from pipeline.change.states import Way
from pipeline.commands import releases, targets
from pipeline.commands.execute import printer
from pipeline.commands.plan import generated_run
from pipeline.commands.releases import ReleaseArguments
from pipeline.commands.targets import RoleArguments
from pipeline.release import assemble, configuration
from pipeline.release.templates import ROOT
from pipeline.release.wiring import nested

if TYPE_CHECKING:
    import boto3

    from pipeline.change.recovery.stores import Stores

READY, LEFT = 0, 3
HEADER = ("resource", "name", "holds", "where")
EXAMPLES = """\
  # print the state and what would bring it back, ask, and do that
  python build.py recover --env dev
  # undo a creation that failed, instead of continuing it
  python build.py recover --env dev --start-over
  # continue a rollback without a resource that is known to be gone
  python build.py recover --env dev \\
      --skip payments-dev-Compute-1ABC.LedgerSchema
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    releases.options(parser)
    add = parser.add_argument
    add("--stack", default="", metavar="STACK", help="name of the stack (payments-ENV)")
    add("--start-over", action="store_true", help="undo a creation that failed, instead of continuing it")
    add(
        "--skip",
        action="append",
        default=[],
        metavar="ID",
        help="resource that the continued rollback leaves as it is: ID, or NESTED-STACK-NAME.ID",
    )
    add("--yes", action="store_true", help="do it without asking, except in prod")
    targets.role_options(parser)


def run(namespace: Namespace) -> int:
    """Print the state of the stack, and carry out what brings it back once somebody confirmed it."""
    arguments = ReleaseArguments.parsed(namespace)
    stack = namespace.stack or f"payments-{arguments.environment}"
    session = RoleArguments.parsed(namespace).session(generated_run())
    with answering(stack):
        found = stores.stores(session)
        recovery = Recovery(
            session.client("cloudformation", config=RETRIES),
            found,
            stack,
            names(arguments, session, found),
            printer(machine=namespace.json),
            start_over=namespace.start_over,
            skip=namespace.skip,
        )
        assessment = recovery.assess()
        if not namespace.json:
            show(assessment)
        steps = recovery.steps(assessment)
        # A machine is asked nothing: without --yes it only reads.
        if steps and (namespace.yes or not namespace.json):
            if not confirmed(assessment, steps, arguments.environment, yes=namespace.yes):
                raise BuildError(f"{stack}: not confirmed; nothing is done")
            assessment, steps = recovery.carry_out(steps), []
            if not namespace.json:
                show(assessment)
    if namespace.json:
        console.say_json(document(assessment, steps))
    return status(assessment, steps)


def names(arguments: ReleaseArguments, session: boto3.Session, found: Stores) -> list[Named]:
    """Return the resources of the environment's release that have a fixed name."""
    order = arguments.order()
    given = configuration.read(order.project, order.environment)
    templates = assemble.templates(order, console.progress(machine=True))
    root = templates[ROOT].document
    layers = {title: templates[title.lower()].document for title in nested(root)}
    identity = session.client("sts", config=RETRIES).get_caller_identity()
    pseudo = {
        "AWS::AccountId": identity["Account"],
        "AWS::Partition": identity["Arn"].split(":")[1],
        "AWS::Region": str(session.region_name),
    }
    properties = {kind: store.name_property for kind, store in found.items()}
    return list(named(root, layers, {**given.parameters, **order.instead}, pseudo, properties))


def confirmed(assessment: Assessment, steps: Sequence[Step], environment: str, *, yes: bool) -> bool:
    """Ask whether the steps are to be carried out and return the answer."""
    effect = "\n".join(f"{number}. {step.text}" for number, step in enumerate(steps, 1))
    return targets.confirmed(assessment.stack, environment, effect, "do this", yes=yes)


def show(assessment: Assessment) -> None:
    """Print an assessment."""
    because = f": {assessment.reason}" if assessment.reason else ""
    console.say(f"{assessment.stack}: {assessment.status}: {assessment.meaning}{because}")
    for line in assessment.failed:
        console.say(f"  failed  {line}")
    if assessment.holdings:
        rows = [
            (holding.named.place, holding.named.name, contents(holding.found), holding.owner.value)
            for holding in assessment.holdings
        ]
        console.say(console.table(HEADER, rows))
    console.say(f"then    {assessment.way.value}")
    for holding in assessment.left_to_people:
        console.say(
            f"yours   {holding.named.place} {holding.named.name}: {holding.owner.value}, "
            f"holds {contents(holding.found)}"
        )


def contents(found: stores.Found) -> str:
    """Return what a resource holds, in words."""
    return ", ".join(filter(None, (found.contents, found.note))) or "nothing"


def document(assessment: Assessment, steps: Sequence[Step]) -> dict[str, object]:
    """Return an assessment as JSON."""
    return {
        "Stack": assessment.stack,
        "Status": assessment.status,
        "Meaning": assessment.meaning,
        "EverComplete": assessment.complete,
        "Way": assessment.way.value,
        "Failed": list(assessment.failed),
        "Resources": [
            {
                "Resource": holding.named.place,
                "Type": holding.named.type,
                "Name": holding.named.name,
                "Holds": holding.found.contents,
                "Protected": holding.found.protected,
                "Where": holding.owner.value,
            }
            for holding in assessment.holdings
        ],
        "Steps": [step.text for step in steps],
    }


def status(assessment: Assessment, steps: Sequence[Step]) -> int:
    """Return the exit status: whether a plan works now."""
    works = assessment.way in (Way.PLAN, Way.RESUME) and not steps and not assessment.left_to_people
    return READY if works else LEFT
