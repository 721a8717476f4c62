"""The commands of build.py in README.md: a typical call of each, and what the command does."""

from __future__ import annotations

import sys

from pipeline.commands import COMMANDS, call
from tests.documents import Document, main
from tests.paths import CHECKOUT

README = "README.md"
HEADING = "## Use\n\n"
FENCE = "```\n"


def block() -> str:
    """Return a line for each command, the purposes below each other."""
    width = max(len(call(name)) for name in COMMANDS)
    return "".join(f"{call(name):{width}}  # {command.purpose}\n" for name, command in COMMANDS.items())


def document() -> str:
    """Return the text of README.md with the block of commands under its heading."""
    return replaced((CHECKOUT / README).read_text(encoding="utf-8"), HEADING + FENCE, FENCE, block(), README)


def replaced(text: str, begin: str, end: str, part: str, file: str) -> str:
    """Return `text` with `part` between the first `begin` and the first `end` after it."""
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise LookupError(f"{file}: found no place for the commands, expected {begin!r}, later {end!r}")
    return before + begin + part + end + after


DOCUMENT = Document("commands", README, document)

if __name__ == "__main__":
    sys.exit(main(DOCUMENT))
