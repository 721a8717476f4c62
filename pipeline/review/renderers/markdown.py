"""Markdown: a review as a comment on a pull request, no longer than one may be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.review.model import Change, Review
from pipeline.review.renderers import wording
from pipeline.review.verdict import ERROR, RISKY, Verdict

# GitHub takes 65,536 characters; others take as many bytes.
LIMIT = 60_000
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~-])")
# What a comment makes a link of by itself.
AUTOLINK = re.compile(r"(:(?=//)|www(?=\.))")
ROOM_FOR_NOTES = 400
PLACES = 8
OPEN, CLOSE = "\n<details><summary>{}</summary>\n", "\n</details>\n"
TABLE = "| | resource | type | changes |\n|---|---|---|---|"


@dataclass(frozen=True)
class Part:
    """Some lines that belong together, what each of them is, and what folds them up."""

    kind: str
    lines: list[str]
    fold: str = ""
    head: str = ""


def rendered(review: Review, verdict: Verdict, limit: int = LIMIT) -> str:
    """The review, its least important parts left out where it would be too long."""
    kept, room, left = list(head(review, verdict)), limit - ROOM_FOR_NOTES, Counter[str]()
    room -= size("\n".join(kept))
    for part in parts(review, verdict):
        opened = [each for each in (OPEN.format(part.fold) if part.fold else "", part.head) if each]
        closed = [CLOSE] if part.fold else []
        room -= size("\n".join([*opened, *closed])) + 2
        fitting = []
        for line in part.lines:
            if left or size(line) + 1 > room:
                left[part.kind] += 1
            else:
                fitting.append(line)
                room -= size(line) + 1
        if fitting:
            kept += [*opened, *fitting, *closed]
    if left:
        what = ", ".join(f"{number} {kind}" for kind, number in left.items())
        kept.append(f"\n**Left out here, for length: {what}.** The page and the JSON have all of them.")
    return "\n".join(kept).rstrip() + "\n"


def size(told: str) -> int:
    """How much room a text takes."""
    return len(told.encode())


def head(review: Review, verdict: Verdict) -> Iterator[str]:
    """The verdict, what it is about, and the counts."""
    mark = {ERROR: "⛔", RISKY: "🛑"}.get(verdict.code, "✅")
    yield f"## {mark} {text(wording.headline(review, verdict))}\n"
    yield f"{text(review.title)}  "
    yield wording.tally(review)
    yield from (f"\n**{text(fault)}**" for fault in verdict.faults)


def parts(review: Review, verdict: Verdict) -> Iterator[Part]:
    """The parts after the verdict, the most important first."""
    yield Part("risks", list(risks(verdict)), head="\n### Risks\n")
    for path, changes in review.stacks().items():
        own = wording.certain(changes)
        rows = [row(change) for change in own if not wording.only_tagged(change)]
        if own:
            title = f"Stack {html(wording.stack_name(path))}: {wording.counts(own)}"
            yield Part("resources", rows, title, TABLE)
    for edits, changes in wording.tagged(review.changes).items():
        title = f"{len(changes)} only in tags of the stack: {html('; '.join(edits))}"
        yield Part("resources that change only in tags", [f"- {code(each.id)}" for each in changes], title)
    for why, found in wording.noise(review).items():
        yield Part(
            "that need not change", [f"- {code(name)}" for name, _ in found], f"{len(found)} more {why}"
        )
    yield Part("facts", list(facts(review, verdict)), head="")
    yield Part("settings", list(settings(review)), "Made with")


def risks(verdict: Verdict) -> Iterator[str]:
    """The risks, numbered."""
    for number, each in enumerate(wording.told(verdict), 1):
        risk = each.risk
        tail = "" if each.mode == "blocks" else f" *({each.mode})*"
        reason = text(wording.later(risk.reason))
        lines = [f"{number}. **{risk.kind}** {code(each.changes[0].id)} {reason}{tail}"]
        if risk.before or risk.after:
            before, after = (wording.shortened(side or "none", 300) for side in (risk.before, risk.after))
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
    lines = [wording.fate(change)] if wording.fate(change) else []
    for place in change.properties[:PLACES]:
        before, after = wording.before_and_after(change, place, 60)
        values = wording.NOT_TOLD if place.hidden else f"{code(before, bars=True)} → {code(after, bars=True)}"
        because = f" ← {code(place.cause, bars=True)}" if place.cause else ""
        name = code(wording.place_name(place), bars=True)
        lines.append(f"{name}: {values}{needs.get(place.requires, '')}{because}")
    if len(change.properties) > PLACES:
        lines.append(f"… {len(change.properties) - PLACES} more")
    lines += [f"*{text(note)}*" for note in change.notes]
    cells = [
        wording.SIGNS[wording.doing(change)],
        code(change.resource, bars=True),
        text(change.type),
        "<br>".join(lines),
    ]
    return f"| {' | '.join(cells)} |"


def facts(review: Review, verdict: Verdict) -> Iterator[str]:
    """Facts that belong to no resource."""
    for finding in review.findings:
        place = f"{wording.stack_name(finding.stack)}/{finding.subject}"
        yield f"- {finding.kind} {code(place)}: {text(finding.reason)}"
    yield from (f"- {text(each)}" for each in wording.unused(verdict))
    yield from (f"- {text(note)}" for note in review.notes)


def settings(review: Review) -> Iterator[str]:
    """What the change sets were made with."""
    for name, told, subjects in wording.settings(review):
        yield f"- {text(name)} of {', '.join(code(each) for each in subjects)}: {code(told or 'none')}"


def text(told: str) -> str:
    """Text of others, so that none of it is taken for markup or for a mention."""
    escaped = SPECIAL.sub(r"\\\1", flat(told)).replace("\\<", "&lt;").replace("\\>", "&gt;")
    return AUTOLINK.sub("\\1\u200b", escaped.replace("@", "@\u200b"))


def code(told: str, *, bars: bool = False) -> str:
    """Text of others as code; in a table, where `bars` is true, a bar would end the cell."""
    inside = flat(told).replace("|", "\\|") if bars else flat(told)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", inside)), default=0) + 1)
    pad = " " if inside.startswith("`") or inside.endswith("`") or not inside else ""
    return f"{fence}{pad}{inside}{pad}{fence}"


def html(told: str) -> str:
    """Text within the few tags that a comment may hold."""
    escaped = flat(told).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return AUTOLINK.sub("\\1\u200b", escaped.replace("@", "@\u200b"))


def flat(told: str) -> str:
    """Text on one line."""
    return "".join(letter if letter.isprintable() else " " for letter in told)
