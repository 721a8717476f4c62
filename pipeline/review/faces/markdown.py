"""Markdown: a review as a comment on a pull request, no longer than one may be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.review.faces import words
from pipeline.review.model import Change, Review
from pipeline.review.verdict import ERROR, RISKY, Verdict

# GitHub takes 65,536 characters; others take as many bytes.
LIMIT = 60_000
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~-])")
ROOM_FOR_NOTES = 400
PLACES = 8
OPEN, CLOSE = "\n<details><summary>{}</summary>\n", "\n</details>\n"
TABLE = "| | resource | type | changes |\n|---|---|---|---|"


def rendered(review: Review, verdict: Verdict, limit: int = LIMIT) -> str:
    """The review, its least important parts left out where it would be too long."""
    kept, room, left = list(head(review, verdict)), limit - ROOM_FOR_NOTES, 0
    room -= size("\n".join(kept))
    for fold, lines in parts(review, verdict):
        opened = [OPEN.format(fold[0]), *fold[1:]] if fold else []
        closed = [CLOSE] if fold else []
        room -= size("\n".join([*opened, *closed])) + 2
        fitting = []
        for line in lines:
            if left or size(line) + 1 > room:
                left += 1
            else:
                fitting.append(line)
                room -= size(line) + 1
        if fitting:
            kept += [*opened, *fitting, *closed]
    if left:
        kept.append(f"\n… {left} lines are left out here; the page and the JSON have all of them.")
    return "\n".join(kept).rstrip() + "\n"


def size(told: str) -> int:
    """How much room a text takes."""
    return len(told.encode())


def head(review: Review, verdict: Verdict) -> Iterator[str]:
    """The verdict, what it is about, and the counts."""
    mark = {ERROR: "⛔", RISKY: "🛑"}.get(verdict.code, "✅")
    yield f"## {mark} {text(words.headline(verdict))}\n"
    yield f"{text(review.title)}  "
    yield f"{words.counts(words.certain(review.changes))}; {review.unchanged} unchanged"
    yield from (f"\n**{text(fault)}**" for fault in verdict.faults)


def parts(review: Review, verdict: Verdict) -> Iterator[tuple[list[str], list[str]]]:
    """The parts after the verdict, the most important first: what folds them up, and their lines."""
    yield [], list(risks(verdict))
    for path, changes in review.stacks().items():
        own = words.certain(changes)
        if own:
            title = f"Stack {html(words.stack_name(path))}: {words.counts(own)}"
            yield [title, TABLE], [row(change) for change in own]
    names = [
        *(change.id for change in review.changes if change.uncertain),
        *(each.id for each in review.possible),
    ]
    if names:
        yield (
            [f"{len(names)} that AWS may list though nothing need happen"],
            [f"- {code(name)}" for name in names],
        )
    yield [], list(facts(review, verdict))


def risks(verdict: Verdict) -> Iterator[str]:
    """The risks, numbered."""
    found = words.told(verdict)
    if found:
        yield "\n### Risks\n"
    for number, each in enumerate(found, 1):
        risk = each.risk
        tail = "" if each.mode == "blocks" else f" *({each.mode})*"
        lines = [f"{number}. **{risk.kind}** {code(each.changes[0].id)} {text(risk.reason)}{tail}"]
        if risk.before or risk.after:
            before, after = (words.shortened(side, 300) for side in (risk.before, risk.after))
            lines += [f"   - before: {code(before)}", f"   - after: {code(after)}"]
        if each.because:
            lines.append(f"   - because of: {code(each.because)}")
        if each.others:
            lines.append(
                f"   - and {len(each.others)} more: {', '.join(code(other) for other in each.others)}"
            )
        yield "\n".join(lines)


def row(change: Change) -> str:
    """A resource as a row of the table."""
    needs = {"Always": " **forces replacement**", "Conditionally": " *may force replacement*"}
    lines = [words.fate(change)] if words.fate(change) else []
    for place in change.properties[:PLACES]:
        before, after = words.before_and_after(change, place, 60)
        lines.append(f"{code(place.path)}: {code(before)} → {code(after)}{needs.get(place.requires, '')}")
    if len(change.properties) > PLACES:
        lines.append(f"… {len(change.properties) - PLACES} more")
    cells = [words.SIGNS[words.doing(change)], code(change.resource), text(change.type), "<br>".join(lines)]
    return f"| {' | '.join(cells)} |"


def facts(review: Review, verdict: Verdict) -> Iterator[str]:
    """Facts that belong to no resource."""
    for finding in review.findings:
        place = f"{words.stack_name(finding.stack)}/{finding.subject}"
        yield f"- {finding.kind} {code(place)}: {text(finding.reason)}"
    yield from (f"- accepted but not found: {code(each)}" for each in verdict.unused)
    yield from (f"- {text(note)}" for note in review.notes)


def text(told: str) -> str:
    """Text of others, so that none of it is taken for markup or for a mention."""
    escaped = SPECIAL.sub(r"\\\1", flat(told)).replace("\\<", "&lt;").replace("\\>", "&gt;")
    return escaped.replace("@", "@\u200b")


def code(told: str) -> str:
    """Text of others as code; in a table, a bar would end the cell."""
    inside = flat(told).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", inside)), default=0) + 1)
    pad = " " if inside.startswith("`") or inside.endswith("`") or not inside else ""
    return f"{fence}{pad}{inside}{pad}{fence}"


def html(told: str) -> str:
    """Text within the few tags that a comment may hold."""
    return flat(told).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def flat(told: str) -> str:
    """Text on one line."""
    return "".join(letter if letter.isprintable() else " " for letter in told)
