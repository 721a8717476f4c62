"""Money: an integer in minor units, with its currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from handlers.payments.contract import WHOLE_DIGITS

# ISO 4217 list one, column "Mnr Unt", of the currencies that a deployment may accept. Left out on
# purpose: those whose minor unit the gateway counts otherwise (docs.stripe.com/currencies: ISK, MGA, UGX).
MINOR_DIGITS: Mapping[str, int] = {
    code: digits
    for digits, codes in (
        (0, "CLP JPY KRW PYG VND XAF XOF"),
        (2, "AED AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF IDR ILS INR MXN MYR NOK NZD PHP PLN RON"),
        (2, "SAR SEK SGD THB TRY USD ZAR"),
        (3, "BHD JOD KWD OMR TND"),
    )
    for code in codes.split()
}


class MoneyError(ValueError):
    """An amount or a currency that is not accepted; says what was expected."""


@dataclass(frozen=True)
class Money:
    """`minor` units of `currency`: 1050 of USD is $10.50."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Money:
        """Return `amount` of `currency` as money; raises MoneyError where it is no whole number of units."""
        digits = MINOR_DIGITS[currency]
        check(amount, digits)
        return cls(int(amount.scaleb(digits)), currency)

    @property
    def figure(self) -> str:
        """The amount in major units: `10.50`."""
        return f"{Decimal(self.minor).scaleb(-MINOR_DIGITS[self.currency]):f}"


def check(amount: Decimal, digits: int) -> None:
    """Raise MoneyError unless `amount` is positive, in range, and has at most `digits` after the point."""
    # Before any arithmetic: 1e999999 would make an integer of a million digits.
    if not amount.is_finite() or amount.adjusted() >= WHOLE_DIGITS:
        raise MoneyError(f"expected at most {WHOLE_DIGITS} digits before the point")
    if amount <= 0:
        raise MoneyError("expected a positive amount")
    if places(amount) > digits:
        raise MoneyError(f"expected at most {digits} digits after the point")


def places(amount: Decimal) -> int:
    """Return the number of digits after the point that `amount` was written with."""
    return max(0, -int(amount.as_tuple().exponent))


def accepted(setting: str) -> frozenset[str]:
    """Return the currencies in `setting`, codes joined by commas; raises MoneyError for an unknown one."""
    codes = frozenset(code.strip() for code in setting.split(","))
    unknown = sorted(codes - MINOR_DIGITS.keys())
    if unknown:
        raise MoneyError(
            f"ACCEPTED_CURRENCIES: found {', '.join(map(repr, unknown))}, "
            f"expected codes joined by commas, each one of {', '.join(sorted(MINOR_DIGITS))}"
        )
    return codes
