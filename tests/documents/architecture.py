"""The commands of build.py in docs/architecture.md: what each reads and changes."""

from __future__ import annotations

import sys

from pipeline.commands import COMMANDS
from tests.documents import Document, main
from tests.documents.commands import replaced
from tests.paths import CHECKOUT

PATH = "docs/architecture.md"
# What the table stands between.
HEAD = "| command | reads and changes |\n| --- | --- |\n"
NEXT = "\n## How a payment goes"


def table() -> str:
    """Return a row for each command."""
    return "".join(f"| `{name}` | {command.effect} |\n" for name, command in COMMANDS.items())


def document() -> str:
    """Return the text of docs/architecture.md with the table of commands."""
    return replaced((CHECKOUT / PATH).read_text(encoding="utf-8"), HEAD, NEXT, table(), PATH)


DOCUMENT = Document("architecture", PATH, document)

if __name__ == "__main__":
    sys.exit(main(DOCUMENT))
