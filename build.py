"""Build: the command line. None of its commands reaches AWS before `--publish` says so.

build.py --env E              writes dist/E/; asks the package index for wheels that it does not have yet
build.py --env E --publish    and writes to the artifact bucket what that does not hold yet
build.py diff ...             predicts a change set; writes nothing but the cache in dist/, and --output
build.py review CHANGE_SET    asks CloudFormation about a change set, and changes nothing
build.py graph --env E        draws the layers; writes nothing but the cache in dist/
build.py plan --env E         publishes a release and makes its change set; executes nothing
build.py deploy --env E       and executes it, once somebody agreed
build.py execute --plan DIR   executes a change set that was approved
build.py smoke --stack S      calls a stack's API; with --payment yes, takes a payment
build.py pipeline             writes dist/pipeline/; with --publish, to the artifact bucket
build.py rehearse             writes dist/rehearsal/; all of AWS that it reaches is on this machine
build.py capacity --env E     reckons what the stack can serve; writes nothing but the cache in dist/
build.py sandbox              writes dist/dev/, and runs it on an emulator of AWS on this machine
"""

from __future__ import annotations

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Nothing is begun while the rest of this is loaded: an interruption ends it without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import os
import shutil
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from pipeline import BuildError
from pipeline.commands.manual import fitted


@dataclass(frozen=True)
class Command:
    """Something to ask for: `module` of pipeline.commands has its EXAMPLES, `options` and `run`."""

    module: str
    purpose: str
    statuses: str = "0 done, 1 refused with one line on stderr for each fault, 2 wrong usage, 130 interrupted"
    refused: int = 1
    """The exit status where the command cannot be carried out."""


BUILD = "build"
PLANNED = "0 done or nothing to do, 2 cannot be done, 3 risks that nobody accepted, 130 interrupted"
REVIEWED = (
    "0 nothing to stop for, 2 cannot be judged or wrong usage, 3 risks that nobody accepted, 130 interrupted"
)
COMMANDS = {
    BUILD: Command("build", "generate, lint and package a release; with --publish, upload it (the default)"),
    "diff": Command("diff", "predict offline what a release changes, and judge it", REVIEWED, refused=2),
    "review": Command(
        "review", "read a change set, nested stacks and all, and judge it", REVIEWED, refused=2
    ),
    "graph": Command("graph", "draw the layers and their wiring"),
    "plan": Command("plan", "make and review the change set of a release; never execute it", PLANNED, 2),
    "execute": Command("execute", "carry out a plan that was approved, if it still is what was reviewed"),
    "smoke": Command("smoke", "see whether a deployed stack answers and takes payments"),
    "deploy": Command("deploy", "plan, show, ask, execute and follow, in a sandbox account", PLANNED, 2),
    "rehearse": Command("rehearse", "run the pipeline on this machine, stage by stage"),
    "pipeline": Command(
        "pipeline", "generate and lint the templates of the pipeline; with --publish, upload them"
    ),
    "capacity": Command(
        "capacity",
        "hold the templates against a rate of payments: what gives way first, and what it costs",
        "0 served, 1 not served or refused, 2 wrong usage, 130 interrupted",
    ),
    "sandbox": Command("sandbox", "run the built stack on this machine"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv`; what keeps it from being done is one line on stderr for each fault."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    named = bool(arguments) and not arguments[0].startswith("-")
    name = arguments.pop(0) if named else BUILD
    if name not in COMMANDS:
        sys.stderr.write(f"error: {name}: no such command, expected one of {', '.join(COMMANDS)}\n")
        return 2
    command = COMMANDS[name]
    # An end that is asked for politely is an interruption too, and leaves as little behind. What was ignored
    # stays so: `nohup` wants the command to outlive its terminal.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, signal.default_int_handler)
    try:
        # Loading a command takes long enough to be interrupted.
        module = import_module(f"pipeline.commands.{command.module}")
        made = parser(name, command, module.EXAMPLES, named=named)
        module.options(made)
        given = made.parse_args(arguments)
        return carried_out(command, module, given)
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted; what was there before is as it was\n")
        return 130


def carried_out(command: Command, module: ModuleType, given: argparse.Namespace) -> int:
    """Run `command`, which `module` is; the exit status."""
    try:
        return int(module.run(given))
    except BuildError as error:
        refused = error
    except OSError as error:
        # A file or folder that cannot be read or written, or a full disk, is the machine's, and its user's.
        if error.filename is None:
            raise
        refused = BuildError(f"{os.fsdecode(error.filename)}: {error.strerror}")
        refused.__cause__ = error
    if given.debug:
        traceback.print_exception(refused)
    refuse(refused, machine=given.json)
    return command.refused


def parser(name: str, command: Command, examples: str, *, named: bool) -> argparse.ArgumentParser:
    """What every command takes, and tells of itself; without a name, of all commands."""
    # As argparse has it for the rest.
    width = shutil.get_terminal_size().columns - 2
    every = "".join(f"  {each:10}  {other.purpose}\n" for each, other in COMMANDS.items())
    listed = "" if named else f"commands, each with a --help of its own:\n{every}\n"
    made = argparse.ArgumentParser(
        prog=f"build.py {name}" if named else "build.py",
        description=fitted(command.purpose[0].upper() + command.purpose[1:] + ".", width),
        epilog=fitted(f"{listed}{examples}\nexit status: {command.statuses}", width),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--json", action="store_true", help="tell the result as JSON, and nothing on the way")
    made.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return made


def refuse(error: BuildError, *, machine: bool) -> None:
    """Write each fault of `error` to stderr as a line; for a machine, print the error as JSON too."""
    for fault in error.faults:
        sys.stderr.write(f"error: {fault}\n")
    if machine:
        # Loaded for a refusal only: a command that builds nothing does not pay for it.
        import_module("pipeline.console").say_json(error.document())


if __name__ == "__main__":
    sys.exit(main())
