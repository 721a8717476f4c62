"""Every fact of the original is asserted by a test that names it, or listed with the reason for a change."""

from __future__ import annotations

import re

import pytest

from tests.paths import CHECKOUT
from tests.templates.rendered import TEMPLATES

FACTS = re.findall(r"^\| (F\d{3}) \|", (CHECKOUT / "docs" / "original.md").read_text(), re.MULTILINE)


def numbers(text: str) -> set[str]:
    """The facts that `text` names, singly or as a range of two."""
    named = set(re.findall(r"F\d{3}", text))
    for first, last in re.findall(r"F(\d{3})(?:-| to )F?(\d{3})", text):
        named |= {f"F{number:03}" for number in range(int(first), int(last) + 1)}
    return named


def asserted() -> set[str]:
    return set().union(*(numbers(path.read_text()) for path in (CHECKOUT / "tests").rglob("test_*.py")))


def listed() -> dict[str, str]:
    """The reason of every changed fact, by its number."""
    rows = re.findall(
        r"^\| (F\d{3}[^|]*)\|[^|]*\|([^|]*)\|([^|]*)\|",
        (CHECKOUT / "docs" / "fidelity.md").read_text(),
        re.MULTILINE,
    )
    return {number: kept + reason for named, kept, reason in rows for number in numbers(named)}


ASSERTED, LISTED = asserted(), listed()


def test_there_are_facts_to_keep() -> None:
    assert len(FACTS) > 150


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_is_kept_by_a_test_or_changed_for_a_reason(fact: str) -> None:
    assert fact in ASSERTED or LISTED[fact].strip()


@pytest.mark.parametrize("title", list(TEMPLATES))
def test_nothing_is_exported(title: str) -> None:
    """F195: an export would tie other stacks to this one by name."""
    assert [] == [name for name, output in TEMPLATES[title].get("Outputs", {}).items() if "Export" in output]
