"""Guide: the commands of docs/operations.md, as they stand there."""

from __future__ import annotations

import re
import shlex

from tests.paths import CHECKOUT

TEXT = (CHECKOUT / "docs/operations.md").read_text()


def commands(program: str) -> list[str]:
    """Every command that begins so, in a block or in the running text, on one line."""
    found = []
    for block in re.findall(r"```\n(.*?)```", TEXT, re.DOTALL):
        found += [line.strip() for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    running = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    found += re.findall(r"`((?:aws|python build\.py) [^`]+)`", running)
    return [each for each in found if each.startswith(program)]


def words(command: str) -> list[str]:
    """The words of a command, whatever stands for a value in angle brackets."""
    return shlex.split(re.sub(r"<[^>]*>", "VALUE", command))
