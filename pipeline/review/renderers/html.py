"""Page: a review as one HTML file that needs nothing else, no script either."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from pipeline.review.model import Change, PropertyChange, Review
from pipeline.review.renderers import wording
from pipeline.review.verdict import ERROR, RISKS, RISKY, Verdict

STYLE = Path(__file__).with_name("page.css")
LONGEST = 2000
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def rendered(review: Review, verdict: Verdict) -> str:
    """The whole page."""
    tone = {ERROR: "stop", RISKY: "stop"}.get(verdict.code, "safe")
    body = "\n".join(sections(review, verdict, tone))
    title = f"{wording.headline(review, verdict)} · {review.title}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{text(title)}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def sections(review: Review, verdict: Verdict, tone: str) -> Iterator[str]:
    """The page, section by section."""
    yield '<a class="skip" href="#risks">Skip to the risks</a>'
    headline = text(wording.headline(review, verdict))
    yield f'<header class="{tone}"><h1>{headline}</h1><p>{text(review.title)}</p>'
    yield f"<p>{text(wording.tally(review))}</p>"
    yield from (f'<p class="fault" role="alert">{text(fault)}</p>' for fault in verdict.faults)
    yield "</header>\n<main>"
    yield from risks(verdict)
    yield '<section aria-labelledby="stacks"><h2 id="stacks">Stacks</h2>'
    if not review.changes:
        yield "<p>Nothing changes.</p>"
    for path, changes in review.stacks().items():
        own = wording.certain(changes)
        if own:
            summary = f"<b>{text(wording.stack_name(path))}</b> {text(wording.counts(own))}"
            yield f"<details open><summary>{summary}</summary>"
            yield from (resource(change) for change in own if not wording.only_tagged(change))
            yield "</details>"
    for edits, changes in wording.tagged(review.changes).items():
        told = text(f"{len(changes)} only in tags of the stack: {'; '.join(edits)}")
        yield from folded(told, (f"<code>{text(change.id)}</code>" for change in changes))
    for why, found in wording.noise(review).items():
        yield from folded(
            text(f"{len(found)} more {why}"),
            (
                f"<code>{text(name)}</code>{f' reads {text(because)}' if because else ''}"
                for name, because in found
            ),
        )
    yield "</section>"
    yield from rest(review, verdict)
    yield "</main>"


def folded(summary: str, items: Iterable[str]) -> Iterator[str]:
    """A list under a summary that opens it."""
    yield f"<details><summary>{summary}</summary><ul>"
    yield from (f"<li>{each}</li>" for each in items)
    yield "</ul></details>"


def risks(verdict: Verdict) -> Iterator[str]:
    """The risks, numbered."""
    found = wording.told(verdict)
    yield '<section aria-labelledby="risks"><h2 id="risks">Risks</h2>'
    if not found:
        yield "<p>None that any rule knows of.</p></section>"
        return
    yield '<ol class="risks">'
    yield from (risk(each) for each in found)
    yield "</ol></section>"


def risk(told: wording.Told) -> str:
    """One risk, with what it was, what it becomes, and where that comes from."""
    found, first = told.risk, told.changes[0]
    kind, name = f'<span class="class">{text(found.kind)}</span>', f"<code>{text(first.id)}</code>"
    aside = f'<span class="type">{text(first.type)}</span> <span class="mode">{text(told.mode)}</span>'
    parts = [
        f'<li class="{text(told.mode)}"><h3>{kind} {name} {aside}</h3>',
        f"<p>{text(wording.later(found.reason))}</p>",
    ]
    if found.before or found.after:
        values = f"<dt>before</dt><dd>{value(wording.later(found.before))}</dd>"
        values += f"<dt>after</dt><dd>{value(wording.later(found.after))}</dd>"
        parts.append(f"<dl>{values}</dl>")
    if told.because:
        parts.append(f"<p>because of <code>{text(told.because)}</code></p>")
    if told.others:
        others = ", ".join(f"<code>{text(other)}</code>" for other in told.others)
        parts.append(f"<p>and {len(told.others)} more: {others}</p>")
    parts.append(f'<p class="aside">{text(RISKS.get(found.kind, ""))}</p></li>')
    return "".join(parts)


def resource(change: Change) -> str:
    """One resource, with each place of it that changes."""
    what = wording.doing(change)
    because = wording.chain(change.cause, change.chain)
    facts = [each for each in (wording.fate(change), f"because of {because}" if because else "") if each]
    head = (
        f'<article class="{text(what.replace(" ", "-"))}"><h3><span class="sign">{text(what)}</span> '
        f'<code>{text(change.resource)}</code> <span class="type">{text(change.type)}</span></h3>'
    )
    tail = f"<p>{text('; '.join(facts))}</p>" if facts else ""
    notes = "".join(f'<p class="aside">{text(note)}</p>' for note in change.notes)
    return f"{head}{tail}{table(change)}{notes}</article>"


def table(change: Change) -> str:
    """The places that change, as a table."""
    if not change.properties:
        return ""
    label = f"What changes of {text(change.resource)}"
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("place", "before", "after", "replacement", "cause")
    )
    rows = "".join(row(change, place) for place in change.properties)
    inside = f"<caption>{label}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="wide" tabindex="0" role="group" aria-label="{label}"><table>{inside}</table></div>'


def row(change: Change, place: PropertyChange) -> str:
    """A place that changes, as a row."""
    before, after = wording.before_and_after(change, place, LONGEST)
    label = wording.place_name(place)
    needs = {"Always": '<strong class="always">forced</strong>', "Conditionally": "<em>possible</em>"}.get(
        place.requires, "no"
    )
    values = (
        f'<td colspan="2" class="aside">{wording.NOT_TOLD}</td>'
        if place.hidden
        else f'<td class="before" data-label="before">{value(before)}</td>'
        f'<td class="after" data-label="after">{value(after)}</td>'
    )
    because = f'<td data-label="cause">{text(place.cause)}</td>' if place.cause else "<td></td>"
    return (
        f'<tr><th scope="row"><code>{text(label)}</code></th>{values}'
        f'<td data-label="replacement">{needs}</td>{because}</tr>'
    )


def rest(review: Review, verdict: Verdict) -> Iterator[str]:
    """Facts that belong to no resource, and what the change sets were made with."""
    facts = [
        f"{each.kind} {wording.stack_name(each.stack)}/{each.subject}: {each.reason}"
        for each in review.findings
    ]
    facts += [*wording.unused(verdict), *review.notes]
    if not (facts or review.facts):
        return
    yield '<section aria-labelledby="facts"><h2 id="facts">Besides</h2>'
    if facts:
        yield "<ul>"
        yield from (f"<li>{text(each)}</li>" for each in facts)
        yield "</ul>"
    if review.facts:
        yield '<details><summary>What it was made with</summary><dl class="settings">'
        for name, told, subjects in wording.settings(review):
            yield f"<dt>{text(name)} of {text(', '.join(subjects))}</dt><dd>{value(told)}</dd>"
        yield "</dl></details>"
    yield "</section>"


def value(told: str) -> str:
    """A value, or the word that there is none."""
    return f"<code>{text(told)}</code>" if told and told != "(none)" else '<span class="aside">none</span>'


def text(told: str) -> str:
    """Text of others, none of it taken for markup."""
    return escape("".join(letter if letter.isprintable() else " " for letter in told), quote=True)
