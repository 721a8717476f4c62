"""The command line. `python build.py --help` lists the commands, which pipeline/commands describes."""

from __future__ import annotations

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Nothing has begun while the rest of this is loaded: an interruption ends it without output.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import gc
import os
import sys
import textwrap
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from pipeline import BuildError
from pipeline.commands import COMMANDS, DEFAULT, Command, label

# An 80-column terminal, less what argparse leaves free for its own text.
WIDTH = 78


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` and return its exit status; an error is one line on stderr for each fault."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    named = bool(arguments) and not arguments[0].startswith("-")
    name = arguments.pop(0) if named else DEFAULT
    if name not in COMMANDS:
        sys.stderr.write(f"error: {name}: no such command, expected one of {', '.join(COMMANDS)}\n")
        return 2
    # SIGTERM and SIGHUP interrupt as Ctrl-C does, and leave as little behind. What is ignored stays ignored:
    # `nohup` wants the command to outlive its terminal.
    for interruption in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(interruption) is signal.SIG_DFL:
            signal.signal(interruption, signal.default_int_handler)
    try:
        # Loading a command takes long enough to be interrupted.
        module = import_module(f"pipeline.commands.{name}")
        namespace = parser(name, module, named=named).parse_args(arguments)
        return run(COMMANDS[name], module, namespace)
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted; existing files are unchanged\n")
        return 130


def run(command: Command, module: ModuleType, namespace: argparse.Namespace) -> int:
    """Run the command of `module` and return its exit status."""
    try:
        return int(module.run(namespace))
    except BuildError as error:
        failure = error
    except OSError as error:
        # A file that cannot be read or written, or a full disk, is for the user to repair.
        if error.filename is None:
            raise
        failure = BuildError(f"{os.fsdecode(error.filename)}: {error.strerror}")
        failure.__cause__ = error
    if namespace.debug:
        traceback.print_exception(failure)
    report(failure, machine=namespace.json)
    return command.failure


def parser(name: str, module: ModuleType, *, named: bool) -> argparse.ArgumentParser:
    """Return the parser of a command; of the default command with a list of all, where none is named."""
    command = COMMANDS[name]
    statuses = "".join(f"  {status:<4} {meaning}\n" for status, meaning in command.statuses.items())
    result = argparse.ArgumentParser(
        prog=f"build.py {name}" if named else "build.py",
        usage=None if named else "build.py [COMMAND] [options]",
        description=description(command) if named else overview(),
        epilog=f"examples:\n{module.EXAMPLES}\nexit status:\n{statuses}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument("--json", action="store_true", help="print the result as JSON; no progress output")
    result.add_argument("--debug", action="store_true", help="print the traceback of an error")
    module.options(result)
    return result


def description(command: Command) -> str:
    """Return what the help of a command begins with."""
    purpose = command.purpose[0].upper() + command.purpose[1:]
    return f"{textwrap.fill(f'{purpose}.', WIDTH)}\n\n{textwrap.fill(command.effect, WIDTH)}"


def overview() -> str:
    """Return the list of all commands."""
    width = max(len(label(name)) for name in COMMANDS) + 4
    lines = [
        textwrap.fill(
            command.purpose,
            WIDTH,
            initial_indent=f"  {label(name)}".ljust(width),
            subsequent_indent=" " * width,
        )
        for name, command in COMMANDS.items()
    ]
    return "\n".join(
        (
            "Build, review, deploy and rehearse the payment infrastructure.\n",
            "commands:",
            *lines,
            f"\n`build.py COMMAND --help` describes each. The rest of this page is about {DEFAULT}.",
        )
    )


def report(error: BuildError, *, machine: bool) -> None:
    """Write each fault of `error` to stderr as a line; for a machine, print the error as JSON too."""
    for fault in error.faults:
        sys.stderr.write(f"error: {fault}\n")
    if machine:
        # Loaded for an error only: a command that builds nothing does not pay for it.
        import_module("pipeline.console").say_json(error.document())


if __name__ == "__main__":
    # Most of what a command allocates lives until it ends: looking for cycles in it less often saves time.
    gc.set_threshold(50_000, 20, 20)
    sys.exit(main())
