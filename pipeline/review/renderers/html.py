"""A review as one HTML page, complete in itself: no script, no other file, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from pipeline.review.model import Review
from pipeline.review.renderers import view, wording
from pipeline.review.renderers.view import PlaceView, ResourceView, RiskView, View
from pipeline.review.verdict import ERROR, RISKY, Verdict

STYLE = Path(__file__).with_name("page.css")
LONGEST = 2000
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def rendered(review: Review, verdict: Verdict) -> str:
    """Return the whole page."""
    shown = view.of(review, verdict)
    body = "\n".join(sections(shown))
    title = f"{shown.headline} · {shown.title}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{text(title)}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def sections(shown: View) -> Iterator[str]:
    """Yield the page, section by section."""
    tone = {ERROR: "stop", RISKY: "stop"}.get(shown.code, "safe")
    yield '<a class="skip" href="#risks">Skip to the risks</a>'
    yield f'<header class="{tone}"><h1>{text(shown.headline)}</h1><p>{text(shown.title)}</p>'
    yield f"<p>{text(shown.tally)}</p>"
    yield from (f'<p class="fault" role="alert">{text(fault)}</p>' for fault in shown.faults)
    yield "</header>\n<main>"
    yield from risks(shown)
    yield from stacks(shown)
    yield from notes(shown)
    yield "</main>"


def stacks(shown: View) -> Iterator[str]:
    """Yield the stacks with their changes, then what changes only in tags or perhaps not at all."""
    yield '<section aria-labelledby="stacks"><h2 id="stacks">Stacks</h2>'
    if shown.nothing_changes:
        yield "<p>Nothing changes.</p>"
    for stack in shown.stacks:
        summary = f"<b>{text(stack.name)}</b> {text(stack.counts)}"
        yield f"<details open><summary>{summary}</summary>"
        yield from (article(resource) for resource in stack.resources)
        yield "</details>"
    for tagged in shown.tagged:
        summary = text(f"{len(tagged.resources)} only in tags of the stack: {'; '.join(tagged.edits)}")
        yield from folded(summary, (f"<code>{text(name)}</code>" for name in tagged.resources))
    for group in shown.possible:
        yield from folded(
            text(f"{len(group.resources)} more {group.reason}"),
            (
                f"<code>{text(name)}</code>{f' reads {text(because)}' if because else ''}"
                for name, because in group.resources
            ),
        )
    yield "</section>"


def folded(summary: str, items: Iterable[str]) -> Iterator[str]:
    """A list under a summary that opens it."""
    yield f"<details><summary>{summary}</summary><ul>"
    yield from (f"<li>{each}</li>" for each in items)
    yield "</ul></details>"


def risks(shown: View) -> Iterator[str]:
    """Yield the risks, numbered."""
    yield '<section aria-labelledby="risks"><h2 id="risks">Risks</h2>'
    if not shown.risks:
        yield "<p>None that any rule knows of.</p></section>"
        return
    yield '<ol class="risks">'
    yield from (risk_item(risk) for risk in shown.risks)
    yield "</ol></section>"


def risk_item(risk: RiskView) -> str:
    """Return one risk, with its values before and after and its cause."""
    kind, name = f'<span class="class">{text(risk.kind)}</span>', f"<code>{text(risk.resource)}</code>"
    aside = f'<span class="type">{text(risk.type)}</span> <span class="mode">{text(risk.mode)}</span>'
    parts = [f'<li class="{text(risk.mode)}"><h3>{kind} {name} {aside}</h3>', f"<p>{text(risk.reason)}</p>"]
    if risk.before or risk.after:
        values = f"<dt>before</dt><dd>{value(risk.before)}</dd>"
        values += f"<dt>after</dt><dd>{value(risk.after)}</dd>"
        parts.append(f"<dl>{values}</dl>")
    if risk.because:
        parts.append(f"<p>because of <code>{text(risk.because)}</code></p>")
    if risk.others:
        others = ", ".join(f"<code>{text(other)}</code>" for other in risk.others)
        parts.append(f"<p>and {len(risk.others)} more: {others}</p>")
    parts.append(f'<p class="aside">{text(risk.meaning)}</p></li>')
    return "".join(parts)


def article(resource: ResourceView) -> str:
    """Return one resource, with each place of it that changes."""
    because = f"because of {resource.because}" if resource.because else ""
    facts = [fact for fact in (resource.fate, because) if fact]
    head = (
        f'<article class="{text(resource.doing.replace(" ", "-"))}">'
        f'<h3><span class="sign">{text(resource.doing)}</span> '
        f'<code>{text(resource.name)}</code> <span class="type">{text(resource.type)}</span></h3>'
    )
    tail = f"<p>{text('; '.join(facts))}</p>" if facts else ""
    asides = "".join(f'<p class="aside">{text(note)}</p>' for note in resource.notes)
    return f"{head}{tail}{table(resource)}{asides}</article>"


def table(resource: ResourceView) -> str:
    """Return the places that change, as a table."""
    if not resource.places:
        return ""
    label = f"What changes of {text(resource.name)}"
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("place", "before", "after", "replacement", "cause")
    )
    rows = "".join(row(place) for place in resource.places)
    inside = f"<caption>{label}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="wide" tabindex="0" role="group" aria-label="{label}"><table>{inside}</table></div>'


def row(place: PlaceView) -> str:
    """Return a place that changes, as a row."""
    before, after = place.values(LONGEST)
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
        f'<tr><th scope="row"><code>{text(place.name)}</code></th>{values}'
        f'<td data-label="replacement">{needs}</td>{because}</tr>'
    )


def notes(shown: View) -> Iterator[str]:
    """Yield the findings and notes that belong to no resource, and the settings of the change sets."""
    lines = [f"{finding.kind} {finding.place}: {finding.reason}" for finding in shown.findings]
    lines += [*shown.unused, *shown.notes]
    if not (lines or shown.settings):
        return
    yield '<section aria-labelledby="facts"><h2 id="facts">Besides</h2>'
    if lines:
        yield "<ul>"
        yield from (f"<li>{text(line)}</li>" for line in lines)
        yield "</ul>"
    if shown.settings:
        yield '<details><summary>What it was made with</summary><dl class="settings">'
        for setting in shown.settings:
            name = f"{text(setting.name)} of {text(', '.join(setting.stacks))}"
            yield f"<dt>{name}</dt><dd>{value(setting.value)}</dd>"
        yield "</dl></details>"
    yield "</section>"


def value(content: str) -> str:
    """Return a value as code, or the word "none"."""
    if content in ("", "(none)"):
        return '<span class="aside">none</span>'
    return f"<code>{text(content)}</code>"


def text(content: str) -> str:
    """Return the text of others, escaped, so that none of it is taken for markup."""
    return escape("".join(letter if letter.isprintable() else " " for letter in content), quote=True)
