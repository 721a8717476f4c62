"""Metamorphic: what a review says stays the same, or turns round, when its templates are rewritten."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from pipeline.evaluation import template_files
from pipeline.review.model import Review
from pipeline.review.reviews import of_templates
from tests.pipeline.review.templates import CASES, Template, base
from tests.pipeline.review.verdicts import reviewed, verdicts

BASES = ("004", "024", "040", "048", "056", "076", "088", "100", "116", "128", "148")
GIVEN = sorted(path for path in CASES.iterdir() if path.is_dir())
TURNED = {"Add": "Remove", "Remove": "Add", "Modify": "Modify"}
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Pair:
    """The templates of a given case, with its parameters."""

    def __init__(self, case: Path) -> None:
        self.old, self.new = (template_files.document(case / f"{side}.json") for side in ("old", "new"))
        self.nested = tuple(
            {path.stem: template_files.document(path) for path in (case / "nested" / side).glob("*.json")}
            for side in ("old", "new")
        )
        told = json.loads((case / "expect.json").read_text(encoding="utf-8"))["parameters"]
        self.given = (told["old"], told["new"])

    def review(self, rewritten: Callable[[Any], Any] = copy.deepcopy, *, turned: bool = False) -> Review:
        """The review of the pair, its new side rewritten, or of both sides turned round."""
        sides = [self.old, rewritten(self.new)]
        nested = [self.nested[0], rewritten(self.nested[1])]
        way = -1 if turned else 1
        return of_templates(
            *sides[::way],
            nested=(nested[::way][0], nested[::way][1]),
            given=self.given[::way],
        )


def shuffled(node: Any) -> Any:
    """Any JSON with the members of its objects in another order."""
    if isinstance(node, dict):
        return {name: shuffled(node[name]) for name in sorted(node, key=lambda name: name[::-1])}
    return [shuffled(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("case", GIVEN, ids=lambda case: str(case.name))
def test_a_template_against_itself_says_nothing(case: Path) -> None:
    pair = Pair(case)

    same = of_templates(
        pair.new, pair.new, nested=(pair.nested[1], pair.nested[1]), given=(pair.given[1], pair.given[1])
    )

    assert not same.changes
    assert not same.possible


@pytest.mark.parametrize("case", GIVEN, ids=lambda case: str(case.name))
def test_order_of_keys_never_matters(case: Path) -> None:
    pair = Pair(case)

    assert verdicts(pair.review()) == verdicts(pair.review(shuffled))


@pytest.mark.parametrize("case", GIVEN, ids=lambda case: str(case.name))
def test_sides_turned_round_turn_additions_into_removals(case: Path) -> None:
    pair = Pair(case)

    there = {change.id: change.action for change in pair.review().changes}
    back = {change.id: change.action for change in pair.review(turned=True).changes}

    assert {name: TURNED[action] for name, action in there.items()} == back


def named_anew(node: Any) -> Any:
    """Any JSON in which every statement of a policy goes by another name."""
    if isinstance(node, dict):
        made = {name: named_anew(member) for name, member in node.items()}
        return made | {"Sid": "Another"} if "Effect" in made and "Action" in made else made
    return [named_anew(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("case", GIVEN, ids=lambda case: str(case.name))
def test_names_of_statements_never_matter(case: Path) -> None:
    pair = Pair(case)

    def risks(review: Review) -> set[tuple[str, str]]:
        return {(change.id, risk.kind) for change, risk in review.risks()}

    assert risks(pair.review()) == risks(pair.review(named_anew))


def strings(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the plain strings within the properties of resources are."""
    if isinstance(node, str):
        yield path
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, member in members:
        if not str(name).startswith("Fn::") and name != "Ref":
            yield from strings(member, (*path, name))


def places(template: Template) -> list[tuple[Any, ...]]:
    """Where a template has plain strings among its properties."""
    return [
        ("Resources", name, "Properties", *path)
        for name, resource in template["Resources"].items()
        for path in strings(resource.get("Properties", {}))
    ]


def rewritten(template: Template, path: tuple[Any, ...], way: str) -> Template:
    """A template in which a string is made by a function."""
    made = copy.deepcopy(template)
    node: Any = made
    for step in path[:-1]:
        node = node[step]
    value = node[path[-1]]
    made.setdefault("Parameters", {})["Written"] = {"Type": "String", "Default": value}
    made.setdefault("Mappings", {})["Writing"] = {"a": {"Value": value}}
    made.setdefault("Conditions", {})["Holds"] = {"Fn::Equals": ["a", "a"]}
    node[path[-1]] = {
        "Ref": {"Ref": "Written"},
        "Sub": {"Fn::Sub": "${Written}"},
        "Join": {"Fn::Join": ["", [value[:2], value[2:]]]},
        "If": {"Fn::If": ["Holds", value, {"Ref": "AWS::NoValue"}]},
        "Select": {"Fn::Select": ["1", ["x", value]]},
        "FindInMap": {"Fn::FindInMap": ["Writing", "a", "Value"]},
    }[way]
    return made


WAYS = ("Ref", "Sub", "Join", "If", "Select", "FindInMap")


@QUICK
@given(some.sampled_from(BASES), some.sampled_from(WAYS), some.data())
def test_another_way_of_writing_a_value_changes_nothing(case: str, way: str, data: some.DataObject) -> None:
    template = base(case)
    path = data.draw(some.sampled_from(places(template)))

    assert not verdicts(reviewed(template, rewritten(template, path, way)))


@QUICK
@given(some.sampled_from(BASES), some.sampled_from(WAYS), some.data())
def test_a_value_edited_means_the_same_however_it_is_written(
    case: str, way: str, data: some.DataObject
) -> None:
    template = base(case)
    path = data.draw(some.sampled_from(places(template)))
    edited = copy.deepcopy(template)
    node: Any = edited
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] += "-x"

    plain = verdicts(reviewed(template, edited))

    assert plain == verdicts(reviewed(template, rewritten(edited, path, way)))
    assert plain
