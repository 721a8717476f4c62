"""A review as one HTML page, complete in itself: no script, no other file, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from pipeline.review.model import Review
from pipeline.review.renderers import view, wording
from pipeline.review.renderers.entries import FactView, RiskView
from pipeline.review.renderers.view import PlaceView, ResourceView, StackView, VersionsView, View
from pipeline.review.verdict import ERROR, RISKY, Verdict

STYLE = Path(__file__).with_name("page.css")
LONGEST = 2000
ON_ONE_LINE = 96
"""Characters of two values that are legible side by side."""
FEW_ENTRIES = 6
"""With more risks and stacks than these, a page has a table of contents."""
MARKS = {"blocks": "■", "warns": "▲", "accepted": "✓"}
"""A shape for each of what becomes of risks, so that it shows in any colour."""
NEXT = " \\\n"
"""Between the options of one command that do not fit a line."""
NEEDS = {"Always": '<strong class="always">forced</strong>', "Conditionally": "<em>possible</em>"}
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
    if len(shown.risks) + len(shown.stacks) > FEW_ENTRIES:
        yield from contents(shown)
    yield from risks(shown)
    yield from stacks(shown)
    yield from notes(shown)
    yield from classes(shown)
    yield "</main>"


def contents(shown: View) -> Iterator[str]:
    """Yield the table of contents."""
    yield '<nav aria-labelledby="contents"><details open><summary><h2 id="contents">Contents</h2></summary>'
    yield "<ol>"
    if shown.risks:
        yield '<li><a href="#risks">Risks</a><ol>'
        for number, risk in enumerate(shown.risks, 1):
            label = f"{MARKS[risk.mode]} {risk.kind} {risk.subject}"
            yield f'<li><a href="#risk-{number}">{text(label)}</a></li>'
        yield "</ol></li>"
    yield '<li><a href="#stacks">Stacks</a><ol>'
    for stack in shown.stacks:
        yield f'<li><a href="#{stack_anchor(stack)}">{text(stack.name)}</a>: {text(stack.counts)}</li>'
    yield "</ol></li>"
    if shown.risks:
        yield '<li><a href="#classes">Classes of risk</a></li>'
    yield "</ol></details></nav>"


def stacks(shown: View) -> Iterator[str]:
    """Yield the stacks with their changes, then what changes only in tags or perhaps not at all."""
    yield '<section aria-labelledby="stacks"><h2 id="stacks">Stacks</h2>'
    if shown.nothing_changes:
        yield "<p>Nothing changes.</p>"
    for stack in shown.stacks:
        summary = f"<b>{text(stack.name)}</b> {text(stack.counts)}"
        yield f'<details open id="{stack_anchor(stack)}"><summary>{summary}</summary>'
        yield from (article(resource) for resource in stack.resources)
        if stack.versions:
            yield from versions(stack.versions)
        yield "</details>"
    for tagged in shown.tagged:
        summary = text(f"{len(tagged.resources)} only in tags of the stack: {'; '.join(tagged.edits)}")
        yield from folded(summary, (place_of(name) for name in tagged.resources))
    for group in shown.possible:
        yield from folded(
            text(f"{len(group.resources)} more {group.reason}"),
            (
                f"{place_of(name)}{f' reads {text(because)}' if because else ''}"
                for name, because in group.resources
            ),
        )
    yield "</section>"


def stack_anchor(stack: StackView) -> str:
    """Return the name under which the page has a stack."""
    return f"stack-{wording.anchor(stack.id)}"


def place_of(resource: str) -> str:
    """Return the id of a resource, which links lead to."""
    return f'<code id="{wording.anchor(resource)}">{text(resource)}</code>'


def link(resource: str) -> str:
    """Return the id of a resource, with a link to where the page has it."""
    return f'<a href="#{wording.anchor(resource)}"><code>{text(resource)}</code></a>'


def folded(summary: str, items: Iterable[str]) -> Iterator[str]:
    """Yield a list under a summary that opens it."""
    yield f"<details><summary>{summary}</summary><ul>"
    yield from (f"<li>{item}</li>" for item in items)
    yield "</ul></details>"


def risks(shown: View) -> Iterator[str]:
    """Yield the entries of risks, numbered, the worst first."""
    yield '<section aria-labelledby="risks"><h2 id="risks">Risks</h2>'
    if not shown.risks:
        yield "<p>No risks found.</p></section>"
        return
    yield '<ol class="risks">'
    yield from (risk_item(number, risk) for number, risk in enumerate(shown.risks, 1))
    yield "</ol></section>"


def risk_item(number: int, risk: RiskView) -> str:
    """Return one entry: what it says of which resources, the cause, and the options that accept it."""
    several = len(risk.resources) > 1
    kind = f'<span class="class">{text(risk.kind)}</span>'
    mode = f'<span class="mode"><span aria-hidden="true">{MARKS[risk.mode]}</span> {text(risk.mode)}</span>'
    head = f'{mode} {kind} <span class="subject">{text(risk.subject)}</span>'
    parts = [
        f'<li class="{text(risk.mode)}" id="risk-{number}"><details open><summary><h3>{head}</h3></summary>'
    ]
    parts += [fact_item(fact, several=several) for fact in risk.facts]
    parts += [f"<p>because of <code>{text(risk.because)}</code></p>"] if risk.because else []
    parts += [f"<p>To have it judged: {text(remedy)}</p>" for remedy in risk.remedies]
    about = [text(risk.type)] if risk.type else []
    if not several:
        about.append(f'<a href="#{wording.anchor(risk.subject)}">what changes in {text(risk.subject)}</a>')
    about.append(f'<a href="#class-{text(risk.kind.lower())}">what {text(risk.kind)} means</a>')
    parts.append(f'<p class="aside">{" · ".join(about)}</p>')
    if risk.accept:
        parts.append(f'<pre class="accept"><code>{text(NEXT.join(risk.accept))}</code></pre>')
    return "".join([*parts, "</details></li>"])


def fact_item(fact: FactView, *, several: bool) -> str:
    """Return a reason with its values and, in an entry about several resources, those that it is about."""
    parts = [f"<p>{text(fact.reason)}</p>"]
    if fact.before or fact.after:
        parts.append(edit(fact.before, fact.after))
    if several:
        parts.append(f'<p class="carriers">{", ".join(link(resource) for resource in fact.resources)}</p>')
    return "".join(parts)


def edit(before: str, after: str) -> str:
    """Return two values, side by side where they are short."""
    if len(before) + len(after) <= ON_ONE_LINE:
        return f'<p class="edit">{arrow(before, after)}</p>'
    return f"<dl><dt>before</dt><dd>{value(before)}</dd><dt>after</dt><dd>{value(after)}</dd></dl>"


def arrow(before: str, after: str) -> str:
    """Return two values with an arrow from one to the other, which is read aloud as words."""
    return (
        f'<span class="spoken">before </span><span class="before">{value(before)}</span> '
        '<span aria-hidden="true">→</span> '
        f'<span class="spoken">after </span><span class="after">{value(after)}</span>'
    )


def article(resource: ResourceView) -> str:
    """Return resources in which the same happens, with each place that changes."""
    because = f"because of {resource.because}" if resource.because else ""
    facts = [fact for fact in (resource.fate, because) if fact]
    names = ", ".join(
        f'<code id="{wording.anchor(id_)}">{text(name)}</code>'
        for id_, name in zip(resource.ids, resource.names, strict=True)
    )
    head = (
        f'<article class="{text(resource.doing.replace(" ", "-"))}">'
        f'<h3><span class="sign">{text(resource.sign)} {text(resource.doing)}</span> '
        f'{names} <span class="type">{text(resource.type)}</span></h3>'
    )
    tail = f"<p>{text('; '.join(facts))}</p>" if facts else ""
    asides = "".join(f'<p class="aside">{text(note)}</p>' for note in resource.notes)
    return f"{head}{tail}{table(resource)}{asides}</article>"


def versions(shown: VersionsView) -> Iterator[str]:
    """Yield the functions that get a new version, each with what changes because of it, folded."""
    names = ", ".join(function for function, _ in shown.functions)
    yield f'<details class="versions"><summary>{text(shown.title)}: {text(names)}</summary>'
    for _, resources in shown.functions:
        yield from (article(resource) for resource in resources)
    yield "</details>"


def table(resource: ResourceView) -> str:
    """Return the places that change as a table, without a column in which all is empty or said above."""
    if not resource.places:
        return ""
    label = f"What changes of {text(', '.join(resource.names))}"
    needs = any(place.requires in NEEDS for place in resource.places)
    causes = not resource.because and any(place.cause for place in resource.places)
    names = ["place", "change", *(["replacement"] if needs else []), *(["cause"] if causes else [])]
    heads = "".join(f'<th scope="col" class="{name}">{name}</th>' for name in names)
    rows = "".join(row(place, needs=needs, causes=causes) for place in resource.places)
    inside = f"<caption>{label}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="wide" tabindex="0" role="group" aria-label="{label}"><table>{inside}</table></div>'


def row(place: PlaceView, *, needs: bool, causes: bool) -> str:
    """Return a place that changes, as a row."""
    before, after = place.values(LONGEST)
    if place.hidden:
        values = f'<td class="aside">{wording.NOT_TOLD}</td>'
    elif len(before) + len(after) <= ON_ONE_LINE:
        values = f"<td>{arrow(before, after)}</td>"
    else:
        values = f'<td><div class="long">{arrow(before, after)}</div></td>'
    replacement = f'<td data-label="replacement">{NEEDS.get(place.requires, "no")}</td>' if needs else ""
    because = f'<td data-label="cause">{text(place.cause)}</td>' if place.cause else "<td></td>"
    return (
        f'<tr><th scope="row"><code>{text(place.name)}</code></th>{values}'
        f"{replacement}{because if causes else ''}</tr>"
    )


def classes(shown: View) -> Iterator[str]:
    """Yield the meaning of each class of the risks, once."""
    meanings = {risk.kind: risk.meaning for risk in shown.risks}
    if not meanings:
        return
    yield '<section aria-labelledby="classes"><h2 id="classes">Classes of risk</h2><dl class="classes">'
    for kind, meaning in meanings.items():
        yield f'<dt id="class-{text(kind.lower())}">{text(kind)}</dt><dd>{text(meaning)}</dd>'
    yield f'</dl><p class="aside">More of each in {wording.CLASSES} of the repository.</p></section>'


def notes(shown: View) -> Iterator[str]:
    """Yield the findings and notes that belong to no resource, and the settings of the change sets."""
    lines = [f"{finding.kind} {finding.place}: {finding.reason}" for finding in shown.findings]
    lines += [*shown.unused, *shown.notes]
    if not (lines or shown.settings):
        return
    yield '<section aria-labelledby="facts"><h2 id="facts">Notes</h2>'
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
