"""Sets of actions, resources and principals, written with wildcards or by what they leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple


class Patterns(NamedTuple):
    """A set of strings: those that match one of the patterns, or where `negated`, those that match none.

    Where `caseless`, as the names of actions are, it does not matter how they are spelt.
    """

    patterns: tuple[str, ...]
    negated: bool = False
    caseless: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The patterns as they compare."""
        return lower(self.patterns) if self.caseless else self.patterns

    def units(self) -> Iterator[Patterns]:
        """Yield the parts that have to be covered one by one."""
        if self.negated or len(self.patterns) == 1:
            yield self
        else:
            for pattern in self.patterns:
                yield Patterns((pattern,), caseless=self.caseless)

    def covers(self, other: Patterns) -> bool:
        """Return whether everything in the other set is in this one."""
        if not self.negated and not other.negated:
            wide_words = self.words
            return all(
                narrow in wide_words or any(contains(wide, narrow) for wide in wide_words)
                for narrow in other.words
            )
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


@lru_cache(maxsize=4096)
def lower(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return patterns in lower case."""
    return tuple(pattern.lower() for pattern in patterns)


@cache
def expression(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression over other patterns: only * takes in a *."""
    parts = (".*" if letter == "*" else "[^*]" if letter == "?" else re.escape(letter) for letter in pattern)
    return re.compile("".join(parts), re.DOTALL)


def contains(wide: str, narrow: str) -> bool:
    """Return whether whatever matches the narrow pattern matches the wide one."""
    if wide in ("*", narrow):
        return True
    start, star, rest = wide.partition("*")
    if "?" in wide or "*" in rest:
        return expression(wide).fullmatch(narrow) is not None
    # With one * at most there is no need to compile an expression, of which big templates have thousands.
    fits = len(narrow) >= len(start) + len(rest)
    return bool(star) and fits and narrow.startswith(start) and narrow.endswith(rest)


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
