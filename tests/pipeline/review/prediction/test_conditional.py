"""Conditional properties: every one of the registry has an outcome, and some depend on the values."""

from __future__ import annotations

import pytest

from pipeline.review.prediction.conditional import BY_VALUE, UPDATES, outcome
from pipeline.review.prediction.schemas import table
from tests.pipeline.review.templates import Template
from tests.pipeline.review.verdicts import reviewed, verdicts

LISTED = [(kind, path) for kind, entry in table().items() for path in entry.get("conditional", ())]


def test_every_conditional_property_of_the_registry_has_an_outcome() -> None:
    """No conditional property of the registry is missing from the pages."""
    assert not [
        (kind, path) for kind, path in LISTED if kind not in UPDATES or not UPDATES[kind].outcome(path)
    ]


def test_every_outcome_is_about_a_conditional_property_of_the_registry() -> None:
    """No page, and no decision by value, is about a property that the registry does not call conditional."""
    paged = [
        (kind, path)
        for kind, page in UPDATES.items()
        for path in f"{page.in_place} {page.interrupts} {page.may_replace}".split()
    ]

    assert sorted(paged) == sorted(LISTED)
    assert set(BY_VALUE) <= set(LISTED)


def test_a_type_that_no_page_is_about_may_be_replaced() -> None:
    """A conditional property that nobody has looked up may replace its resource."""
    assert "may replace" == outcome("Custom::Ledger", "Name", ("a", "b"), {})


@pytest.mark.parametrize(("online", "risks"), [(True, ""), (False, " STATEFUL_REPLACEMENT")])
def test_shards_of_a_cache_move_online_where_its_policy_says_so(online: bool, risks: str) -> None:
    """UseOnlineResharding decides whether other shards make another cache."""

    def template(slots: str) -> Template:
        cache = {
            "Type": "AWS::ElastiCache::ReplicationGroup",
            "Properties": {"NodeGroupConfiguration": [{"Slots": slots}]},
            "UpdatePolicy": {"UseOnlineResharding": online},
        }
        return {"Resources": {"R": cache}}

    verdict = f"R Conditional ReplaceAndDelete (NodeGroupConfiguration?){risks}"
    assert {verdict} == verdicts(reviewed(template("0-9"), template("0-8")))
