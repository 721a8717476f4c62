"""A review as lines of text for a terminal or a log, verdict and counts first."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

from pipeline.review.model import Review
from pipeline.review.renderers import view, wording
from pipeline.review.renderers.entries import FactView, RiskView
from pipeline.review.renderers.view import PlaceView, ResourceView, VersionsView, View
from pipeline.review.verdict import ERROR, RISKY, Verdict

COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "bold": 1, "dim": 2}
OF_DOING = {"add": "green", "remove": "red", "replace": "red", "may replace": "yellow", "change": "yellow"}
NEEDS = {"Always": ("forces replacement", "red"), "Conditionally": ("may force replacement", "yellow")}
# Where the width is not known, as in a log, that of most; beyond, lines are hard to follow.
USUAL, NARROWEST, WIDEST = 80, 30, 110
FEW = 12
LONGEST_VALUE = 400
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
    """Return the whole review as text."""
    ink = Ink(wanted=colour)
    return "\n".join(printable(line) for line in lines(view.of(review, verdict), ink)) + "\n"


def printable(line: str) -> str:
    """Return a line without the control characters of others; the escape of colours stays."""
    if line.isprintable():
        return line
    return "".join(letter for letter in line if letter.isprintable() or letter == "\033")


def lines(shown: View, ink: Ink) -> Iterator[str]:
    """Yield the whole review, line by line."""
    colour = {ERROR: "red", RISKY: "red"}.get(shown.code, "green")
    yield from (ink(line, "bold", colour) for line in ink.wrapped(shown.headline, "", "  "))
    yield from ink.wrapped(safe(shown.title), "", "  ")
    yield from ink.wrapped(shown.tally, "", "  ")
    for fault in shown.faults:
        yield from (ink(line, "red") for line in ink.wrapped(safe(fault), "! "))
    yield from risks(shown, ink)
    for stack in shown.stacks:
        yield ""
        heading = f"Stack {safe(stack.name)}: {stack.counts}"
        yield from (ink(line, "bold") for line in ink.wrapped(heading, "", "  "))
        for resource in stack.resources:
            yield from resource_lines(resource, ink)
        if stack.versions:
            yield from version_lines(stack.versions, ink)
    yield from tags(shown, ink)
    yield from possible(shown, ink)
    yield from notes(shown, ink)
    yield from settings(shown, ink)


def risks(shown: View, ink: Ink) -> Iterator[str]:
    """Yield the entries of risks, numbered."""
    if shown.risks:
        yield ""
        yield ink("Risks, the worst first" if len(shown.risks) > 1 else "Risks", "bold")
    for number, risk in enumerate(shown.risks, 1):
        yield from risk_lines(number, risk, ink)


def risk_lines(number: int, risk: RiskView, ink: Ink) -> Iterator[str]:
    """Yield one entry: what it says of which resources, its cause, and the options that accept it."""
    mark = {"blocks": "red", "warns": "yellow"}.get(risk.mode, "dim")
    tail = "" if risk.mode == "blocks" else f"[{risk.mode}]"
    head = [(risk.kind, mark), (safe(risk.subject), "bold"), (safe(risk.type), "dim"), (tail, "")]
    yield from ink.flowing(head, f"{number:3}. ")
    for fact in risk.facts:
        yield from fact_lines(fact, ink)
        if len(risk.resources) > 1:
            yield from ink.wrapped(safe(", ".join(fact.resources)), "       ")
    if risk.because:
        yield from ink.wrapped(safe(risk.because), "     because of: ")
    for remedy in risk.remedies:
        yield from ink.wrapped(safe(remedy), "     to have it judged: ")
    for option in risk.accept:
        yield from (ink(line, "dim") for line in ink.wrapped(safe(option), "     "))


def fact_lines(fact: FactView, ink: Ink) -> Iterator[str]:
    """Yield a reason and its values, on one line where they fit."""
    yield from ink.wrapped(safe(fact.reason), "     ")
    if not (fact.before or fact.after):
        return
    before, after = (
        safe(wording.shortened(value or "none", LONGEST_VALUE)) for value in (fact.before, fact.after)
    )
    edit = f"     {before} → {after}"
    if len(edit) <= ink.width:
        yield edit
        return
    for label, value in (("before: ", before), ("after:  ", after)):
        yield from ink.wrapped(value, f"     {label}")


def resource_lines(resource: ResourceView, ink: Ink) -> Iterator[str]:
    """Yield the lines of resources in which the same happens, with as many places as there is room for."""
    facts = [fact for fact in (resource.doing if resource.doing != "change" else "", resource.fate) if fact]
    tail = f"({safe('; '.join(facts))})" if facts else ""
    lead, colour = f"  {resource.sign:<2} ", OF_DOING.get(resource.doing, "")
    head = [(safe(", ".join(resource.names)), ""), (safe(resource.type), "dim"), (tail, colour)]
    first, *others = ink.flowing(head, lead)
    yield ink(lead, colour) + first.removeprefix(lead)
    yield from others
    for place in resource.places[:FEW]:
        yield from place_lines(place, ink)
    if len(resource.places) > FEW:
        yield f"       … and {len(resource.places) - FEW} more places"
    for note in resource.notes:
        yield from (ink(line, "dim") for line in ink.wrapped(safe(note), "       ", " " * 9))


def version_lines(versions: VersionsView, ink: Ink) -> Iterator[str]:
    """Yield the functions that get a new version, each with what changes because of it."""
    yield f"  {wording.SIGNS['change']:<2} {versions.title}"
    for function, resources in versions.functions:
        changes = [f"{resource.sign} {safe(name)}" for resource in resources for name in resource.names]
        yield from ink.flowing([(f"{safe(function)}:", ""), *((change, "") for change in changes)], " " * 7)


def place_lines(place: PlaceView, ink: Ink) -> Iterator[str]:
    """Yield the lines of a place: its values, what it forces, and its cause."""
    because = f"← {safe(place.cause)}" if place.cause else ""
    parts = [(safe(place.edit()), ""), NEEDS.get(place.requires, ("", "")), (because, "dim")]
    yield from ink.flowing(parts, " " * 7)


def tags(shown: View, ink: Ink) -> Iterator[str]:
    """Yield the resources in which only tags of their stack change, by edit."""
    for tagged in shown.tagged:
        yield ""
        number = f"{len(tagged.resources)} {'changes' if len(tagged.resources) == 1 else 'change'}"
        heading = f"{number} only in tags of the stack: {'; '.join(tagged.edits)}"
        yield from ink.wrapped(safe(heading), "", "  ")
        names = safe(", ".join(tagged.resources))
        yield from (ink(line, "dim") for line in ink.wrapped(names, "  "))


def possible(shown: View, ink: Ink) -> Iterator[str]:
    """Yield the resources that AWS lists, or may list, although nothing is known to change in them."""
    for group in shown.possible:
        yield ""
        names = ", ".join(name for name, _ in group.resources)
        text = safe(f"{len(group.resources)} more {group.reason}: {names}")
        yield from (ink(line, "dim") for line in ink.wrapped(text, "", "  "))


def notes(shown: View, ink: Ink) -> Iterator[str]:
    """Yield the findings and notes that belong to no resource."""
    if shown.findings or shown.unused or shown.notes:
        yield ""
    for finding in shown.findings:
        text = safe(f"{finding.kind} {finding.place}: {finding.reason}")
        yield from (ink(line, "dim") for line in ink.wrapped(text, "", "  "))
    for unused in shown.unused:
        yield from (ink(line, "yellow") for line in ink.wrapped(safe(unused), "", "  "))
    for note in shown.notes:
        yield from (ink(line, "dim") for line in ink.wrapped(safe(note), "", "  "))


def settings(shown: View, ink: Ink) -> Iterator[str]:
    """Yield the settings of the change sets, a line each."""
    if shown.settings:
        yield ""
        yield ink("Made with", "dim")
    for setting in shown.settings[:SETTINGS]:
        stacks = f" ({len(setting.stacks)} stacks)" if len(setting.stacks) > 1 else ""
        line = wording.shortened(safe(f"{setting.name}{stacks}: {setting.value}"), ink.width - 2)
        yield ink(f"  {line}", "dim")
    if len(shown.settings) > SETTINGS:
        yield ink(f"  … and {len(shown.settings) - SETTINGS} more, on the page", "dim")


def safe(text: str) -> str:
    """Return the text of others without anything that moves the cursor or turns the direction of reading."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " for letter in text)
