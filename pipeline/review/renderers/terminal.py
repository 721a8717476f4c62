"""Terminal: a review as lines of text, verdict and counts first."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

from pipeline.review.model import Change, PropertyChange, Review
from pipeline.review.renderers import wording
from pipeline.review.verdict import ERROR, RISKY, Verdict

COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "bold": 1, "dim": 2}
OF_DOING = {"add": "green", "remove": "red", "replace": "red", "may replace": "yellow", "change": "yellow"}
NEEDS = {"Always": ("forces replacement", "red"), "Conditionally": ("may force replacement", "yellow")}
# Where the width is not known, as in a log, that of most; beyond, lines are hard to follow.
USUAL, NARROWEST, WIDEST = 80, 30, 110
FEW = 12
SETTINGS = 6
"""How many settings of change sets are worth their lines; the page has all of them."""


class Ink:
    """Colour, where it is wanted, on lines as wide as the terminal."""

    def __init__(self, *, wanted: bool) -> None:
        self.wanted = wanted
        self.width = min(max(shutil.get_terminal_size((USUAL, 24)).columns, NARROWEST), WIDEST)

    def __call__(self, told: str, *colours: str) -> str:
        """A text in some colours."""
        codes = ";".join(str(COLOURS[each]) for each in colours if each in COLOURS)
        return f"\033[{codes}m{told}\033[0m" if self.wanted and codes else told

    def wrapped(self, told: str, label: str, hang: str = "") -> list[str]:
        """A paragraph under its label, or with `hang` before all lines but the first."""
        hang = hang or " " * len(label)
        if len(label) + len(told) <= self.width:
            return [label + told]
        return textwrap.wrap(
            told, self.width, initial_indent=label, subsequent_indent=hang, break_on_hyphens=False
        ) or [label]

    def flowing(self, parts: Sequence[tuple[str, str]], label: str) -> Iterator[str]:
        """Parts of a line side by side, each in its colour; what has no more room goes below, indented."""
        line, used, indent, begun = label, len(label), " " * (len(label) + 2), False
        for told, colour in parts:
            if not told:
                continue
            if begun and used + 2 + len(told) > self.width:
                yield line
                line, used, begun = indent, len(indent), False
            if not begun and used + len(told) > self.width:
                *whole, last = self.wrapped(told, line, indent)
                yield from whole
                line, used = last, len(last)
            else:
                gap = "  " if begun else ""
                line, used = f"{line}{gap}{self(told, colour)}", used + len(gap) + len(told)
            begun = True
        yield line


def rendered(review: Review, verdict: Verdict, *, colour: bool = False) -> str:
    """The whole review as text."""
    ink = Ink(wanted=colour)
    return "\n".join(printable(line) for line in lines(review, verdict, ink)) + "\n"


def printable(line: str) -> str:
    """A line without control characters of others; only our own colours stay."""
    if line.isprintable():
        return line
    return "".join(letter for letter in line if letter.isprintable() or letter == "\033")


def lines(review: Review, verdict: Verdict, ink: Ink) -> Iterator[str]:
    """The whole review, line by line."""
    colour = {ERROR: "red", RISKY: "red"}.get(verdict.code, "green")
    yield from (
        ink(line, "bold", colour) for line in ink.wrapped(wording.headline(review, verdict), "", "  ")
    )
    yield from ink.wrapped(safe(review.title), "", "  ")
    yield from ink.wrapped(wording.tally(review), "", "  ")
    for fault in verdict.faults:
        yield from (ink(line, "red") for line in ink.wrapped(safe(fault), "! "))
    yield from risks(verdict, ink)
    for path, changes in review.stacks().items():
        own = wording.certain(changes)
        if own:
            yield ""
            counts = f"Stack {safe(wording.stack_name(path))}: {wording.counts(own)}"
            yield from (ink(line, "bold") for line in ink.wrapped(counts, "", "  "))
            for change in own:
                if not wording.only_tagged(change):
                    yield from resource(change, ink)
    yield from tags(review, ink)
    yield from noise(review, ink)
    yield from rest(review, verdict, ink)


def risks(verdict: Verdict, ink: Ink) -> Iterator[str]:
    """The risks, numbered, each with what it was, what it becomes and why."""
    found = wording.told(verdict)
    if found:
        yield ""
        yield ink("Risks", "bold")
    for number, each in enumerate(found, 1):
        first, risk = each.changes[0], each.risk
        mark = {"blocks": "red", "warns": "yellow"}.get(each.mode, "dim")
        tail = "" if each.mode == "blocks" else f"[{each.mode}]"
        head = [(risk.kind, mark), (safe(first.id), "bold"), (safe(first.type), "dim"), (tail, "")]
        yield from ink.flowing(head, f"{number:3}. ")
        yield from ink.wrapped(safe(wording.later(risk.reason)), "     ")
        if risk.before or risk.after:
            for label, value in (("before: ", risk.before), ("after:  ", risk.after)):
                yield from ink.wrapped(safe(wording.shortened(value or "none", 400)), f"     {label}")
        if each.because:
            yield from ink.wrapped(safe(each.because), "     because of: ")
        if each.others:
            yield from ink.wrapped(safe(", ".join(each.others)), f"     and {len(each.others)} more: ")


def resource(change: Change, ink: Ink) -> Iterator[str]:
    """One resource, with each place of it that changes."""
    what = wording.doing(change)
    facts = [each for each in (what if what != "change" else "", wording.fate(change)) if each]
    tail = f"({safe('; '.join(facts))})" if facts else ""
    lead = f"  {wording.SIGNS[what]:<2} "
    head = [(safe(change.resource), ""), (safe(change.type), "dim"), (tail, OF_DOING.get(what, ""))]
    first, *others = ink.flowing(head, lead)
    yield ink(lead, OF_DOING.get(what, "")) + first.removeprefix(lead)
    yield from others
    for place in change.properties[:FEW]:
        yield from spot(change, place, ink)
    if len(change.properties) > FEW:
        yield f"       … and {len(change.properties) - FEW} more places"
    for note in change.notes:
        yield from (ink(line, "dim") for line in ink.wrapped(safe(note), "       ", " " * 9))


def spot(change: Change, place: PropertyChange, ink: Ink) -> Iterator[str]:
    """A place that changes: its values, what it forces, and what caused it."""
    because = f"← {safe(place.cause)}" if place.cause else ""
    told = safe(wording.edit(change, place))
    yield from ink.flowing([(told, ""), NEEDS.get(place.requires, ("", "")), (because, "dim")], " " * 7)


def tags(review: Review, ink: Ink) -> Iterator[str]:
    """The resources that change only in the tags that their stack hands down, all together."""
    for edits, changes in wording.tagged(review.changes).items():
        yield ""
        number = f"{len(changes)} {'changes' if len(changes) == 1 else 'change'}"
        yield from ink.wrapped(safe(f"{number} only in tags of the stack: {'; '.join(edits)}"), "", "  ")
        names = safe(", ".join(change.id for change in changes))
        yield from (ink(line, "dim") for line in ink.wrapped(names, "  "))


def noise(review: Review, ink: Ink) -> Iterator[str]:
    """What AWS lists, or may list, though nothing is known to change: counted and named only."""
    for why, found in wording.noise(review).items():
        yield ""
        told = safe(f"{len(found)} more {why}: {', '.join(name for name, _ in found)}")
        yield from (ink(line, "dim") for line in ink.wrapped(told, "", "  "))


def rest(review: Review, verdict: Verdict, ink: Ink) -> Iterator[str]:
    """Facts that belong to no resource, and last what the change sets were made with."""
    unused, settings = wording.unused(verdict), wording.settings(review)
    if review.findings or unused or review.notes:
        yield ""
    for finding in review.findings:
        place = f"{wording.stack_name(finding.stack)}/{finding.subject}"
        told = safe(f"{finding.kind} {place}: {finding.reason}")
        yield from (ink(line, "dim") for line in ink.wrapped(told, "", "  "))
    for each in unused:
        yield from (ink(line, "yellow") for line in ink.wrapped(safe(each), "", "  "))
    for note in review.notes:
        yield from (ink(line, "dim") for line in ink.wrapped(safe(note), "", "  "))
    if settings:
        yield ""
        yield ink("Made with", "dim")
    for name, told, subjects in settings[:SETTINGS]:
        of = f" ({len(subjects)} stacks)" if len(subjects) > 1 else ""
        line = wording.shortened(safe(f"{name}{of}: {told}"), ink.width - 2)
        yield ink(f"  {line}", "dim")
    if len(settings) > SETTINGS:
        yield ink(f"  … and {len(settings) - SETTINGS} more, on the page", "dim")


def safe(told: str) -> str:
    """Text of others without anything that moves the cursor or turns the direction of reading."""
    if told.isprintable():
        return told
    return "".join(letter if letter.isprintable() else " " for letter in told)
