"""The words that all renderers share: for actions and counts, for places, and for values of any length."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pipeline.evaluation.values import KNOWN_AFTER_APPLY, NoValue, StackPath, Unknown, Value, spelt
from pipeline.review.masks import concealed
from pipeline.review.model import STACK_TAGS, Change, PropertyChange
from pipeline.review.prediction.labels import contrasted

CLASSES = "docs/risks.md"
"""The document about the classes of risk, with a heading for each."""
LONGEST = 160
NOT_TOLD = "values not told"
LEGIBLE = 60
# The words of a type's name: Log, Group; DB, Instance.
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")
CONTEXT = 12
"""Characters shown of the beginning that two long values share."""
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
WORST_FIRST = ("replace", "may replace", "remove", "other", "change", "import", "add", "take note")
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


def counts(changes: Sequence[Change]) -> str:
    """How many resources are added, changed, replaced and so on."""
    found = Counter(doing(change) for change in changes)
    return (
        ", ".join(f"{found[name]} {label}" for name, label in COUNTED.items() if found[name]) or "no changes"
    )


def place_name(place: PropertyChange) -> str:
    """A place of a resource as people look for it: a property by its path, an attribute with it."""
    if place.scope in ("Properties", "Tags") or place.path.split("/")[0] == place.scope:
        return place.path
    return f"{place.scope}/{place.path}"


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


def before_and_after(change: Change, place: PropertyChange) -> tuple[str, str]:
    """Return both values of a place on one line, whole, with secrets concealed."""
    if place.hidden:
        return NOT_TOLD, NOT_TOLD
    rows = contrasted(place.before, place.after)
    if rows:
        was, becomes = (
            ", ".join(f"{row[0]}: {spelt(concealed(change, place.path, row[side]))}" for row in rows)
            for side in (1, 2)
        )
        return on_one_line(was), on_one_line(becomes)
    before, after = (written_out(change, place, side) for side in (place.before, place.after))
    return before, after


def written_out(change: Change, place: PropertyChange, value: Value | NoValue) -> str:
    """Return a value on one line; each row or branch of one that is not decided."""
    if isinstance(value, Unknown) and value.choices:
        rows = (f"{row}: {spelt(concealed(change, place.path, choice))}" for row, choice in value.choices)
        return on_one_line(", ".join(rows))
    return on_one_line(spelt(concealed(change, place.path, value)))


def cut(before: str, after: str, longest: int, cause: str | None, *, follows: bool) -> tuple[str, str]:
    """Return two values of a place cut to a length that reads.

    Of values spelt alike, the cause and whether the new one refers to a resource say what the new one is.
    """
    if before == after and (cause or follows):
        outside = not follows or (cause is not None and (":" in cause or cause == STACK_TAGS))
        other = "another value" if outside else "its successor's"
        return shortened(before, longest), other
    # Where both begin alike, what differs would be cut off, or be hard to find; only a page has room for all.
    if max(len(before), len(after)) <= (min(longest, LEGIBLE) if longest <= LONGEST else longest):
        return before, after
    shorter = min(len(before), len(after))
    alike = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    if alike > CONTEXT:
        start = alike - CONTEXT
        before, after = (f"…{value[start:]}" if len(value) > start else value for value in (before, after))
    return shortened(before, longest), shortened(after, longest)


def numbered(types: Sequence[str]) -> str:
    """Return how many resources there are of each type, in words: 12 log groups and 1 bucket."""
    found = Counter(noun(resource_type) for resource_type in types)
    *most, last = (f"{number} {name if number == 1 else plural(name)}" for name, number in found.items())
    return f"{', '.join(most)} and {last}" if most else last


def noun(resource_type: str) -> str:
    """Return a type of resource in words: log group for AWS::Logs::LogGroup."""
    words = WORDS.findall(resource_type.rpartition("::")[2])
    return (
        " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words) or "resource"
    )


def plural(name: str) -> str:
    """Return the plural of a noun."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(s|x|ch|sh)$", name) else f"{name}s"


def anchor(resource: str) -> str:
    """Return the name under which a page has a resource."""
    return f"at-{re.sub('[^A-Za-z0-9]+', '-', resource)}"


def later(text: str) -> str:
    """Return a text with AWS's marker for values known after the change in words."""
    return text.replace(KNOWN_AFTER_APPLY, "(known later)")


def on_one_line(text: str) -> str:
    """Return a text on one line, its white space collapsed."""
    return " ".join(later(text).split())


def shortened(text: str, longest: int) -> str:
    """Return a text on one line, cut to a length."""
    line = on_one_line(text)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
