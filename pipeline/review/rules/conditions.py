"""Conditions: whether one Condition block of a policy lets through no more than another."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from pipeline.review.rules.patterns import contains
from pipeline.review.values import Value, listed, mapping, spelt


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
        if mine.negated != theirs.negated:
            return False
        if mine.negated:
            return mine.family == theirs.family and all(
                any(mine.takes_in(wide, narrow) for wide in self.values) for narrow in other.values
            )
        if theirs.family != mine.family:
            return mine.compares_strings and theirs.compares_strings and self.written_in(mine, theirs, other)
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
            return within(wide, narrow)
        if self.family.startswith(("Numeric", "Date")) and "Than" in self.family and wide != narrow:
            return ordered(wide, narrow) if "Less" in self.family else ordered(narrow, wide)
        return wide == narrow


def within(wide: str, narrow: str) -> bool:
    """Tell whether a range of addresses holds another."""
    try:
        outer, inner = ipaddress.ip_network(wide, strict=False), ipaddress.ip_network(narrow, strict=False)
        return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type] # same version
    except ValueError:
        return wide == narrow


def ordered(most: str, least: str) -> bool:
    """Tell whether a number or date is at least another."""
    try:
        return float(most) >= float(least)
    except ValueError:
        return most >= least


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
