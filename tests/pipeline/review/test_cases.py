"""The given pairs of templates, each with the verdict that CloudFormation gives."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from build import main
from pipeline.evaluation import template_files
from pipeline.review.model import Review
from pipeline.review.prediction.predict import predict
from pipeline.review.reviews import judge

CASES = sorted(path for path in Path(__file__).with_name("cases").iterdir() if path.is_dir())
CORE = {"STATEFUL_REPLACEMENT", "STATEFUL_DELETION", "IAM_WIDENING", "SG_OPENING", "ENCRYPTION_LOSS"}


def review_of(case: Path, given: dict[str, Any]) -> Review:
    """The judged prediction of a case."""
    old, new = (
        template_files.stack(case / f"{side}.json", nested if nested.is_dir() else None, given[side])
        for side in ("old", "new")
        for nested in [case / "nested" / side]
    )
    return judge(predict(old, new))


@pytest.fixture(params=CASES, ids=lambda case: str(case.name))
def case(request: pytest.FixtureRequest) -> tuple[Review, dict[str, Any]]:
    """A case's review, and what is expected of it."""
    expected = json.loads((request.param / "expect.json").read_text(encoding="utf-8"))
    return review_of(request.param, expected["parameters"]), expected


def test_every_resource_is_reported_with_its_action_and_replacement(
    case: tuple[Review, dict[str, Any]],
) -> None:
    review, expected = case
    found = {change.id: change for change in review.changes}

    for name, wanted in expected["resources"].items():
        if name not in found and wanted.get("accept_absent"):
            continue
        assert wanted["action"] == found[name].action, name
        if wanted["action"] == "Modify":
            assert found[name].replacement in wanted["accept_replacement"], name


def test_nothing_else_is_reported(case: tuple[Review, dict[str, Any]]) -> None:
    review, expected = case

    assert (
        not {change.id for change in review.changes} - set(expected["resources"]) - set(expected["possible"])
    )


def test_risks_are_those_expected_and_no_more(case: tuple[Review, dict[str, Any]]) -> None:
    review, expected = case

    for change in review.changes:
        wanted = expected["resources"].get(change.id, {"risk": []})
        kinds = {risk.kind for risk in change.risks}
        assert set(wanted["risk"]) == kinds & CORE, change.id
        assert set(wanted.get("risk_extended", [])) <= kinds, change.id


def test_policy_cause_and_scope_are_told(case: tuple[Review, dict[str, Any]]) -> None:
    review, expected = case

    for change in review.changes:
        wanted = expected["resources"].get(change.id)
        if wanted and not wanted.get("accept_absent"):
            assert wanted.get("policy_action") == change.policy_action, change.id
            assert wanted.get("cause") == change.cause, change.id
            assert set(wanted.get("scope") or []) == set(change.scope()), change.id


def test_each_property_says_what_it_requires(case: tuple[Review, dict[str, Any]]) -> None:
    review, expected = case

    for change in review.changes:
        for name, wanted in expected["resources"].get(change.id, {}).get("properties", {}).items():
            requires = {place.requires for place in change.properties if place.name == name}
            assert {wanted["requires_recreation"]} == requires, f"{change.id}.{name}"


def test_what_aws_may_list_is_told_apart_as_noise(case: tuple[Review, dict[str, Any]]) -> None:
    review, expected = case

    listed = {possible.id for possible in review.possible}

    assert set(expected["possible"]) == listed


REPORTED = sorted(path for path in Path(__file__).with_name("reported").iterdir() if path.is_dir())


@pytest.mark.parametrize("pair", REPORTED, ids=lambda pair: str(pair.name))
def test_reported_pair_is_right(pair: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The command finds each change of a reported pair and its risks, and says what the report asks for."""
    expected = json.loads((pair / "expect.json").read_text(encoding="utf-8"))

    status, answer = printed(pair, expected["parameters"], "json", tmp_path, capsys)
    _, text = printed(pair, expected["parameters"], "text", tmp_path, capsys)

    found = {record["id"]: record for record in json.loads(answer)}
    assert set(found) <= {*expected["resources"], *expected["possible"]}
    for name, wanted in expected["resources"].items():
        if name not in found and wanted.get("accept_absent"):
            continue
        assert wanted["action"] == found[name]["action"], name
        if wanted["action"] == "Modify":
            assert found[name]["replacement"] in wanted["accept_replacement"], name
        assert set(wanted["risk"]) <= set(found[name]["risks"]), name
        assert not set(wanted.get("risk_not", [])) & set(found[name]["risks"]), name
    risks = {risk for record in found.values() for risk in record["risks"]}
    assert not expected["risk_any"] or risks & set(expected["risk_any"])
    assert status in expected["exit"]
    assert [] == [pattern for pattern in expected["says"] if not re.search(pattern, text, re.IGNORECASE)]
    assert [] == [pattern for pattern in expected["says_not"] if re.search(pattern, text, re.IGNORECASE)]


def printed(
    pair: Path, given: dict[str, Any], face: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Return the status of the command for a pair, and what it prints."""
    arguments = [
        "diff",
        *(str(next(pair.glob(f"{side}.[jy]*"))) for side in ("old", "new")),
        "--format",
        face,
    ]
    for side in ("old", "new"):
        file = folder / f"{side}.json"
        file.write_text(json.dumps(given[side]), encoding="utf-8")
        arguments += [f"--{side}-parameters", str(file)]
        if (pair / "nested" / side).is_dir():
            arguments += [f"--{side}-nested", str(pair / "nested" / side)]
    return main(arguments), capsys.readouterr().out
