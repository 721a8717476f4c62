"""Rules: each finds what it is about somewhere, and nothing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from pipeline.review.change_set import parse, read
from pipeline.review.model import Review
from pipeline.review.rules import RULES
from pipeline.review.rules.context import Context, Rule
from tests.pipeline.review.change_set.recorded import FOLDER, answer
from tests.pipeline.review.tables import edits
from tests.pipeline.review.templates import base, edited, folder
from tests.pipeline.review.templates import read as template
from tests.pipeline.review.verdicts import reviewed

TABLES = (
    "databases",
    "database_parts",
    "keys",
    "dynamodb_tables",
    "buckets",
    "queues",
    "functions",
    "rollouts",
    "apis",
    "operations",
    "networks",
    "security_groups",
    "security_group_rules",
    "roles",
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
    open_value = {
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {
            "T": {"Type": "AWS::DynamoDB::Table", "Properties": {"DeletionProtectionEnabled": {"Ref": "P"}}}
        },
    }
    protected = edited(open_value, {"T/DeletionProtectionEnabled": "true"})
    yield reviewed(protected, open_value)
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


def name(rule: Rule) -> str:
    """Return the name of a rule, with its module."""
    return f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_rule_finds_its_risk_and_nothing_else(rule: Rule) -> None:
    """The rule has a risk for some change, and none for more than two thirds of all changes."""
    found = [bool(list(rule(change, context))) for context in contexts() for change in context.review.changes]

    assert any(found)
    assert sum(found) < len(found) / 3
