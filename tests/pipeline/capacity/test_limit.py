from __future__ import annotations

import math

import pytest

from pipeline.capacity.limit import Limit, executions


def limit(most: float, each: float, standing: float = 0) -> Limit:
    return Limit(
        what="things",
        place="here",
        limit=most,
        need=lambda rate: standing + each * rate,
        turn="it",
        source="a page",
    )


@pytest.mark.parametrize(("busy", "lines"), [(0.001, 1), (0.762, 5), (3.09, 10), (75.2, 100)])
def test_executions_are_those_of_the_published_tables(busy: float, lines: int) -> None:
    """Erlang B at a loss of one in a thousand, as tables of telephone traffic have it."""
    assert lines == executions(busy, 1)
    assert lines + 1 == executions(busy * 1.01, 1)


def test_twice_as_long_counts_as_twice_as_many() -> None:
    assert executions(20, 0.5) == executions(10, 1.0)


def test_nobody_who_comes_needs_nothing() -> None:
    assert 0 == executions(0, 10)


def test_a_limit_serves_the_rate_at_which_it_is_full() -> None:
    assert 30 == pytest.approx(limit(100, 3, standing=10).serves(), abs=1e-4)
    assert 100 == pytest.approx(limit(100, 3, standing=10).percent(30))


def test_a_limit_that_no_rate_reaches_serves_any() -> None:
    assert math.isinf(limit(100, 0, standing=100).serves())


def test_a_limit_that_is_exceeded_already_serves_none() -> None:
    assert 0 == limit(100, 1, standing=101).serves()
