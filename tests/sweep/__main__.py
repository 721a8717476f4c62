"""Sweep: `python -m tests.sweep DIR` reviews each template in a folder against itself, spelt otherwise.

Nothing may change between a template and its other spelling, whether its parameters are given or left open;
and a risk of an edit with parameters given has to be one, or UNJUDGED, with the parameters left open. Prints
the counts, and exits 1 where a review fails, shows a change or loses a risk.
"""

from __future__ import annotations

import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import BuildError
from pipeline.evaluation.stack import Stack
from pipeline.evaluation.template_files import template
from pipeline.review.model import Review
from pipeline.review.reviews import of_stacks
from tests.sweep.spellings import EDITS, SPELLINGS, Template, values

SUFFIXES = (".json", ".yaml", ".yml", ".template")
WIDTH = 79
SHOWN = 40
LARGEST = 100_000
Reviewed = Callable[[Template, Template, Mapping[str, Any]], Review]


@dataclass
class Sweep:
    """The counts of a sweep; `faults` are lines for people."""

    templates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    comparisons: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "none")

    def lines(self) -> Iterator[str]:
        """Yield the lines to print, each at most 79 characters wide."""
        yield f"{'templates':<24} {self.templates:>8,}"
        for kind, number in self.refused.most_common():
            yield f"{'refused':<24} {number:>8,}  {kind}"[:WIDTH]
        yield ""
        yield f"{'comparison':<24} {'number':>8} {'changes':>8} {'lost':>8}"
        for name, number in self.comparisons.items():
            yield f"{name:<24} {number:>8,} {self.changed[name]:>8,} {self.lost[name]:>8,}"
        yield f"{'all':<24} {self.comparisons.total():>8,} {self.changed.total():>8,} {self.lost.total():>8,}"
        yield ""
        seconds, name = self.slowest
        yield f"{'slowest':<24} {seconds:>6.2f} s  {name}"[:WIDTH]
        for fault in self.faults[:SHOWN]:
            yield from textwrap.wrap(f"fault: {fault}", WIDTH, subsequent_indent="  ")


def reviewed(old: Template, new: Template, given: Mapping[str, Any]) -> Review:
    """Return the review between two templates with the same parameters, nested stacks not read."""
    before, after = (Stack(root, given, lambda _path, _url: None) for root in (old, new))
    return of_stacks(before, after, "sweep")


def sweep(folder: Path, review: Reviewed = reviewed) -> Sweep:
    """Review every template in a folder, and those within."""
    made = Sweep()
    for file in sorted(each for each in folder.rglob("*") if each.suffix in SUFFIXES and each.is_file()):
        try:
            found = template(file)
        except BuildError as refusal:
            made.refused[kind_of(refusal, file)] += 1
            continue
        if not is_readable(found):
            made.refused[f"more than {LARGEST:,} values when its aliases are followed"] += 1
            continue
        made.templates += 1
        try:
            compared(found, file.relative_to(folder).as_posix(), made, review)
        except Exception as fault:  # noqa: BLE001 # every crash is a finding, and the sweep goes on
            made.faults.append(f"{file.name}: {type(fault).__name__}: {fault}")
    return made


def is_readable(found: Template) -> bool:
    """Return whether a template has a size that somebody could write: aliases of YAML multiply."""
    waiting: list[object] = [found]
    for _ in range(LARGEST):
        if not waiting:
            return True
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return False


def kind_of(refusal: BuildError, file: Path) -> str:
    """Return why a file was refused, without where."""
    reason = str(refusal).removeprefix(f"{file}: ")
    return "no YAML or JSON" if "expected YAML" in reason or "expected JSON" in reason else reason


def compared(found: Template, name: str, made: Sweep, review: Reviewed) -> None:
    """Compare a template with its other spellings, and its edits with parameters given and left open."""
    given = values(found)
    ways = {"parameters open": {}, "parameters given": given} if given else {"parameters given": {}}
    for spelling, respelt in SPELLINGS.items():
        other = respelt(found)
        for way, parameters in ways.items():
            begin = time.process_time()
            changes = review(found, other, parameters).changes
            made.slowest = max(made.slowest, (time.process_time() - begin, name))
            made.comparisons[spelling] += 1
            made.comparisons[way] += spelling == "itself"
            if changes:
                made.changed[spelling] += 1
                made.faults.append(f"{name}: {spelling}, {way}: {changes[0].id} changes")
    for edit, edited in EDITS.items() if given else ():
        made.comparisons[edit] += 1
        for lost in lost_risks(found, edited(found), given, review):
            made.lost[edit] += 1
            made.faults.append(f"{name}: {edit}: {lost} is lost with parameters open")


def lost_risks(old: Template, new: Template, given: Mapping[str, Any], review: Reviewed) -> Iterator[str]:
    """Yield the risks with parameters given that with parameters open are neither shown nor UNJUDGED."""
    shown = {f"{risk.kind}:{change.id}" for change, risk in review(old, new, given).risks()}
    without = review(old, new, {})
    left_open = {f"{risk.kind}:{change.id}" for change, risk in without.risks()}
    # A loop over a parameter that is left open makes resources by other names.
    names = {"/".join((*path, name)) for path, name in {**without.before, **without.after}}
    kinds = {risk.kind for _, risk in without.risks()}
    for risk in sorted(shown - left_open):
        kind, _, name = risk.partition(":")
        if f"UNJUDGED:{name}" not in left_open and (name in names or kind not in kinds):
            yield risk


def main(arguments: list[str]) -> int:
    """Sweep a folder, print the counts, and return the exit status."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print(f"found {' '.join(arguments) or 'nothing'}, expected a folder of templates", file=sys.stderr)
        return 2
    made = sweep(Path(arguments[0]))
    print("\n".join(made.lines()))
    return 1 if made.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
