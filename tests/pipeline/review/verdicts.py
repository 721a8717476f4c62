"""Verdicts: reviews as lines that say everything a person relies on, and such lines as people write them."""

from __future__ import annotations

from pipeline.review.model import Change, Review

MARKS = {"Always": "!", "Conditionally": "?", "Never": ""}


def verdicts(review: Review) -> set[str]:
    """A review as lines: id, action or replacement, policy, (what changes), risks, <cause.

    What forces a replacement ends in `!`, what may force one in `?`.
    """
    return {verdict(change) for change in review.changes}


def verdict(change: Change) -> str:
    """A change as a line."""
    marks = {each.name: MARKS[each.requires] for each in change.properties}
    changed = ",".join(f"{name}{marks[name]}" for name in sorted(marks))
    parts = [
        change.id,
        change.replacement or change.action,
        change.policy_action or "",
        f"({changed})" if changed else "",
        *sorted({risk.kind for risk in change.risks}),
        f"<{change.cause}" if change.cause else "",
    ]
    return " ".join(part for part in parts if part)


def expected(*blocks: str) -> set[str]:
    """Lines as a set, risks in any order; `;` ends a line as well."""
    text = "\n".join(blocks).replace(";", "\n")
    return {ordered(line) for line in text.splitlines() if line.strip()}


def ordered(line: str) -> str:
    """A line with its risks sorted, which are its words in capitals."""
    name, *words = line.split()
    risks = sorted(word for word in words if word.replace("_", "").isalpha() and word.isupper())
    others = [word for word in words if word not in risks and not word.startswith("<")]
    return " ".join([name, *others, *risks, *(word for word in words if word.startswith("<"))])
