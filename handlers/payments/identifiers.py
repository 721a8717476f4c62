"""Identifiers: card numbers, which none may be, and owners, whose names are hashes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator

# ISO/IEC 7812: the lengths of cards in use; no payment card begins with 0 or 1.
CARD_NUMBER = re.compile(r"[2-9](?:[ ._:-]?[0-9]){12,18}")
MOST_DIGITS = 19

# Digits with single separators between them, and the groups of digits among them.
FIGURES = re.compile(r"[0-9](?:[ ._:-]?[0-9])*")
GROUP = re.compile(r"[0-9]+")
SHORTEST_GROUP = 3


def looks_like_card(text: str) -> bool:
    """Return whether `text` is, but for separators, a card number with its check digit."""
    return bool(CARD_NUMBER.fullmatch(text)) and luhn(
        [int(character) for character in text if character.isdigit()]
    )


def holds_card(text: str) -> bool:
    """Return whether a card number with its check digit stands in `text`, not amid other digits.

    Other figures may stand beside it, such as the card's expiry date.
    """
    for figures in FIGURES.finditer(plain(text)):
        groups = GROUP.findall(figures[0])
        if looks_like_card(figures[0]) or any(map(looks_like_card, windows(groups))):
            return True
    return False


def plain(text: str) -> str:
    """Return `text` with the digits of every script as ASCII digits."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(character, character)) for character in text)


def windows(groups: list[str]) -> Iterator[str]:
    """Yield adjacent `groups` of digits, joined, up to the length of a card number.

    Groups shorter than those printed on cards are left out: any row of small numbers would hold a card.
    """
    for first in range(len(groups)):
        joined = ""
        for group in groups[first:]:
            joined += group
            if len(group) < SHORTEST_GROUP or len(joined) > MOST_DIGITS:
                break
            yield joined


def luhn(digits: list[int]) -> bool:
    """Return whether the last of `digits` is the check digit (ISO/IEC 7812-1, annex B) of the others."""
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def owner_of(caller: str) -> str:
    """Return the name under which `caller` owns transactions: a hash, so that no key id is stored."""
    # An invocation without the API may have half of a surrogate pair here, which is a name like any other.
    return hashlib.sha256(caller.encode(errors="surrogatepass")).hexdigest()[:32]
