"""Renderers: one review on a terminal, as an HTML page, as a comment in Markdown, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.review.model import Review
    from pipeline.review.verdict import Verdict

FORMATS = ("text", "json", "html", "markdown")


def rendered(review: Review, verdict: Verdict, form: str, *, colour: bool = False) -> str:
    """Return a review in one of the formats; only a terminal has colours."""
    if form == "json":
        from pipeline.review.renderers import json  # noqa: PLC0415 # a command loads the renderer that it uses

        return json.rendered(review, verdict)
    if form == "html":
        from pipeline.review.renderers import html  # noqa: PLC0415

        return html.rendered(review, verdict)
    if form == "markdown":
        from pipeline.review.renderers import markdown  # noqa: PLC0415

        return markdown.rendered(review, verdict)
    from pipeline.review.renderers import terminal  # noqa: PLC0415

    return terminal.rendered(review, verdict, colour=colour)
