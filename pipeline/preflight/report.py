"""Report: findings as a table of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from pipeline.preflight.finding import MISSING, OK, UNKNOWN, WARNING, Finding

HEADER = ("what", "status", "found", "needed")
WIDTHS = (20, 7, 24, 23)
GAP = "  "
# Under the columns of what was found and what is needed.
ADVICE_INDENT = " " * (WIDTHS[0] + WIDTHS[1] + 2 * len(GAP))
ADVICE_WIDTH = WIDTHS[2] + WIDTHS[3] + len(GAP)


def table(findings: Sequence[Finding]) -> str:
    """Return a row for each finding, what to do beneath it, and the counts."""
    lines = list(row(HEADER))
    for finding in findings:
        lines += row((finding.what, finding.status, finding.found, finding.needed))
        if finding.advice:
            lines += [f"{ADVICE_INDENT}{line}" for line in folded(f"-> {finding.advice}", ADVICE_WIDTH)]
    return "\n".join([*lines, "", summary(findings)])


def row(cells: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a row, each cell within the width of its column."""
    columns = [folded(cell, width) for cell, width in zip(cells, WIDTHS, strict=True)]
    for parts in zip_longest(*columns, fillvalue=""):
        yield GAP.join(part.ljust(width) for part, width in zip(parts, WIDTHS, strict=True)).rstrip()


def folded(text: str, width: int) -> list[str]:
    """Return lines of at most `width` characters; names with hyphens stay whole where they fit."""
    return wrap(text, width, break_on_hyphens=False)


def summary(findings: Sequence[Finding]) -> str:
    """Return how many checks there were, and how they ended."""
    counts = Counter(finding.status for finding in findings)
    # Few accounts have anything to warn of.
    statuses = (OK, MISSING, *([WARNING] if counts[WARNING] else []), UNKNOWN)
    ended = ", ".join(f"{counts[status]} {status}" for status in statuses)
    return f"{len(findings)} checks: {ended}"
