"""Rules: each finds what it is about somewhere, and nothing elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from pipeline.evaluation.values import KNOWN_AFTER_APPLY
from pipeline.review.change_set import parse, read
from pipeline.review.model import Review
from pipeline.review.reviews import judge
from pipeline.review.rules import RULES
from pipeline.review.rules.context import Context, Rule
from pipeline.review.rules.descriptions import DESCRIPTIONS, PARAMETERS, POSSIBILITIES, REFUSALS, TRANSFORMS
from tests.pipeline.review.change_set.recorded import FOLDER, answer
from tests.pipeline.review.tables import edits
from tests.pipeline.review.templates import base, edited, folder
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
    "api_definitions",
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
    others = {REFUSALS, PARAMETERS, POSSIBILITIES, TRANSFORMS}

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


def modified(kind: str, name: str, before: Any, after: Any, requires: str = "Never") -> Review:
    """Return the judged review of a change set that modifies one property."""
    target = {
        "Attribute": "Properties",
        "Name": name,
        "Path": f"/Properties/{name}",
        "RequiresRecreation": requires,
        "AttributeChangeType": "Modify",
    }
    change = {
        "Action": "Modify",
        "LogicalResourceId": "R",
        "ResourceType": kind,
        "Replacement": {"Never": "False", "Conditionally": "Conditional"}[requires],
        "Details": [{"Target": target, "ChangeSource": "DirectModification"}],
    }
    if before is not None:
        change |= {
            f"{side}Context": json.dumps({"Properties": {name: value}})
            for side, value in (("Before", before), ("After", after))
        }
    return judge(
        read.review([{"ChangeSetId": "a", "Changes": [{"Type": "Resource", "ResourceChange": change}]}])
    )


@pytest.mark.parametrize("values", [(7, 14), (None, None)], ids=["with values", "without values"])
def test_conditional_replacement_of_a_change_set_is_judged_by_what_aws_does(values: tuple[Any, Any]) -> None:
    """A change set that may replace a database for its backups says that it may interrupt it, no more."""
    kind, name = "AWS::RDS::DBInstance", "BackupRetentionPeriod"
    review = modified(kind, name, *values, "Conditionally")
    moved = modified(kind, "AvailabilityZone", *values, "Conditionally")

    assert ["INTERRUPTION"] == [risk.kind for _, risk in review.risks() if risk.kind != "UNJUDGED"]
    assert ["STATEFUL_REPLACEMENT"] == [risk.kind for _, risk in moved.risks()]


@pytest.mark.parametrize(
    ("after", "risks"), [(KNOWN_AFTER_APPLY, []), ("arn:aws:sns:::x", ["DESTINATION_CHANGE"])]
)
def test_destination_that_follows_a_replacement_is_no_other_one(after: str, risks: list[str]) -> None:
    """A topic that a change set replaces is the same destination; another topic is not."""
    review = modified("AWS::Logs::SubscriptionFilter", "DestinationArn", "arn:aws:sns:::payments", after)

    assert risks == [risk.kind for _, risk in review.risks()]


def test_role_that_follows_a_replacement_is_no_other_one() -> None:
    """A role that a change set replaces is judged by its own change; one that is named is another."""
    old, named = "arn:aws:iam::111122223333:role/old", "arn:aws:iam::111122223333:role/admin"
    kinds = [
        [risk.kind for _, risk in modified("AWS::Lambda::Function", "Role", old, new).risks()]
        for new in (KNOWN_AFTER_APPLY, named)
    ]

    assert [[], ["IAM_WIDENING"]] == kinds


@pytest.mark.parametrize(
    ("kind", "name", "risks"),
    [
        ("AWS::Lambda::Function", "Environment", ["UNJUDGED"]),
        ("AWS::Lambda::Function", "Role", ["UNJUDGED"]),
        ("AWS::Lambda::Function", "Description", []),
        ("AWS::SNS::Subscription", "Endpoint", ["UNJUDGED"]),
        ("AWS::Events::Rule", "Targets", ["UNJUDGED"]),
        ("AWS::S3::Bucket", "ReplicationConfiguration", ["UNJUDGED"]),
    ],
)
def test_values_that_were_not_told_are_unjudged_where_a_rule_would_have_looked_at_them(
    kind: str, name: str, risks: list[str]
) -> None:
    assert risks == [risk.kind for _, risk in modified(kind, name, None, None).risks()]
