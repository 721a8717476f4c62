"""Robustness: whatever a template holds, a review says something or refuses, and never crashes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.pipeline.review.renderers.rendering import FORMATS, rendering
from tests.pipeline.review.templates import Template, base
from tests.pipeline.review.verdicts import reviewed

BASES = [base(number) for number in ("004", "024", "040", "048", "056", "076", "092", "100", "116", "136")]
ODD: list[Any] = [
    "",
    "*",
    5,
    1.5,
    None,
    True,
    [],
    {},
    [[1]],
    ["*"],
    {"AWS": "*"},
    {"Ref": "Nope"},
    {"Ref": "AWS::NoValue"},
    {"Fn::If": ["C", 1]},
    {"Fn::If": ["C", 1, 2]},
    {"Fn::GetAtt": "A"},
    {"Fn::GetAtt": 5},
    {"Fn::Sub": 5},
    {"Fn::Sub": "${A.B}-${AWS::Region}"},
    {"Fn::Join": [",", {"Ref": "AWS::Region"}]},
    {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
    {"Fn::Split": [",", {"Ref": "AWS::Region"}]},
    {"Fn::FindInMap": ["M", "a"]},
    {"Fn::Transform": {"Name": "x"}},
]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within the resources of a template."""
    if len(path) > 2:
        yield path
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, member in members:
        yield from places(member, (*path, name))


def disturbed(template: Template, path: tuple[Any, ...], value: object) -> Template:
    """A template with one place set to something odd."""
    made = copy.deepcopy(template)
    node: Any = made
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return made


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.data())
def test_nothing_in_a_template_crashes_a_review(data: some.DataObject) -> None:
    template = data.draw(some.sampled_from(BASES))
    path = data.draw(some.sampled_from(list(places(template))))
    other = disturbed(template, path, data.draw(some.sampled_from(ODD)))

    review = reviewed(template, other) if data.draw(some.booleans()) else reviewed(other, template)

    assert all(rendering(review, kind) for kind in FORMATS)
