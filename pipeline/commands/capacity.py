"""Capacity: estimate throughput and monthly cost; name the first bottleneck."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from pipeline import console
from pipeline.capacity import report
from pipeline.capacity.limits import limits
from pipeline.capacity.load import load
from pipeline.commands import PROJECT, releases
from pipeline.commands.releases import ReleaseArguments
from pipeline.evaluation.resolved import Deployed
from pipeline.release import assemble, configuration, region
from pipeline.release.templates import ROOT, documents

EXAMPLES = """\
  # the rate that each limit allows, and the cost of each step
  python build.py capacity --env prod
  # what 100 payments a second need
  python build.py capacity --env prod --rate 100
  # the same with measured figures instead of assumed ones
  python build.py capacity --env prod --rate 3 \\
      --assume processor_seconds=0.4 --assume average_share=0.05
  # the text of docs/capacity.md
  python build.py capacity --env prod --markdown
"""
HIGHEST_RATE = 1_000_000


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    releases.options(parser)
    add = parser.add_argument
    add(
        "--rate",
        type=rate_of_payments,
        metavar="N",
        help="payments per second at the peak; without it, a table of steps",
    )
    add(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="replace an assumed figure that is in no template (docs/capacity.md lists them)",
    )
    add("--markdown", action="store_true", help="print the text of docs/capacity.md")


def rate_of_payments(text: str) -> float:
    """Return the rate in `text`."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= HIGHEST_RATE:
        raise ArgumentTypeError(f'found "{text}", expected a number above 0, {HIGHEST_RATE:,} at most')
    return rate


def run(namespace: Namespace) -> int:
    """Print the estimate; return 1 where the stack cannot serve the rate."""
    order, assumed = ReleaseArguments.parsed(namespace).order(), load(namespace.assume)
    rate: float | None = namespace.rate
    given = configuration.read(PROJECT, order.environment)
    templates = assemble.templates(order, console.progress(machine=True))
    deployed = Deployed(templates[ROOT].document, documents(templates), given.parameters)
    all_limits = limits(deployed, assumed, PROJECT)
    served = rate is None or all(limit.holds(rate) for limit in all_limits)
    if namespace.json:
        console.say_json(report.machine(deployed, assumed, all_limits, rate or report.STEPS[0]))
    elif namespace.markdown:
        console.say(report.document(deployed, assumed, all_limits).rstrip("\n"))
    elif rate is None:
        console.say(report.ladder(deployed, assumed, all_limits, region.of(given)))
    else:
        console.say(f"{report.at_rate(all_limits, rate)}\n\n{report.verdict(all_limits, rate)}")
    return 0 if served else 1
