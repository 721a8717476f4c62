"""Smoke: sees whether a deployed stack answers, and takes a payment where that is wanted."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from itertools import chain

from pipeline import BuildError, console
from pipeline.change import smoke
from pipeline.commands import targets
from pipeline.commands.execute import silent
from pipeline.commands.plan import named_now

EXAMPLES = """examples:
  python build.py smoke --stack payments-prod                                    changes nothing
  python build.py smoke --stack payments-dev --payment yes --customer cus_test   takes 1.00 USD
"""


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("--stack", required=True, metavar="S", help="the stack")
    add("--payment", choices=("yes", "no"), default="no", help="whether to take a payment, tagged by its id")
    add("--customer", default="", metavar="CUS", help="customer of the payment gateway who is charged")
    add("--run", default="", metavar="ID", help="the run of the pipeline; the payment's id carries it")
    targets.role_options(parser)


def run(given: Namespace) -> int:
    """Probe, and pay if that is asked for."""
    pays = given.payment == "yes"
    if pays and not given.customer:
        raise BuildError("--payment yes: found no customer; expected --customer, whom the gateway knows")
    name = given.run or named_now()
    tell = silent if given.json else console.say
    api = smoke.find(targets.session(given, name), given.stack)
    for line in chain(smoke.probe(api), smoke.pay(api, name, given.customer) if pays else ()):
        tell(line)
    if given.json:
        console.say_json({"Stack": given.stack, "Paid": pays})
    else:
        console.say(f"{given.stack} {'takes payments' if pays else 'answers'}")
    return 0
