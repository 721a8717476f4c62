"""Amounts in minor units, and the currencies that a deployment accepts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.payments.money import MINOR_DIGITS, Money, MoneyError, accepted


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("10.5", "USD", 1050), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("1E+2", "EUR", 10000)],
)
def test_minor_units_are_those_of_the_currency(amount: str, currency: str, minor: int) -> None:
    assert Money.of(Decimal(amount), currency).minor == minor


@pytest.mark.parametrize(("amount", "currency"), [("0.1", "JPY"), ("1.2345", "KWD"), ("1.001", "USD")])
def test_a_part_of_a_minor_unit_is_no_money(amount: str, currency: str) -> None:
    with pytest.raises(MoneyError, match="digits after the point"):
        Money.of(Decimal(amount), currency)


@given(st.integers(1, 10**12 - 1), st.sampled_from(sorted(MINOR_DIGITS)))
def test_an_amount_written_and_read_is_the_same(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.of(Decimal(money.figure), currency) == money


@pytest.mark.parametrize("setting", ["USD,XXX", "usd", "", "USD,,EUR", "ISK"])
def test_a_currency_that_is_not_known_is_told_with_those_that_are(setting: str) -> None:
    with pytest.raises(MoneyError, match=r"^ACCEPTED_CURRENCIES: found .*, expected codes .*USD"):
        accepted(setting)
