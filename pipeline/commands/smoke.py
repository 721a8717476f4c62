"""Smoke: test that a deployed stack answers, and with --payment yes that it processes a payment."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from itertools import chain

from pipeline import BuildError, console
from pipeline.change import smoke
from pipeline.commands import targets
from pipeline.commands.execute import printer
from pipeline.commands.plan import generated_run
from pipeline.commands.targets import RoleArguments

EXAMPLES = """\
  # ask for the status; changes nothing
  python build.py smoke --stack payments-prod
  # take a payment of 1.00 USD
  python build.py smoke --stack payments-dev --payment yes --customer cus_test
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("--stack", required=True, metavar="STACK", help="name of the stack")
    add("--payment", choices=("yes", "no"), default="no", help="take a payment (no)")
    add("--customer", default="", metavar="ID", help="customer to charge, as the payment gateway knows it")
    add("--run", default="", metavar="ID", help="execution ID of the pipeline, part of the payment's ID")
    targets.role_options(parser)


def run(namespace: Namespace) -> int:
    """Ask for the status, take the payment, and print each step."""
    pays = namespace.payment == "yes"
    if pays and not namespace.customer:
        raise BuildError("--payment yes: found no customer; expected --customer, whom the gateway knows")
    run_id = namespace.run or generated_run()
    print_line = printer(machine=namespace.json)
    api = smoke.find(RoleArguments.parsed(namespace).session(run_id), namespace.stack)
    for line in chain(smoke.probe(api), smoke.pay(api, run_id, namespace.customer) if pays else ()):
        print_line(line)
    if namespace.json:
        console.say_json({"Stack": namespace.stack, "Paid": pays})
    else:
        console.say(f"{namespace.stack} {'takes payments' if pays else 'answers'}")
    return 0
