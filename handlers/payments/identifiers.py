"""Identifiers: what an id may not be, and how one is kept without being told."""

from __future__ import annotations

import hashlib
import re

# ISO/IEC 7812: what cards in use have; numbers that begin with 0 or 1 are no payment cards.
CARD_NUMBER = re.compile(r"[2-9](?:[ ._:-]?[0-9]){12,18}")


def looks_like_card(text: str) -> bool:
    """Whether `text` is, but for separators, a card number with its check digit."""
    return bool(CARD_NUMBER.fullmatch(text)) and luhn([int(each) for each in text if each.isdigit()])


def holds_card(text: str) -> bool:
    """Whether a card number with its check digit stands somewhere in `text`, not amid other digits."""
    for found in re.finditer(rf"(?<![0-9]){CARD_NUMBER.pattern}(?![0-9])", text):
        if looks_like_card(found[0]):
            return True
    return False


def luhn(digits: list[int]) -> bool:
    """Whether the last of `digits` is the check digit (ISO/IEC 7812-1, annex B) of those before it."""
    doubled = [sum(divmod(2 * each, 10)) for each in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def owner_of(caller: str) -> str:
    """The name under which `caller` owns transactions: a hash, so that the table holds no key id."""
    return hashlib.sha256(caller.encode()).hexdigest()[:32]
