"""Card numbers in ids and texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.payments.identifiers import holds_card, looks_like_card, luhn


@given(st.integers(10**11, 10**17))
def test_one_check_digit_in_ten_is_right(number: int) -> None:
    digits = [int(each) for each in str(number)]

    assert sum(luhn([*digits, last]) for last in range(10)) == 1


def test_a_card_number_is_seen_amid_text_and_not_amid_digits() -> None:
    assert looks_like_card("4111 1111 1111 1111")
    assert holds_card("4111 1111 1111 1111 12/29")
    assert holds_card("2 of 4111-1111-1111-1111-123")
    assert holds_card("3782 822463 10005 1234")
    assert holds_card("\uff14\uff11\uff11\uff11 1111 1111 \u0661\u0661\u0661\u0661")
    assert not holds_card("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25")
    assert holds_card("card 4111111111111111, thanks")
    assert not holds_card("94111111111111111000001")
    assert not holds_card("2026-11-24T02:15:31.123Z")
