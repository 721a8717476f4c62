"""Patterns and conditions: what one takes in of another."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipeline.evaluation.values import Value
from pipeline.review.rules.conditions import at_least_as_strict, clauses
from pipeline.review.rules.patterns import Patterns, contains, overlap

LETTERS = some.text("ab*?", max_size=6)
NAMES = some.text("ab", max_size=6)


@given(LETTERS, LETTERS, NAMES)
def test_what_a_pattern_contains_it_matches(wide: str, narrow: str, name: str) -> None:
    if contains(wide, narrow) and fnmatchcase(name, narrow):
        assert fnmatchcase(name, wide)


@given(LETTERS, LETTERS, NAMES)
def test_patterns_that_match_the_same_name_overlap(one: str, other: str, name: str) -> None:
    if fnmatchcase(name, one) and fnmatchcase(name, other):
        assert overlap(one, other)


@given(
    some.lists(LETTERS, min_size=1), some.lists(LETTERS, min_size=1), NAMES, some.booleans(), some.booleans()
)
def test_a_set_that_covers_another_holds_all_of_it(
    wide: list[str], narrow: list[str], name: str, wide_but: bool, narrow_but: bool
) -> None:
    outer, inner = Patterns(tuple(wide), wide_but), Patterns(tuple(narrow), narrow_but)

    def holds(patterns: Patterns) -> bool:
        return patterns.negated is not any(fnmatchcase(name, each) for each in patterns.patterns)

    if outer.covers(inner) and holds(inner):
        assert holds(outer)
    if holds(outer) and holds(inner):
        assert outer.meets(inner)


STRICTER: list[tuple[dict[str, Value], dict[str, Value]]] = [
    ({"StringEquals": {"k": "a"}}, {}),
    ({"StringEquals": {"k": "a"}}, {"StringEquals": {"K": ["a", "b"]}}),
    ({"StringEquals": {"k": "ab"}}, {"StringLike": {"k": "a*"}}),
    ({"StringLike": {"k": "ab*"}}, {"StringLike": {"k": "a*"}}),
    ({"ArnEquals": {"k": "arn:a:b"}}, {"ArnLike": {"k": "arn:a:*"}}),
    ({"StringNotEquals": {"k": ["a", "b"]}}, {"StringNotEquals": {"k": "a"}}),
    ({"StringEquals": {"k": "a"}}, {"StringEqualsIfExists": {"k": "a"}}),
    ({"IpAddress": {"k": "10.1.0.0/16"}}, {"IpAddress": {"k": "10.0.0.0/8"}}),
    ({"NotIpAddress": {"k": "10.0.0.0/8"}}, {"NotIpAddress": {"k": "10.1.0.0/16"}}),
    ({"NumericLessThan": {"k": 5}}, {"NumericLessThan": {"k": 10}}),
    ({"NumericGreaterThan": {"k": 10}}, {"NumericGreaterThan": {"k": 5}}),
    ({"Bool": {"k": True}}, {"Bool": {"k": "true"}}),
    ({"ForAnyValue:StringEquals": {"k": "a"}}, {"ForAnyValue:StringEquals": {"k": ["a", "b"]}}),
]
NO_STRICTER: list[tuple[dict[str, Value], dict[str, Value]]] = [
    ({}, {"StringEquals": {"k": "a"}}),
    ({"StringEquals": {"k": "a"}}, {"StringEquals": {"other": "a"}}),
    ({"StringLike": {"k": "a*"}}, {"StringEquals": {"k": "ab"}}),
    ({"StringEqualsIfExists": {"k": "a"}}, {"StringEquals": {"k": "a"}}),
    ({"ForAllValues:StringEquals": {"k": "a"}}, {"StringEquals": {"k": "a"}}),
    ({"StringNotEquals": {"k": "a"}}, {"StringEquals": {"k": "a"}}),
    ({"NumericLessThan": {"k": 10}}, {"NumericLessThan": {"k": 5}}),
    ({"IpAddress": {"k": "10.0.0.0/8"}}, {"IpAddress": {"k": "10.1.0.0/16"}}),
]


@pytest.mark.parametrize(("strict", "lax"), STRICTER)
def test_stricter(strict: dict[str, Value], lax: dict[str, Value]) -> None:
    assert at_least_as_strict(clauses(strict), clauses(lax))


@pytest.mark.parametrize(("strict", "lax"), NO_STRICTER)
def test_no_stricter(strict: dict[str, Value], lax: dict[str, Value]) -> None:
    assert not at_least_as_strict(clauses(strict), clauses(lax))
