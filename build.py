"""Build: the command line. None of its commands reaches AWS before `--publish` says so.

build.py --env E              writes dist/E/; asks the package index for wheels that it does not have yet
build.py --env E --publish    and writes to the artifact bucket what that does not hold yet
build.py graph --env E        draws the layers; writes nothing but the cache in dist/
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from pipeline.release import BuildError, assemble, report
from pipeline.release.findings import FindingsError

PROJECT = Path(__file__).resolve().parent
EXAMPLES = """examples:
  python build.py --env prod                        generate, lint and package into dist/prod/
  python build.py --env prod --publish              and upload what the artifact bucket does not have yet
  python build.py --env dev --bucket my-artifacts   with another bucket than parameters/dev.json names
  python build.py --env prod --json                 tell the result as JSON
  python build.py graph --env prod                  print the layers and their wiring as Mermaid

exit status: 0 done, 1 refused with one line on stderr for each fault, 2 wrong usage, 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv`; what keeps it from being done is one line on stderr for each fault."""
    given = parser().parse_args(argv)
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    command = {"build": build, "graph": graph}[given.command]
    try:
        command(given)
    except BuildError as error:
        if given.debug:
            traceback.print_exc()
        for fault in error.faults:
            report.say(f"error: {fault}", sys.stderr)
        if given.json:
            found = error.findings if isinstance(error, FindingsError) else []
            say_json({"Errors": error.faults, "Findings": [asdict(each) for each in found]})
        return 1
    except KeyboardInterrupt:
        report.say("error: interrupted; what was built before is as it was", sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    made = argparse.ArgumentParser(
        prog="build.py",
        description="Generate, lint and package the payment stack; publish it; draw it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add("command", nargs="?", choices=["build", "graph"], default="build", help="what to do (build)")
    add("--env", required=True, metavar="E", help="environment: the name of a file in parameters/")
    add("--publish", action="store_true", help="upload the release to the artifact bucket")
    add("--bucket", default="", metavar="B", help="artifact bucket, instead of the one in the parameters")
    add("--compact", action="store_true", help="graph: draw the layers alone, wires as counts")
    add("--out", type=Path, default=PROJECT / "dist", metavar="DIR", help="where releases lie (dist/)")
    add("--no-cache", action="store_true", help="build everything anew, but for wheels already fetched")
    add("--json", action="store_true", help="tell the result as JSON, and nothing on the way")
    add("--debug", action="store_true", help="show the traceback of an error")
    return made


def order(given: argparse.Namespace) -> assemble.Order:
    """What the command line asks to be built."""
    return assemble.Order(PROJECT, given.env, given.out, given.bucket, given.no_cache)


def build(given: argparse.Namespace) -> None:
    """Make the release, upload it if that is asked for, and tell what there is."""
    progress = report.progress(machine=given.json)
    release = assemble.build(order(given), progress)
    told: dict[str, object] = {"Folder": str(release.folder), "Unchanged": release.unchanged}
    told |= release.manifest
    if not given.json:
        report.say(report.release(release))
    if given.publish:
        # Only publishing pays for loading the AWS SDK.
        published = import_module("pipeline.release.publish").publish(release, progress)
        told["Published"] = asdict(published)
        if not given.json:
            report.say(f"root  {published.root_url}")
    if given.json:
        say_json(told)


def graph(given: argparse.Namespace) -> None:
    """Print the layers and their wiring."""
    templates = assemble.templates(order(given), report.progress(machine=True))
    drawn = import_module("pipeline.release.graph").graph(templates, compact=given.compact)
    if given.json:
        say_json({"Mermaid": drawn})
    else:
        report.say(drawn)


def say_json(told: object) -> None:
    """Print `told` for a machine."""
    report.say(json.dumps(told, indent=2))


if __name__ == "__main__":
    sys.exit(main())
