"""Condition blocks of policies, and whether one is at least as strict as another."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.evaluation.values import Value, listed, mapping, spelt
from pipeline.review.rules.patterns import contains, overlap


@dataclass(frozen=True)
class Clause:
    """One clause of a Condition: an operator, the key that it looks at, and the values to compare with."""

    operator: str
    key: str
    values: tuple[str, ...]

    def implies(self, other: Clause) -> bool:
        """Tell whether whatever passes this test passes the other."""
        if self.key != other.key:
            return False
        mine, theirs = Operator.parsed(self.operator), Operator.parsed(other.operator)
        if mine.quantifier != theirs.quantifier or (mine.if_exists and not theirs.if_exists):
            return False
        if mine.negated or theirs.negated:
            return self.turns_away(mine, theirs, other)
        return self.lets_through(mine, theirs, other)

    def turns_away(self, mine: Operator, theirs: Operator, other: Clause) -> bool:
        """Tell whether nothing that passes this test is what the other, a negated one, turns away."""
        if mine.negated:
            same_kind = theirs.negated and theirs.family == mine.family
            return same_kind and all(
                any(mine.takes_in(wide, narrow) for wide in self.values) for narrow in other.values
            )
        if not all(each.compares_strings and not each.ignores_case for each in (mine, theirs)):
            return False
        values = [as_pattern(each, mine) for each in self.values]
        return not any(overlap(as_pattern(out, theirs), each) for out in other.values for each in values)

    def lets_through(self, mine: Operator, theirs: Operator, other: Clause) -> bool:
        """Tell whether whatever has one of these values has one of the other's."""
        if mine.is_ordered and theirs.is_ordered:
            return all(
                any(spans(theirs, wide, mine, narrow) for wide in other.values) for narrow in self.values
            )
        if theirs.family != mine.family:
            return mine.compares_strings and theirs.compares_strings and self.written_in(mine, theirs, other)
        if mine.family == "IpAddress":
            return all(within(other.values, narrow) for narrow in self.values)
        return all(any(theirs.takes_in(wide, narrow) for wide in other.values) for narrow in self.values)

    def written_in(self, mine: Operator, theirs: Operator, other: Clause) -> bool:
        """Tell whether each value, by another operator on strings, is one that the other takes in."""
        for narrow in self.values:
            literal = not mine.matches_patterns or not any(letter in narrow for letter in "*?")
            if mine.ignores_case or not (literal or theirs.matches_patterns):
                return False
            if not any(theirs.takes_in(wide, narrow) for wide in other.values):
                return False
        return True


@dataclass(frozen=True)
class Operator:
    """An operator by its parts: StringNotEqualsIgnoreCaseIfExists is a negated String."""

    family: str
    negated: bool
    quantifier: str
    if_exists: bool

    @staticmethod
    def parsed(written: str) -> Operator:
        """The parts of an operator as a policy writes it."""
        quantifier, _, name = written.rpartition(":")
        if_exists = name.endswith("IfExists")
        name = name.removesuffix("IfExists")
        negated = "Not" in name
        family = name.replace("Not", "", 1)
        family = {"Arn" + how: "ArnLike" for how in ("Equals", "Like")}.get(family, family)
        return Operator(family, negated, quantifier, if_exists)

    @property
    def matches_patterns(self) -> bool:
        """Whether its values may hold wildcards."""
        return self.family in ("StringLike", "ArnLike")

    @property
    def is_ordered(self) -> bool:
        """Whether it compares numbers or moments."""
        return self.family.startswith(("Numeric", "Date"))

    @property
    def ignores_case(self) -> bool:
        """Whether letters are the same in either case."""
        return self.family == "StringEqualsIgnoreCase"

    @property
    def compares_strings(self) -> bool:
        """Whether its values are strings, in full or with wildcards."""
        return self.matches_patterns or self.ignores_case or self.family == "StringEquals"

    def takes_in(self, wide: str, narrow: str) -> bool:
        """Tell whether a value of this operator lets through whatever the other value does."""
        if self.matches_patterns:
            return contains(wide, narrow)
        if self.ignores_case:
            return wide.lower() == narrow.lower()
        if self.family == "IpAddress":
            return within([wide], narrow)
        return wide == narrow


@dataclass(frozen=True)
class Span:
    """The numbers or moments that pass a comparison: those from `low` to `high`, which may be left out."""

    low: tuple[float, bool]
    high: tuple[float, bool]

    @staticmethod
    def of(operator: Operator, value: str) -> Span | None:
        """What an operator lets through for one of its values, where that is a number or a moment."""
        limit = moment(value)
        if limit is None:
            return None
        included = not operator.family.endswith("Than")
        low = (-math.inf, False) if "LessThan" in operator.family else (limit, included)
        high = (math.inf, False) if "GreaterThan" in operator.family else (limit, included)
        return Span(low, high)

    def holds(self, other: Span) -> bool:
        """Tell whether all of another span is in this one."""
        (low, low_in), (lower, lower_in) = other.low, self.low
        (high, high_in), (higher, higher_in) = other.high, self.high
        from_below = lower < low or (lower == low and (lower_in or not low_in))
        return from_below and (higher > high or (higher == high and (higher_in or not high_in)))


def spans(theirs: Operator, wide: str, mine: Operator, narrow: str) -> bool:
    """Tell whether a comparison lets through all numbers or moments that another one does."""
    outer, inner = Span.of(theirs, wide), Span.of(mine, narrow)
    if outer is None or inner is None:
        return theirs.family == mine.family and wide == narrow
    return outer.holds(inner)


def moment(value: str) -> float | None:
    """A number as it is, a date as seconds; nothing where it is known only after deployment."""
    try:
        return float(value)
    except ValueError:
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def as_pattern(value: str, operator: Operator) -> str:
    """A value as a pattern that takes it in: where an operator knows no wildcards, a ? may be any letter."""
    return value if operator.matches_patterns else value.replace("?", "*")


def within(wide: Sequence[str], narrow: str) -> bool:
    """Tell whether some ranges of addresses together hold another."""
    try:
        inner = ipaddress.ip_network(narrow, strict=False)
        outer = [ipaddress.ip_network(each, strict=False) for each in wide]
    except ValueError:
        return narrow in wide
    if isinstance(inner, ipaddress.IPv4Network):
        four = [each for each in outer if isinstance(each, ipaddress.IPv4Network)]
        return any(inner.subnet_of(each) for each in ipaddress.collapse_addresses(four))
    six = [each for each in outer if isinstance(each, ipaddress.IPv6Network)]
    return any(inner.subnet_of(each) for each in ipaddress.collapse_addresses(six))


def clauses(written: Value) -> frozenset[Clause]:
    """The clauses of a Condition block."""
    found = set()
    for operator, block in mapping(written).items():
        for key, values in mapping(block).items():
            found.add(Clause(operator, key.lower(), tuple(sorted(spelt(value) for value in listed(values)))))
    return frozenset(found)


def at_least_as_strict(strict: frozenset[Clause], lax: frozenset[Clause]) -> bool:
    """Tell whether whatever passes all of the first passes all of the second."""
    return all(any(one.implies(other) for one in strict) for other in lax)
