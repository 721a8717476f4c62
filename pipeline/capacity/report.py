"""Tell: what a rate needs of each limit, and the ladder of rates with what gives way first at each step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from textwrap import fill, indent

from pipeline import console
from pipeline.capacity.costs import PRICED_REGION, Cost, costs
from pipeline.capacity.limit import Limit
from pipeline.capacity.load import ASSUMPTIONS, Load
from pipeline.evaluation.resolved import Deployed

STEPS = (1, 10, 100, 1_000, 10_000)
SHOWN = 5
# What is told fits the narrowest of usual terminals.
WIDTH = 79
# Numbers too long to read are told in units of these.
UNITS = ((1e9, "G"), (1e6, "M"))


def figure(number: float) -> str:
    """`number` with as many digits as tell something."""
    for size, unit in UNITS:
        if number >= 10 * size:
            return f"{number / size:,.0f} {unit}"
    if number >= SHOWN or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.2f}"


def at_rate(limits: Sequence[Limit], rate: float) -> str:
    """What `rate` needs of each limit, the fullest first, and what to turn where it is not enough."""
    fullest = sorted(limits, key=lambda each: -each.percent(rate))
    rows = [
        (each.what, figure(each.limit), figure(each.need(rate)), f"{each.percent(rate):,.1f}")
        for each in fullest
    ]
    told = [console.table(("what", "limit", "need", "%"), rows)]
    short = [each for each in limits if not each.holds(rate)]
    if short:
        turns = (f"  {each.what}\n{indent(fill(each.turn, WIDTH - 6), ' ' * 6)}" for each in short)
        told.append("\n".join(["gives way, in this order, and what to turn:", *turns]))
    return "\n\n".join(told)


def verdict(limits: Sequence[Limit], rate: float) -> str:
    """Whether `rate` can be served, and what gives way first if not."""
    short = [each for each in limits if not each.holds(rate)]
    first = (short or limits)[0]
    if short:
        count = "1 limit gives way" if len(short) == 1 else f"{len(short)} limits give way"
        return f"{figure(rate)} payments a second cannot be served: {count}"
    words = f"{first.what} gives way first, at {serves(first)}"
    return f"{figure(rate)} payments a second can be served: {words}"


def serves(limit: Limit) -> str:
    """The rate up to which `limit` holds, in words."""
    found = limit.serves()
    return "any rate" if math.isinf(found) else f"{figure(found)}/s"


def ladder(deployed: Deployed, load: Load, limits: Sequence[Limit], region: str) -> str:
    """Each limit with the rate that it holds to, then the steps of a stack in `region`."""
    rows = [(serves(each), each.what, figure(each.limit)) for each in limits]
    steps = [
        (f"{step:,}/s", gives_way(limits, step), f"{total(costs(deployed, load, step)):,.0f}")
        for step in STEPS
    ]
    return "\n\n".join(
        [
            console.table(("serves", "what", "limit"), rows),
            console.table(("payments", "gives way", "USD/month"), steps),
            *other_prices(region),
        ]
    )


def other_prices(region: str) -> Iterator[str]:
    """Say that the costs are not those of `region`, where they are not."""
    if region and region != PRICED_REGION:
        yield f"{region} has other prices: these are {PRICED_REGION}'s"


def gives_way(limits: Sequence[Limit], rate: float) -> str:
    """How many limits `rate` is too much for, and which is the last of them: what is new at this step."""
    short = [each for each in limits if not each.holds(rate)]
    count = "1 limit" if len(short) == 1 else f"{len(short)} limits"
    return f"{count}, last {short[-1].what}" if short else "nothing"


def total(parts: Sequence[Cost]) -> float:
    """What all of `parts` cost."""
    return sum(each.dollars for each in parts)


def machine(deployed: Deployed, load: Load, limits: Sequence[Limit], rate: float) -> dict[str, object]:
    """The same for a machine."""
    return {
        "Rate": rate,
        "Served": all(each.holds(rate) for each in limits),
        "Limits": [
            {
                "What": each.what,
                "Place": each.place,
                "Limit": each.limit,
                "Need": each.need(rate),
                "ServesUpTo": None if math.isinf(each.serves()) else each.serves(),
                "Turn": each.turn,
                "Source": each.source,
            }
            for each in limits
        ],
        "PricedRegion": PRICED_REGION,
        "DollarsAMonth": {each.part: round(each.dollars, 2) for each in costs(deployed, load, rate)},
        "Assumed": dict(load.assumed),
    }


def document(deployed: Deployed, load: Load, limits: Sequence[Limit]) -> str:
    """docs/capacity.md."""
    return "\n".join(
        [
            HEAD,
            *markdown(
                ("serves", "what", "where", "limit", "turn", "source"),
                [
                    (serves(each), each.what, f"`{each.place}`", figure(each.limit), each.turn, each.source)
                    for each in limits
                ],
            ),
            "",
            "## Step by step",
            "",
            "What gives way between one step and the next, in the order in which it does.",
            "",
            *markdown(
                ("payments a second", "gives way first, and what to turn", "USD a month"),
                steps(deployed, load, limits),
            ),
            "",
            COSTS,
            *markdown(("part", *(f"{step:,}/s" for step in STEPS)), parts(deployed, load)),
            "",
            ASSUMED,
            *markdown(
                ("name", "value", "meaning", "origin"),
                [
                    (f"`{name}`", f"{each.value:,g}", each.meaning, each.origin)
                    for name, each in ASSUMPTIONS.items()
                ],
            ),
            "",
        ]
    )


def steps(deployed: Deployed, load: Load, limits: Sequence[Limit]) -> Iterator[Sequence[str]]:
    """Each step with what gives way on the way to it."""
    before = 0.0
    for step in STEPS:
        short = [each for each in limits if before <= each.serves() < step]
        told = "; ".join(f"{each.what} at {serves(each)} ({each.turn})" for each in short) or "nothing more"
        yield f"{step:,}", told, f"{total(costs(deployed, load, step)):,.0f}"
        before = float(step)


def parts(deployed: Deployed, load: Load) -> Iterator[Sequence[str]]:
    """Each part of the costs at every step."""
    found = [costs(deployed, load, step) for step in STEPS]
    for each in zip(*found, strict=True):
        yield each[0].part, *(f"{cost.dollars:,.0f}" for cost in each)


def markdown(header: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


HEAD = """\
# Capacity

How many payments a second the stack of `parameters/prod.json` serves, on paper, and what gives way
first. Made by `python build.py capacity --env prod --markdown`, which reads the built templates; `--rate
N` holds them against a rate of your own and fails where it cannot be served, `--assume NAME=VALUE` puts
your figures in the place of those below. Quotas are AWS's defaults, from the pages named beside them.

A payment is two requests, three writes, one call of the payment gateway, one posting and three audit
objects. How many executions that takes follows from Little's law; since requests come at random, as many
are counted as leave one request in a thousand without one (Erlang's loss formula).

The monthly quota and the firewall's rate are for each caller. One caller is assumed, at a steady rate:
`clients` and `average_share` say otherwise.

## Every limit, the first to give way at the head
"""
COSTS = """\
## Costs

USD a month at the steady rate: list prices of us-east-1, 2026, without free tiers, discounts, taxes,
support and what the payment gateway takes. An estimate, to compare steps by. The database is taken as
large as the step needs; the table and the audit bucket hold the payments of one month.
"""
ASSUMED = """\
## Taken for granted

What no template holds. `declared` figures are guesses with a margin: measure yours.
"""
