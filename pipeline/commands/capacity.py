"""Capacity: holds the built templates against a rate of payments, and tells what gives way first."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from pipeline import console
from pipeline.capacity import report as tell
from pipeline.capacity.limits import limits
from pipeline.capacity.load import load
from pipeline.commands import PROJECT, order, release_options
from pipeline.evaluation.resolved import Deployed
from pipeline.release import assemble, configuration
from pipeline.release.templates import ROOT, documents

EXAMPLES = """examples:
  python build.py capacity --env prod               how far each limit goes, and what each step costs
  python build.py capacity --env prod --rate 100    what 100 payments a second need
  python build.py capacity --env prod --rate 3 --assume processor_seconds=0.4 --assume average_share=0.05
  python build.py capacity --env prod --markdown    docs/capacity.md
"""
MOST = 1_000_000


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    release_options(parser)
    add = parser.add_argument
    add(
        "--rate",
        type=payments,
        metavar="N",
        help="payments a second at the peak; without it, the whole ladder",
    )
    add(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="your own figure in the place of one that no template holds (docs/capacity.md lists them)",
    )
    add("--markdown", action="store_true", help="print docs/capacity.md")


def payments(text: str) -> float:
    """The rate that `text` states."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= MOST:
        raise ArgumentTypeError(f'found "{text}", expected a number above 0, {MOST:,} at most')
    return rate


def run(given: Namespace) -> int:
    """Tell what the stack serves; 1 where it does not serve the rate that was asked for."""
    asked, assumed = order(given), load(given.assume)
    parameters = configuration.read(PROJECT, given.env).parameters
    templates = assemble.templates(asked, console.progress(machine=True))
    deployed = Deployed(templates[ROOT].document, documents(templates), parameters)
    found = limits(deployed, assumed, PROJECT)
    served = given.rate is None or all(each.holds(given.rate) for each in found)
    if given.json:
        console.say_json(tell.machine(deployed, assumed, found, given.rate or tell.STEPS[0]))
    elif given.markdown:
        console.say(tell.document(deployed, assumed, found).rstrip("\n"))
    elif given.rate is None:
        console.say(tell.ladder(deployed, assumed, found))
    else:
        console.say(f"{tell.at_rate(found, given.rate)}\n\n{tell.verdict(found, given.rate)}")
    return 0 if served else 1
