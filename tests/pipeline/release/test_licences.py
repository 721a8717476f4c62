"""Licences of what is locked: told, current, and none that binds those who use the product."""

from __future__ import annotations

import re

import pytest

from tests import licences
from tests.licences import document, installed, locked, written

WRITTEN = written()
# What binds whoever passes a program on that is linked with it.
COPYLEFT = re.compile(r"\bA?GPL|General Public License|SSPL|EUPL|CC-BY-NC", re.IGNORECASE)


def test_every_locked_requirement_is_listed_as_it_is() -> None:
    """Mended by: python -m tests.licences (docs/licences.md)."""
    assert licences.DOCUMENT.read_text() == document(locked(), installed([]), WRITTEN)


def test_nothing_that_is_shipped_binds_its_users() -> None:
    shipped = [pin for pin, locks in locked().items() if "libraries" in locks]

    assert shipped
    assert [] == [pin for pin in shipped if COPYLEFT.search(WRITTEN[pin])]


def test_a_requirement_whose_licence_is_not_to_be_had_is_told() -> None:
    locks = {("here", "1"): ["build"], ("gone", "2"): ["scan", "tox"]}

    with pytest.raises(LookupError, match=r"requirements/scan\.txt: gone==2 is not installed here"):
        document(locks, {("here", "1"): "MIT"}, {})


def test_another_version_is_not_taken_for_the_same() -> None:
    with pytest.raises(LookupError):
        document({("here", "2"): ["build"]}, {("here", "1"): "MIT"}, {("here", "1"): "MIT"})
