"""Words: what every face says in the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.review.masks import concealed
from pipeline.review.model import Change, PropertyChange, Review, Risk
from pipeline.review.values import KNOWN_AFTER_APPLY, Path, spelt
from pipeline.review.verdict import ERROR, RISKY, Verdict

LONGEST = 160
CONTEXT = 12
"""How much is told of what two long values begin with alike."""
SIGNS = {
    "add": "+",
    "change": "~",
    "replace": "±",
    "may replace": "±?",
    "remove": "-",
    "import": "↓",
    "other": "?",
}
COUNTED = {
    "add": "to add",
    "change": "to change",
    "replace": "to replace",
    "may replace": "that may be replaced",
    "remove": "to remove",
    "import": "to import",
    "other": "whose action is open",
}


def headline(verdict: Verdict) -> str:
    """The verdict in a line."""
    if verdict.code == ERROR:
        return "Cannot be judged"
    if verdict.code == RISKY:
        number = len(verdict.blocking)
        together = sum(1 for each in told(verdict) if each.mode == "blocks")
        listed = f", listed as {together}" if together < number else ""
        return f"Stop: {number} {'risk' if number == 1 else 'risks'} not accepted{listed}"
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
    if change.action not in ("Modify", "Dynamic", "SyncWithActual"):
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
    return f"{headline(verdict)}; {counts(certain(review.changes))}"


def stack_name(path: Path) -> str:
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
        return "(not told)", "(not told)"
    before, after = (
        " ".join(
            spelt(concealed(change, place.path, side)).replace(KNOWN_AFTER_APPLY, "(known later)").split()
        )
        for side in (place.before, place.after)
    )
    if place.cause is not None and before == after:
        return shortened(before, longest), "its successor's"
    if max(len(before), len(after)) <= longest:
        return before, after
    # Where both begin alike, what differs would be cut off.
    alike = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    if alike > CONTEXT:
        start = alike - CONTEXT
        before, after = (f"…{told[start:]}" if len(told) > start else told for told in (before, after))
    return shortened(before, longest), shortened(after, longest)


def shortened(told: str, longest: int) -> str:
    """A value on one line, no longer than is sensible."""
    line = " ".join(told.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
