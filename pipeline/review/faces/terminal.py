"""Terminal: a review as lines of text, verdict and counts first."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator

from pipeline.review.faces import words
from pipeline.review.model import Change, PropertyChange, Review
from pipeline.review.verdict import ERROR, RISKY, Verdict

COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "bold": 1, "dim": 2}
OF_DOING = {"add": "green", "remove": "red", "replace": "red", "may replace": "yellow", "change": "yellow"}
# Where the width is not known, as in a log, that of most; beyond, lines are hard to follow.
USUAL, WIDEST = 80, 110
FEW = 12


class Ink:
    """Colour, where it is wanted."""

    def __init__(self, *, wanted: bool) -> None:
        self.wanted = wanted

    def __call__(self, told: str, *colours: str) -> str:
        """A text in some colours."""
        codes = ";".join(str(COLOURS[each]) for each in colours if each in COLOURS)
        return f"\033[{codes}m{told}\033[0m" if self.wanted and codes else told


def rendered(review: Review, verdict: Verdict, *, colour: bool = False) -> str:
    """The whole review as text."""
    ink = Ink(wanted=colour)
    return "\n".join(printable(line) for line in lines(review, verdict, ink)) + "\n"


def printable(line: str) -> str:
    """A line without control characters of others; only our own colours stay."""
    return "".join(letter for letter in line if letter.isprintable() or letter == "\033")


def lines(review: Review, verdict: Verdict, ink: Ink) -> Iterator[str]:
    """The whole review, line by line."""
    colour = {ERROR: "red", RISKY: "red"}.get(verdict.code, "green")
    yield ink(words.headline(verdict), "bold", colour)
    yield safe(review.title)
    yield f"{words.counts(words.certain(review.changes))}; {review.unchanged} unchanged"
    for fault in verdict.faults:
        yield ink(f"! {safe(fault)}", "red")
    yield from risks(verdict, ink)
    for path, changes in review.stacks().items():
        own = words.certain(changes)
        if own:
            yield ""
            yield ink(f"Stack {words.stack_name(path)}", "bold") + f": {words.counts(own)}"
            for change in own:
                yield from resource(change, ink)
    yield from noise(review, ink)
    yield from rest(review, verdict, ink)


def risks(verdict: Verdict, ink: Ink) -> Iterator[str]:
    """The risks, numbered, each with what it was, what it becomes and why."""
    found = words.told(verdict)
    if found:
        yield ""
        yield ink("Risks", "bold")
    for number, each in enumerate(found, 1):
        first, risk = each.changes[0], each.risk
        mark = {"blocks": "red", "warns": "yellow"}.get(each.mode, "dim")
        tail = "" if each.mode == "blocks" else f"  [{each.mode}]"
        kind, of_type = ink(risk.kind, mark, "bold"), ink(safe(first.type), "dim")
        yield f"{number:3}. {kind}  {safe(first.id)}  {of_type}{tail}"
        yield from wrapped(safe(risk.reason), "     ")
        if risk.before or risk.after:
            yield from wrapped(safe(words.shortened(risk.before, 400)), "     before: ")
            yield from wrapped(safe(words.shortened(risk.after, 400)), "     after:  ")
        if each.because:
            yield from wrapped(safe(each.because), "     because of: ")
        if each.others:
            yield from wrapped(safe(", ".join(each.others)), f"     and {len(each.others)} more: ")


def resource(change: Change, ink: Ink) -> Iterator[str]:
    """One resource, with each place of it that changes."""
    what = words.doing(change)
    facts = [each for each in (what if what != "change" else "", words.fate(change)) if each]
    tail = f"  ({'; '.join(facts)})" if facts else ""
    sign = ink(f"{words.SIGNS[what]:<2}", OF_DOING.get(what, ""))
    yield f"  {sign} {safe(change.resource)}  {ink(safe(change.type), 'dim')}{tail}"
    for place in change.properties[:FEW]:
        yield from spot(change, place, ink)
    if len(change.properties) > FEW:
        yield f"       … and {len(change.properties) - FEW} more places"
    for note in change.notes:
        yield ink(f"       {safe(note)}", "dim")


def spot(change: Change, place: PropertyChange, ink: Ink) -> Iterator[str]:
    """A place that changes: its values, what it forces, and what caused it."""
    before, after = words.before_and_after(change, place, max(20, width() // 2))
    label = place.path if place.scope in ("Properties", "Tags") else place.scope
    needs = {"Always": ("forces replacement", "red"), "Conditionally": ("may force replacement", "yellow")}
    forced, colour = needs.get(place.requires, ("", ""))
    because = f"← {safe(place.cause)}" if place.cause else ""
    told = " ".join(
        each for each in (f"{safe(label)}: {safe(before)} → {safe(after)}", forced, because) if each
    )
    # Colours come after the wrapping, which would count them as letters.
    for line in wrapped(told, " " * 7, " " * 9):
        lit = line.replace(forced, ink(forced, colour)) if forced else line
        yield lit.replace(because, ink(because, "dim")) if because else lit


def noise(review: Review, ink: Ink) -> Iterator[str]:
    """What AWS lists, or may list, though nothing is known to change: counted and named only."""
    uncertain = [change.id for change in review.changes if change.uncertain]
    names = [*uncertain, *(each.id for each in review.possible)]
    if names:
        yield ""
        told = (
            f"{len(names)} more read from what changes in place; AWS may list them, and nothing need happen:"
        )
        yield from (ink(line, "dim") for line in wrapped(f"{told} {', '.join(names)}", ""))


def rest(review: Review, verdict: Verdict, ink: Ink) -> Iterator[str]:
    """Facts that belong to no resource."""
    if review.findings or verdict.unused or review.notes:
        yield ""
    for finding in review.findings:
        place = f"{words.stack_name(finding.stack)}/{finding.subject}"
        yield ink(safe(f"{finding.kind} {place}: {finding.reason}"), "dim")
    for each in verdict.unused:
        yield ink(f"accepted but not found: {safe(each)}", "yellow")
    for note in review.notes:
        yield ink(safe(note), "dim")


def wrapped(told: str, label: str, hang: str = "") -> list[str]:
    """A paragraph under its label, or with `hang` before all lines but the first."""
    hang = hang or " " * len(label)
    return textwrap.wrap(told, width(), initial_indent=label, subsequent_indent=hang) or [label]


def width() -> int:
    """How many letters a line has room for."""
    return min(WIDEST, shutil.get_terminal_size((USUAL, 24)).columns)


def safe(told: str) -> str:
    """Text of others without anything that moves the cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in told)
