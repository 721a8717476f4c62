"""Guides: the commands of docs/operations.md and docs/first-deployment.md, as they stand there."""

from __future__ import annotations

import re
import shlex

from tests.paths import CHECKOUT

TEXT = (CHECKOUT / "docs/operations.md").read_text()
FIRST_DEPLOYMENT = (CHECKOUT / "docs/first-deployment.md").read_text()
GUIDES = (TEXT, FIRST_DEPLOYMENT)
# What a block shows of a command's output.
OUTPUT = "text"


def commands(program: str, text: str = TEXT) -> list[str]:
    """Return every command that begins so, in a block or in the running text, on one line."""
    found = []
    for language, block in re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL):
        if language != OUTPUT:
            found += [line.strip() for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    running = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    found += re.findall(r"`((?:aws|python build\.py) [^`]+)`", running)
    return [command for command in found if command.startswith(program)]


def commands_of_all(program: str) -> list[str]:
    """Return every command of all guides that begins so, once."""
    return sorted({command for text in GUIDES for command in commands(program, text)})


def words(command: str) -> list[str]:
    """Return the words of a command, whatever stands for a value in angle brackets."""
    return shlex.split(re.sub(r"<[^>]*>", "VALUE", command))
