"""Stack tags: what a release that changes the tags of its stack changes with them."""

from __future__ import annotations

from typing import Any

from pipeline.review.model import Review
from pipeline.review.reviews import of_stacks, side
from pipeline.review.verdict import Policy, decide
from tests.pipeline.review.renderers.rendering import FORMATS, rendering

CHILD: dict[str, Any] = {
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Named": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Key": "Team", "Value": "own"}]}},
        "Mapped": {"Type": "AWS::SSM::Parameter", "Properties": {"Tags": {"Team": "own"}}},
        "Alias": {"Type": "AWS::KMS::Alias"},
    }
}
ROOT: dict[str, Any] = {
    "Resources": {
        "Data": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "data"}},
        "Topic": {"Type": "AWS::SNS::Topic"},
    }
}


def reviewed(old: dict[str, str], new: dict[str, str], root: dict[str, Any] = ROOT) -> Review:
    """The review of a release whose tags change."""
    before, after = (side(each, {"Data": CHILD}, {}) for each in (ROOT, root))
    return of_stacks(before, after, "", (old, new))


def test_every_resource_that_takes_tags_changes_in_them_nested_ones_too() -> None:
    review = reviewed({"Team": "red", "Same": "x"}, {"Team": "blue", "Same": "x"})

    assert {"Data", "Topic", "Data/Queue"} == {change.id for change in review.changes}
    for change in review.changes:
        assert ("Modify", "False", "stack tags") == (change.action, change.replacement, change.cause)
        assert [("Tags/Team", "red", "blue")] == [
            (each.path, each.before, each.after) for each in change.properties
        ]
    assert 3 == review.unchanged
    assert 0 == decide(review, Policy()).code


def test_a_tag_that_a_resource_sets_itself_stays_but_others_follow() -> None:
    review = reviewed({"Team": "red"}, {"Team": "blue", "Cost": "1"})

    found = {change.id: [each.path for each in change.properties] for change in review.changes}
    assert ["Tags/Cost"] == found["Data/Named"] == found["Data/Mapped"]


def test_a_change_beside_them_keeps_its_place_and_cause() -> None:
    edited = {"Resources": ROOT["Resources"] | {"Topic": topic("x")}}

    review = reviewed({}, {"Team": "blue"}, edited)

    (change,) = (each for each in review.changes if each.id == "Topic")
    assert ["DisplayName", "Tags/Team"] == [each.path for each in change.properties]
    assert change.cause is None


def topic(name: str) -> dict[str, Any]:
    """A topic by what it is called."""
    return {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}}


def test_they_are_told_once_and_together() -> None:
    review = reviewed({"Team": "red"}, {"Team": "blue"})

    for kind in FORMATS:
        text = " ".join(rendering(review, kind).split())
        if kind != "json":
            assert 1 == text.count("Tags/Team: red → blue")
            assert "3 only in tags of the stack" in text or "3 change only in tags of the stack" in text


def test_a_secret_in_a_tag_is_hidden() -> None:
    review = reviewed({"ApiToken": "hunter21"}, {"ApiToken": "hunter22"})

    assert not [kind for kind in FORMATS if "hunter" in rendering(review, kind)]
