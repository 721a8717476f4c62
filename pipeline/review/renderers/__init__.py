"""Renderers: a review and its verdict for a terminal, as JSON, as an HTML page and as Markdown."""

FORMATS = ("text", "json", "html", "markdown")
