"""docs/risks.md: the classes of risk, what raises each, an example and how to accept it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.evaluation.stack import Raw
from pipeline.review.model import Change, Risk
from pipeline.review.reviews import of_templates
from pipeline.review.rules.descriptions import DESCRIPTIONS
from pipeline.review.rules.destination_table import DESTINATIONS
from pipeline.review.rules.removals import GUARDS
from pipeline.review.rules.weakening_table import LOSSES
from pipeline.review.verdict import RISKS, Policy
from tests.documents import Document, main
from tests.documents.risk_examples import EXAMPLES

HEAD = """\
# Risks

What `build.py diff`, `review` and `plan` may say of a change, by class. Written by
`python -m tests.documents.risks` from the rules in `pipeline/review/rules/`; each example is judged by them.

A class blocks (exit 3) or warns unless `review.toml` says otherwise: `block`, `warn` and `ignore` are lists
of classes there. To accept one risk of one resource, add `CLASS:Stack/Id` to `accept` in `review.toml`, or
give it to the command: `--accept CLASS:Stack/Id`. Take it out again once the change has been deployed.

| class | means | by default |
| --- | --- | --- |
"""
MODES = {"block": "blocks", "warn": "warns", "ignore": "is ignored"}


def document() -> str:
    """Return the text of docs/risks.md."""
    return HEAD + "".join(map(row, RISKS)) + "".join(map(section, RISKS))


def row(kind: str) -> str:
    """Return the row of a class in the table at the top."""
    return f"| [{kind}](#{kind.lower()}) | {RISKS[kind]} | {default(kind)} |\n"


def default(kind: str) -> str:
    """Return in a word what a class does unless a policy says otherwise."""
    return MODES[Policy().mode(Risk(kind, ""))]


def section(kind: str) -> str:
    """Return the section of a class."""
    change, risk = example(kind)
    raised = "".join(f"- {each.when}\n" for each in DESCRIPTIONS if kind in each.kinds)
    before, after = (code(each or "(none)") for each in (risk.before, risk.after))
    values = f" (`{before}` → `{after}`)" if risk.before or risk.after else ""
    return (
        f"\n## {kind}\n\n{RISKS[kind][0].upper()}{RISKS[kind][1:]}. It {default(kind)} by default.\n\n"
        f"Raised when:\n\n{raised}"
        f"{table(kind)}\nExample: {edit(kind)}\n\n> {change.id}: {sentence(risk.reason)}{values}\n\n"
        f"Accepted by `--accept {kind}:{change.id}`.\n"
    )


def table(kind: str) -> str:
    """Return the rows of the rules' tables that are about a class; nothing where there are none."""
    found = sorted(set(rows(kind)))
    head = "\n| type | property | |\n| --- | --- | --- |\n"
    return head + "".join(f"| {' | '.join(cells)} |\n" for cells in found) if found else ""


def rows(kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield the cells of each row about a class: type, property and reason."""
    for loss in LOSSES:
        if loss.kind == kind:
            yield pattern(loss.types), pattern(loss.path), loss.reason
    for resource_type, (guarded, reason) in GUARDS.items():
        if guarded == kind:
            yield pattern(resource_type), "(the resource)", reason
    if kind == "DESTINATION_CHANGE":
        for each in DESTINATIONS:
            yield pattern(each.types), pattern(each.path), f"another destination for {each.what}"


def pattern(written: str) -> str:
    """Return a regular expression of types or paths as something that people read."""
    simple = re.sub(r"\\[dw][+*]|\.\*", "*", written)
    return "any" if simple == "*" else f"`{code(re.sub(r'[?](?=$|/|[(])', '', simple))}`"


def code(text: str) -> str:
    """Return a text as it stands between backticks in a table."""
    return text.replace("|", "\\|").replace("`", "'")


def sentence(text: str) -> str:
    """Return a reason for one line."""
    return text.replace("|", "\\|")


def example(kind: str) -> tuple[Change, Risk]:
    """Return the change and the risk that the example of a class leads to."""
    if kind not in EXAMPLES:
        raise LookupError(f"tests/documents/risk_examples.py: found no example of {kind}, expected one")
    sides: list[Raw] = [{"Resources": dict(side)} for side in EXAMPLES[kind]]
    old, new = sides
    found = [pair for pair in of_templates(old, new).risks() if pair[1].kind == kind]
    if not found:
        raise LookupError(f"tests/documents/risk_examples.py: {kind}: found another risk, expected {kind}")
    return found[0]


def edit(kind: str) -> str:
    """Return in words what the example of a class edits."""
    old, new = EXAMPLES[kind]
    parts = []
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if before != after:
            kind_of = str((before or after or {})["Type"])
            parts.append(f"`{name}` (`{kind_of}`) {changed(before, after)}")
    return "; ".join(parts) + "."


def changed(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """Return in words how a resource of an example changes."""
    if before is None or after is None:
        written = json.dumps({key: part for key, part in (before or after or {}).items() if key != "Type"})
        return f"is {'added' if before is None else 'removed'}: `{code(written)}`"
    one, other = (json.dumps(side.get("Properties", {})) for side in (before, after))
    return f"from `{code(one)}` to `{code(other)}`"


DOCUMENT = Document("risks", "docs/risks.md", document)


if __name__ == "__main__":
    sys.exit(main(DOCUMENT))
