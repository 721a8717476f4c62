"""Manual: what `--help` tells beneath the options, no wider than the terminal that it is read on."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

# A command, or the name of one, and what it does.
PAIR = re.compile(r"^(?P<indent> +)(?P<what>\S+(?: \S+)*)(?P<gap> {2,})(?P<does>\S.*)$")
# An option, before its value: the two stay together.
VALUED = re.compile(r"(--\S+) (?!-)")
SHELL = "  python "
DEEPER = " " * 6


def fitted(text: str, width: int) -> str:
    """`text` with each line at most `width` wide, but for words that are wider themselves.

    What a command does goes beneath it where there is no room beside it, for all commands of a block alike.
    """
    return "\n".join(
        line for block in text.split("\n\n") for line in (*fitted_block(block, width), "")
    ).rstrip()


def fitted_block(block: str, width: int) -> Iterator[str]:
    """The lines of a block, which no empty line divides."""
    lines = block.splitlines()
    too_wide = any(len(line) > width for line in lines)
    for line in lines:
        pair = PAIR.match(line)
        if not too_wide:
            yield line
        elif line.startswith(SHELL):
            yield from of_shell(pair["what"] if pair else line.strip(), width)
            if pair:
                yield from wrapped(pair["does"], width, DEEPER, DEEPER)
        elif pair:
            column = " " * pair.start("does")
            yield from wrapped(line, width, "", column)
        else:
            yield from wrapped(line, width, "", "")


def of_shell(command: str, width: int) -> Iterator[str]:
    """A command as a shell takes it, over several lines."""
    *most, last = wrapped(VALUED.sub(r"\1\0", command), width - len(" \\"), "  ", DEEPER)
    yield from (f"{line} \\".replace("\0", " ") for line in most)
    yield last.replace("\0", " ")


def wrapped(text: str, width: int, first: str, others: str) -> list[str]:
    """`text` in lines, which are cut between words alone."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
