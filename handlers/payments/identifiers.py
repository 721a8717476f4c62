"""Identifiers: what an id may not be, and how one is kept without being told."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator

# ISO/IEC 7812: what cards in use have; numbers that begin with 0 or 1 are no payment cards.
CARD_NUMBER = re.compile(r"[2-9](?:[ ._:-]?[0-9]){12,18}")
MOST_DIGITS = 19

# Digits with single separators between them, and the groups that those part them into.
FIGURES = re.compile(r"[0-9](?:[ ._:-]?[0-9])*")
GROUP = re.compile(r"[0-9]+")
SHORTEST_GROUP = 3


def looks_like_card(text: str) -> bool:
    """Whether `text` is, but for separators, a card number with its check digit."""
    return bool(CARD_NUMBER.fullmatch(text)) and luhn([int(each) for each in text if each.isdigit()])


def holds_card(text: str) -> bool:
    """Whether a card number with its check digit stands somewhere in `text`, not amid other digits.

    Beside it may stand other figures, such as the date that the card expires.
    """
    for found in FIGURES.finditer(plain(text)):
        groups = GROUP.findall(found[0])
        if looks_like_card(found[0]) or any(map(looks_like_card, windows(groups))):
            return True
    return False


def plain(text: str) -> str:
    """`text` with the digits of every script as ASCII has them."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(each, each)) for each in text)


def windows(groups: list[str]) -> Iterator[str]:
    """Whatever stands together in `groups` of digits, and is as long as a card number may be.

    Shorter groups than cards are printed in are left out: any row of small numbers would hold a card.
    """
    for first in range(len(groups)):
        joined = ""
        for group in groups[first:]:
            joined += group
            if len(group) < SHORTEST_GROUP or len(joined) > MOST_DIGITS:
                break
            yield joined


def luhn(digits: list[int]) -> bool:
    """Whether the last of `digits` is the check digit (ISO/IEC 7812-1, annex B) of those before it."""
    doubled = [sum(divmod(2 * each, 10)) for each in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def owner_of(caller: str) -> str:
    """The name under which `caller` owns transactions: a hash, so that the table holds no key id."""
    # Whoever invokes a function by hand may spell half a character; it is told from all others, as any is.
    return hashlib.sha256(caller.encode(errors="surrogatepass")).hexdigest()[:32]
