"""A review as a comment in Markdown on a pull request, no longer than one may be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass

from pipeline.review.model import Review
from pipeline.review.renderers import view, wording
from pipeline.review.renderers.entries import FactView, RiskView
from pipeline.review.renderers.view import ResourceView, VersionsView, View
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
    """Return the review, without its least important parts where it would be too long."""
    shown = view.of(review, verdict)
    kept, room, left = list(head(shown)), limit - ROOM_FOR_NOTES, Counter[str]()
    room -= size("\n".join(kept))
    for part in parts(shown):
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


def size(content: str) -> int:
    """Return the length of a text in bytes."""
    return len(content.encode())


def head(shown: View) -> Iterator[str]:
    """Yield the verdict, the title and the counts."""
    mark = {ERROR: "⛔", RISKY: "🛑"}.get(shown.code, "✅")
    yield f"## {mark} {text(shown.headline)}\n"
    yield f"{text(shown.title)}  "
    yield shown.tally
    yield from (f"\n**{text(fault)}**" for fault in shown.faults)


def parts(shown: View) -> Iterator[Part]:
    """Yield the parts after the verdict, the most important first."""
    risks = [risk_item(number, risk) for number, risk in enumerate(shown.risks, 1)]
    yield Part("risks", risks, head="\n### Risks\n")
    linked = {resource for risk in shown.risks for resource in risk.resources}
    for stack in shown.stacks:
        title = f"Stack {html(stack.name)}: {stack.counts}"
        yield Part("resources", [row(resource, linked) for resource in stack.resources], title, TABLE)
        if stack.versions:
            title = f"Stack {html(stack.name)}: {stack.versions.title}"
            yield Part("functions with a new version", list(versions(stack.versions)), title)
    for tagged in shown.tagged:
        title = f"{len(tagged.resources)} only in tags of the stack: {html('; '.join(tagged.edits))}"
        names = [f"- {code(name)}" for name in tagged.resources]
        yield Part("resources that change only in tags", names, title)
    for group in shown.possible:
        names = [f"- {code(name)}" for name, _ in group.resources]
        yield Part("that need not change", names, f"{len(names)} more {group.reason}")
    yield Part("facts", list(notes(shown)))
    yield Part("settings", list(settings(shown)), "Made with")


def risk_item(number: int, risk: RiskView) -> str:
    """Return an entry as an item of a numbered list."""
    tail = "" if risk.mode == "blocks" else f" *({risk.mode})*"
    several = len(risk.resources) > 1
    subject = f"**{text(risk.subject)}**" if several else link(risk.subject)
    lines = [f"{number}. [**{text(risk.kind)}**]({wording.CLASSES}#{risk.kind.lower()}) {subject}{tail}"]
    for fact in risk.facts:
        names = f": {', '.join(link(resource) for resource in fact.resources)}" if several else ""
        lines.append(f"   - {text(fact.reason)}{edit(fact)}{names}")
    if risk.because:
        lines.append(f"   - because of {code(risk.because)}")
    lines += [f"   - to have it judged: {text(remedy)}" for remedy in risk.remedies]
    lines += [f"   - accept: {code(option)}" for option in risk.accept]
    return "\n".join(lines)


def edit(fact: FactView) -> str:
    """Return the values of a risk before and after, if there are any."""
    if not (fact.before or fact.after):
        return ""
    before, after = (wording.shortened(side or "none", 300) for side in (fact.before, fact.after))
    return f" ({code(before)} → {code(after)})"


def link(resource: str) -> str:
    """Return the id of a resource, with a link to its row."""
    return f"[{code(resource)}](#{wording.anchor(resource)})"


def anchor(resource: str) -> str:
    """Return the place that links to a resource lead to."""
    return f'<a name="{wording.anchor(resource)}"></a>'


def row(resource: ResourceView, linked: Container[str]) -> str:
    """Return resources as a row of the table, with as many of their places as a cell has room for."""
    needs = {"Always": " **forces replacement**", "Conditionally": " *may force replacement*"}
    lines = [resource.fate] if resource.fate else []
    for place in resource.places[:PLACES]:
        before, after = place.values(60)
        values = wording.NOT_TOLD if place.hidden else f"{code(before, bars=True)} → {code(after, bars=True)}"
        because = f" ← {code(place.cause, bars=True)}" if place.cause else ""
        lines.append(f"{code(place.name, bars=True)}: {values}{needs.get(place.requires, '')}{because}")
    if len(resource.places) > PLACES:
        lines.append(f"… {len(resource.places) - PLACES} more")
    lines += [f"*{text(note)}*" for note in resource.notes]
    places = "".join(anchor(id_) for id_ in resource.ids if id_ in linked)
    names = "<br>".join(code(name, bars=True) for name in resource.names)
    return f"| {resource.sign} | {places}{names} | {text(resource.type)} | {'<br>'.join(lines)} |"


def versions(shown: VersionsView) -> Iterator[str]:
    """Yield the functions that get a new version, each with what changes because of it."""
    for function, resources in shown.functions:
        changes = [f"{resource.sign} {code(name)}" for resource in resources for name in resource.names]
        yield f"- {code(function)}: {', '.join(changes)}"


def notes(shown: View) -> Iterator[str]:
    """Yield the findings and notes that belong to no resource."""
    for finding in shown.findings:
        yield f"- {finding.kind} {code(finding.place)}: {text(finding.reason)}"
    yield from (f"- {text(unused)}" for unused in shown.unused)
    yield from (f"- {text(note)}" for note in shown.notes)


def settings(shown: View) -> Iterator[str]:
    """Yield the settings of the change sets."""
    for setting in shown.settings:
        stacks = ", ".join(code(stack) for stack in setting.stacks)
        yield f"- {text(setting.name)} of {stacks}: {code(setting.value or 'none')}"


def text(content: str) -> str:
    """Return the text of others, escaped, so that none of it is taken for markup or for a mention."""
    escaped = SPECIAL.sub(r"\\\1", flat(content)).replace("\\<", "&lt;").replace("\\>", "&gt;")
    return AUTOLINK.sub("\\1\u200b", escaped.replace("@", "@\u200b"))


def code(content: str, *, bars: bool = False) -> str:
    """Return the text of others as code; `bars` escapes the bars that would end the cell of a table."""
    inside = flat(content).replace("|", "\\|") if bars else flat(content)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", inside)), default=0) + 1)
    pad = " " if inside.startswith("`") or inside.endswith("`") or not inside else ""
    return f"{fence}{pad}{inside}{pad}{fence}"


def html(content: str) -> str:
    """Return text within the few tags that a comment may contain."""
    escaped = flat(content).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return AUTOLINK.sub("\\1\u200b", escaped.replace("@", "@\u200b"))


def flat(content: str) -> str:
    """Return a text on one line."""
    return "".join(letter if letter.isprintable() else " " for letter in content)
