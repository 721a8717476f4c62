"""Words: what every face says in the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import KNOWN_AFTER_APPLY, StackPath, spelt
from pipeline.review.masks import concealed
from pipeline.review.model import STACK_TAGS, Change, PropertyChange, Review, Risk
from pipeline.review.verdict import ERROR, RISKY, Verdict

LONGEST = 160
STACKS = "listed as nested stacks, for what may change in them"
READERS = "that AWS may list, for they read from what changes in place"
NOT_TOLD = "values not told"
LEGIBLE = 60
CONTEXT = 12
"""How much is told of what two long values begin with alike."""
SIGNS = {
    "add": "+",
    "change": "~",
    "replace": "±",
    "may replace": "±?",
    "remove": "-",
    "import": "↓",
    "take note": "=",
    "other": "?",
}
COUNTED = {
    "add": "to add",
    "change": "to change",
    "replace": "to replace",
    "may replace": "that may be replaced",
    "remove": "to remove",
    "import": "to import",
    "take note": "to take note of as they are",
    "other": "whose action is open",
}


def headline(review: Review, verdict: Verdict) -> str:
    """The verdict in a line."""
    if verdict.code == ERROR:
        return "Cannot be judged"
    if verdict.code == RISKY:
        number = len(verdict.blocking)
        together = sum(1 for each in told(verdict) if each.mode == "blocks")
        listed = f", listed as {together}" if together < number else ""
        return f"Stop: {number} {'risk' if number == 1 else 'risks'} not accepted{listed}"
    if not review.changes and all(each.kind == "NO_CHANGES" for each in review.findings):
        return "No changes"
    number = len(verdict.warnings) + len(verdict.accepted)
    return f"Safe to execute{f', with {number} known' if number else ''}"


def doing(change: Change) -> str:
    """What happens to a resource, replacements by their own name."""
    if change.action == "Add":
        return "add"
    if change.action == "Remove":
        return "remove"
    if change.action == "Import":
        return "import"
    if change.action == "SyncWithActual":
        return "take note"
    if change.action != "Modify" and (change.action != "Dynamic" or not change.replacement):
        return "other"
    return {"True": "replace", "Conditional": "may replace"}.get(change.replacement or "", "change")


@dataclass(frozen=True)
class Told:
    """A risk that one or several resources carry in the same way, and what becomes of it."""

    risk: Risk
    mode: str
    changes: list[Change]

    @property
    def others(self) -> list[str]:
        """The resources after the first."""
        return [change.id for change in self.changes[1:]]

    @property
    def because(self) -> str:
        """Where it comes from; where that differs, the end that all have in common."""
        found = [chain(change.cause, change.chain) for change in self.changes]
        ends = {each.rpartition(" ← ")[2] for each in found}
        return found[0] if len(set(found)) == 1 else ends.pop() if len(ends) == 1 else ""


def told(verdict: Verdict) -> list[Told]:
    """The risks of a verdict, those that read the same together."""
    found: dict[tuple[Risk, str], list[Change]] = {}
    for change, risk, mode in verdict.risks():
        found.setdefault((risk, mode), []).append(change)
    return [Told(risk, mode, changes) for (risk, mode), changes in found.items()]


def counts(changes: Sequence[Change]) -> str:
    """How many resources are added, changed, replaced and so on."""
    found = Counter(doing(change) for change in changes)
    return (
        ", ".join(f"{found[name]} {label}" for name, label in COUNTED.items() if found[name]) or "no changes"
    )


def certain(changes: Sequence[Change]) -> list[Change]:
    """The changes that AWS does not list on mere suspicion."""
    return [change for change in changes if not change.uncertain]


def summary(review: Review, verdict: Verdict) -> str:
    """A review in one line, for where there is room for no more."""
    return f"{headline(review, verdict)}; {counts(certain(review.changes))}"


def tally(review: Review) -> str:
    """What happens to how many resources, and how many it leaves alone where that is known."""
    found = counts(certain(review.changes))
    if any(change.uncertain for change in review.changes) and not certain(review.changes):
        found = "nothing that is known to change"
    return f"{found}; {review.unchanged} unchanged" if review.unchanged else found


def noise(review: Review) -> dict[str, list[tuple[str, str]]]:
    """What AWS lists, or may list, though nothing is known to change: why, and each with what it reads."""
    found: dict[str, list[tuple[str, str]]] = {}
    for change in review.changes:
        if change.uncertain:
            why = STACKS if change.type == STACK_TYPE else READERS
            found.setdefault(why, []).append((change.id, ", ".join(change.chain)))
    for each in review.possible:
        found.setdefault(READERS, []).append((each.id, each.because))
    return dict(sorted(found.items(), reverse=True))


def tagged(changes: Sequence[Change]) -> dict[tuple[str, ...], list[Change]]:
    """The resources that change in nothing but the tags of their stack, by what changes of these."""
    found: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        if only_tagged(change):
            told = tuple(edit(change, place) for place in change.properties)
            found.setdefault(told, []).append(change)
    return found


def only_tagged(change: Change) -> bool:
    """Tell whether nothing changes of a resource but the tags that its stack hands down."""
    return (
        change.action == "Modify"
        and bool(change.properties)
        and not change.risks
        and not change.notes
        and all(each.cause == STACK_TAGS for each in change.properties)
    )


def edit(change: Change, place: PropertyChange, longest: int = LONGEST) -> str:
    """A place with what it was and what it becomes."""
    before, after = before_and_after(change, place, longest)
    return f"{place_name(place)}: {f'{before} → {after}' if not place.hidden else NOT_TOLD}"


def place_name(place: PropertyChange) -> str:
    """A place of a resource as people look for it: a property by its path, an attribute with it."""
    if place.scope in ("Properties", "Tags") or place.path.split("/")[0] == place.scope:
        return place.path
    return f"{place.scope}/{place.path}"


def settings(review: Review) -> list[tuple[str, str, list[str]]]:
    """What the change sets were made with, what several share told once with the names of all."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in review.facts:
        found.setdefault((each.name, each.told), []).append(each.subject)
    return [(name, told, subjects) for (name, told), subjects in found.items()]


def unused(verdict: Verdict) -> list[str]:
    """What was accepted and is no risk: a slip, or a risk that is gone."""
    if not verdict.unused:
        return []
    import difflib  # noqa: PLC0415 # nothing else compares words

    known = sorted(f"{risk.kind}:{change.id}" for change, risk, _ in verdict.risks())
    found = []
    for each in verdict.unused:
        near = difflib.get_close_matches(each, known, 1)
        found.append(f"accepted but not found: {each}{f'; did you mean {near[0]}?' if near else ''}")
    return found


def stack_name(path: StackPath) -> str:
    """A stack by where it is nested."""
    return "/".join(path) or "root"


def fate(change: Change) -> str:
    """What becomes of the old resource, in words."""
    return {
        "Delete": "deleted",
        "Retain": "kept, outside any stack",
        "Snapshot": "deleted after a snapshot",
        "ReplaceAndDelete": "old one deleted",
        "ReplaceAndRetain": "old one kept, outside any stack",
        "ReplaceAndSnapshot": "old one deleted after a snapshot",
    }.get(change.policy_action or "", change.policy_action or "")


def chain(cause: str | None, links: Sequence[str]) -> str:
    """Where a change comes from, link by link."""
    told = list(
        dict.fromkeys([*links, *([cause] if cause and not any(cause in link for link in links) else [])])
    )
    return " ← ".join(told)


def before_and_after(change: Change, place: PropertyChange, longest: int = LONGEST) -> tuple[str, str]:
    """The values of a place, secrets hidden, cut to a length that reads."""
    if place.hidden:
        return NOT_TOLD, NOT_TOLD
    before, after = (
        " ".join(later(spelt(concealed(change, place.path, side))).split())
        for side in (place.before, place.after)
    )
    if place.cause is not None and before == after:
        return shortened(before, longest), "its successor's"
    # Where both begin alike, what differs would be cut off, or be hard to find; only a page has room for all.
    if max(len(before), len(after)) <= (min(longest, LEGIBLE) if longest <= LONGEST else longest):
        return before, after
    shorter = min(len(before), len(after))
    alike = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    if alike > CONTEXT:
        start = alike - CONTEXT
        before, after = (f"…{told[start:]}" if len(told) > start else told for told in (before, after))
    return shortened(before, longest), shortened(after, longest)


def later(told: str) -> str:
    """A text with what AWS will know only once the change is made in words."""
    return told.replace(KNOWN_AFTER_APPLY, "(known later)")


def shortened(told: str, longest: int) -> str:
    """A value on one line, no longer than is sensible."""
    line = " ".join(later(told).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
