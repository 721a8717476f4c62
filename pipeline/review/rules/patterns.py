"""Sets of actions, resources and principals, written with wildcards or by what they leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache


@dataclass(frozen=True)
class Patterns:
    """A set of strings: those that match one of the patterns, or where `negated`, those that match none.

    Where `caseless`, as the names of actions are, it does not matter how they are spelt.
    """

    patterns: tuple[str, ...]
    negated: bool = False
    caseless: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The patterns as they compare."""
        return tuple(each.lower() for each in self.patterns) if self.caseless else self.patterns

    def units(self) -> Iterator[Patterns]:
        """The parts that have to be covered one by one."""
        if self.negated:
            yield self
        else:
            for pattern in self.patterns:
                yield replace(self, patterns=(pattern,))

    def covers(self, other: Patterns) -> bool:
        """Tell whether everything in the other set is in this one."""
        if not self.negated and not other.negated:
            return all(any(contains(wide, narrow) for wide in self.words) for narrow in other.words)
        if not self.negated:
            # All but a few of everything: only a pattern for everything is sure to hold it.
            return any(contains(wide, "*") for wide in self.words)
        if not other.negated:
            return not any(overlap(out, narrow) for out in self.words for narrow in other.words)
        return all(any(contains(left_out, out) for left_out in other.words) for out in self.words)

    def meets(self, other: Patterns) -> bool:
        """Tell whether some of the other set may be in this one."""
        if self.negated and other.negated:
            return True
        if self.negated or other.negated:
            negated, positive = (self, other) if self.negated else (other, self)
            return not all(any(contains(out, each) for out in negated.words) for each in positive.words)
        return any(overlap(one, another) for one in self.words for another in other.words)

    def __str__(self) -> str:
        return ("all but " if self.negated else "") + ", ".join(self.patterns)


EVERYTHING = Patterns(("*",))


@cache
def expression(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression over other patterns: only * takes in a *."""
    parts = (".*" if letter == "*" else "[^*]" if letter == "?" else re.escape(letter) for letter in pattern)
    return re.compile("".join(parts), re.DOTALL)


def contains(wide: str, narrow: str) -> bool:
    """Tell whether whatever matches the narrow pattern matches the wide one."""
    return wide in ("*", narrow) or expression(wide).fullmatch(narrow) is not None


def overlap(one: str, other: str) -> bool:
    """Tell whether a string may match both patterns."""
    if "*" not in one + other and "?" not in one + other:
        return one == other
    return contains(one, other) or contains(other, one) or _crossing(one, other)


def _crossing(one: str, other: str) -> bool:
    """Whether the fixed beginnings and ends of two patterns agree, as far as both have them."""
    heads = [re.split(r"[*?]", each, maxsplit=1)[0] for each in (one, other)]
    tails = [re.split(r"[*?]", each)[-1] for each in (one, other)]
    agree_first = heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])
    return agree_first and (tails[0].endswith(tails[1]) or tails[1].endswith(tails[0]))
