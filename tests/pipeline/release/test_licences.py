"""Licences of what is locked: each is known, and none binds those who use the product."""

from __future__ import annotations

import re

import pytest

from tests.documents.licences import locked, table, written

WRITTEN = written()
# What binds whoever passes a program on that is linked with it.
COPYLEFT = re.compile(r"\bA?GPL|General Public License|SSPL|EUPL|CC-BY-NC", re.IGNORECASE)


def test_nothing_that_is_shipped_binds_its_users() -> None:
    shipped = [pin for pin, locks in locked().items() if "libraries" in locks]

    assert shipped
    assert [] == [pin for pin in shipped if COPYLEFT.search(WRITTEN[pin])]


def test_a_requirement_whose_licence_is_not_to_be_had_is_told() -> None:
    locks = {("here", "1"): ["build"], ("gone", "2"): ["scan", "tox"]}

    with pytest.raises(LookupError, match=r"requirements/scan\.txt: gone==2 is not installed here"):
        table(locks, {("here", "1"): "MIT"}, {})


def test_another_version_is_not_taken_for_the_same() -> None:
    with pytest.raises(LookupError):
        table({("here", "2"): ["build"]}, {("here", "1"): "MIT"}, {("here", "1"): "MIT"})
