"""Rules: each sees what it is about somewhere, and keeps silent elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from pipeline.review.change_set import parse, read
from pipeline.review.model import Review
from pipeline.review.reviews import of_templates
from pipeline.review.rules import RULES
from pipeline.review.rules.context import Context, Rule
from tests.pipeline.review import (
    test_databases,
    test_functions,
    test_losses,
    test_networks,
    test_permissions,
    test_renames,
    test_stores,
    test_values,
    test_verdicts_releases,
)
from tests.pipeline.review.neighbours import GONE, Template, base, edited


@cache
def reviews() -> list[Review]:
    """The review of every edit that the other tests know."""
    return [*(of_templates(old, new) for old, new in pairs()), *recorded()]


def pairs() -> Iterator[tuple[Template, Template]]:
    """The templates of every edit that the other tests know."""
    for edits, _ in test_databases.EDITS.values():
        yield base(test_databases.DATABASE), edited(base(test_databases.DATABASE), edits)
    for case, edits, _ in (*test_stores.EDITS.values(), *test_functions.EDITS.values()):
        yield base(case), edited(base(case), edits)
    for edits, _ in (*test_networks.OPENINGS.values(), *test_networks.NO_OPENINGS.values()):
        yield base(test_networks.GROUPS), edited(base(test_networks.GROUPS), edits)
    for edits, _ in test_networks.EDITS.values():
        yield base(test_networks.NETWORK), edited(base(test_networks.NETWORK), edits)
    for wider in (*test_permissions.WIDER.values(), *test_permissions.NO_WIDER.values()):
        yield base(test_permissions.ROLE), edited(base(test_permissions.ROLE), wider)
    for which in test_renames.RENAMES:
        case, name = which.split()
        yield base(case), test_renames.renamed(base(case), name, "Another")
    for _, kind, strong, weak in test_losses.EXAMPLES:
        yield test_losses.resource(kind, strong), test_losses.resource(kind, weak)
    yield from test_values.DIFFERENT.values()
    yield test_values.queue(), {"Resources": {"Q": {"Type": "AWS::SNS::Topic"}}}
    yield test_values.custom(ServiceToken="a"), test_values.custom(ServiceToken="b")
    yield base("136"), json.loads(next(Path(__file__).parent.glob("cases/136-*/new.json")).read_text("utf-8"))
    yield (
        test_verdicts_releases.GUIDED,
        edited(test_verdicts_releases.GUIDED, {"LiveAlias.UpdatePolicy": GONE}),
    )
    for name, old, new in (
        ("AWS::ElasticLoadBalancingV2::Listener", {"Protocol": "HTTPS"}, {"Protocol": "HTTP"}),
        ("AWS::SQS::Queue", {"DelaySeconds": 1}, {"SqsManagedSseEnabled": False}),
        ("AWS::ApiGateway::DomainName", {"SecurityPolicy": "TLS_1_2"}, {"SecurityPolicy": "TLS_1_0"}),
    ):
        yield test_losses.resource(name, old), test_losses.resource(name, new)


def recorded() -> Iterator[Review]:
    """Reviews of what AWS recorded, as it is and with its values cut off or left out."""
    folder = Path(__file__).with_name("changesets")
    yield read.review(parse.read([folder / "trek10-nested-root.json"]))
    told = json.loads((folder / "cdk-iam-changes.json").read_text(encoding="utf-8"))
    change = told["Changes"][0]["ResourceChange"]
    change["AfterContext"] = change["AfterContext"][:99]
    yield read.review([told])
    target = {"Attribute": "Properties", "Name": "PolicyDocument", "RequiresRecreation": "Never"}
    yield read.review(
        [
            {
                "ChangeSetId": "a",
                "Changes": [{"ResourceChange": change | CONTEXTLESS | {"Details": [{"Target": target}]}}],
            }
        ]
    )


CONTEXTLESS = {"BeforeContext": None, "AfterContext": None}


@pytest.mark.parametrize(
    "rule", RULES, ids=lambda rule: f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"
)
def test_rule_sees_its_risk_and_nothing_else(rule: Rule) -> None:
    seen = [bool(list(rule(change, context))) for context in contexts() for change in context.review.changes]

    assert any(seen)
    assert sum(seen) < len(seen) / 3


@cache
def contexts() -> list[Context]:
    """What the rules look at, for each review."""
    return [Context(review) for review in reviews()]
