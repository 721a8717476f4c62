"""Rules: each finds what it is about somewhere, and nothing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from pipeline.review.change_set import parse, read
from pipeline.review.model import Review
from pipeline.review.reviews import judge
from pipeline.review.rules import RULES
from pipeline.review.rules.context import Context, Rule
from pipeline.review.rules.descriptions import DESCRIPTIONS, PARAMETERS, REFUSALS
from tests.pipeline.review.change_set.recorded import FOLDER, answer
from tests.pipeline.review.tables import edits
from tests.pipeline.review.templates import base, folder
from tests.pipeline.review.templates import read as template
from tests.pipeline.review.verdicts import reviewed

TABLES = (
    "databases",
    "cluster_members",
    "database_parts",
    "keys",
    "dynamodb_tables",
    "buckets",
    "destinations",
    "queues",
    "functions",
    "rollouts",
    "apis",
    "operations",
    "networks",
    "network_acls",
    "security_groups",
    "security_group_rules",
    "roles",
    "other_roles",
    "encryption",
    "losses_protection",
    "losses_data",
    "losses_service",
    "renames",
)


@cache
def contexts() -> list[Context]:
    """Return what the rules look at, for reviews of the tables' edits and of recorded change sets."""
    return [Context(review) for review in reviews()]


def reviews() -> Iterator[Review]:
    """Yield the reviews that the rules look at."""
    for edit in edits(*TABLES):
        _, review = next(edit.reviews())
        yield review
    yield reviewed(base("136"), template(folder("136") / "new.json"))
    queue, topic, custom = "AWS::SQS::Queue", "AWS::SNS::Topic", "Custom::Migration"
    yield reviewed({"Resources": {"Q": {"Type": queue}}}, {"Resources": {"Q": {"Type": topic}}})
    one, other = (
        {"Resources": {"C": {"Type": custom, "Properties": {"ServiceToken": token}}}} for token in ("a", "b")
    )
    yield reviewed(one, other)
    yield from recorded()


def recorded() -> Iterator[Review]:
    """Yield reviews of recorded change sets: as they are, with values cut off, and without values."""
    yield read.review(parse.read([FOLDER / "trek10-nested-root.json"]))
    truncated = answer("cdk-iam-changes")
    change = truncated["Changes"][0]["ResourceChange"]
    change["AfterContext"] = change["AfterContext"][:99]
    yield read.review([truncated])
    target = {"Attribute": "Properties", "Name": "PolicyDocument", "RequiresRecreation": "Never"}
    without_values = {"BeforeContext": None, "AfterContext": None, "Details": [{"Target": target}]}
    yield read.review([{"ChangeSetId": "a", "Changes": [{"ResourceChange": change | without_values}]}])
    yield read.review([deleted_by_hand("AWS::DynamoDB::Table")])


def deleted_by_hand(kind: str) -> dict[str, Any]:
    """Return the answer about a drift-aware change set that creates again what somebody deleted."""
    change = {
        "Action": "Add",
        "LogicalResourceId": "R",
        "PhysicalResourceId": "payments",
        "ResourceType": kind,
        "ResourceDriftStatus": "DELETED",
        "AfterContext": "{}",
    }
    return {"ChangeSetId": "a", "Changes": [{"Type": "Resource", "ResourceChange": change}]}


def name(rule: Rule) -> str:
    """Return the name of a rule, with its module."""
    return f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_rule_finds_its_risk_and_nothing_else(rule: Rule) -> None:
    """The rule has a risk for some change, and none for more than two thirds of all changes."""
    found = [bool(list(rule(change, context))) for context in contexts() for change in context.review.changes]

    assert any(found)
    assert sum(found) < len(found) / 3


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_rule_raises_only_what_its_description_has(rule: Rule) -> None:
    """Each rule has one description, and raises the classes that it lists."""
    (described,) = [each for each in DESCRIPTIONS if each.rule == name(rule)]
    raised = {
        risk.kind
        for context in contexts()
        for change in context.review.changes
        for risk in rule(change, context)
    }

    assert raised <= set(described.kinds)


def test_every_description_is_of_a_rule() -> None:
    """No description outlives its rule."""
    others = {REFUSALS, PARAMETERS}

    assert others == {each.rule for each in DESCRIPTIONS} - {name(rule) for rule in RULES}


@pytest.mark.parametrize(
    ("kind", "risks"), [("AWS::DynamoDB::Table", ["STATEFUL_DELETION"]), ("AWS::SNS::Topic", [])]
)
def test_what_was_deleted_by_hand_and_is_created_again_is_a_risk_if_it_held_data(
    kind: str, risks: list[str]
) -> None:
    """A drift-aware change set that creates a deleted table again creates it empty."""
    review = judge(read.review([deleted_by_hand(kind)]))

    assert risks == [risk.kind for _, risk in review.risks()]
