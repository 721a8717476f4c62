"""Delays of retries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.payments.retry import delay


@given(st.integers(1, 50), st.floats(0, 1))
def test_a_delay_is_one_that_sqs_takes(attempts: int, part: float) -> None:
    assert 1 <= delay(attempts, lambda _, most: part * most) <= 900


def test_delays_double_up_to_the_longest() -> None:
    longest = [delay(attempts, lambda _, most: most) for attempts in range(1, 9)]

    assert longest == [15, 30, 60, 120, 240, 480, 900, 900]
