"""The command: files in, a review and an exit code out, and one clear line for what is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from build import main as command
from pipeline.evaluation.template_files import document, parameters
from pipeline.review.change_set import fetch
from pipeline.review.reviews import of_answers
from tests.aws import models
from tests.pipeline.review.change_set.recorded import FOLDER, answer
from tests.pipeline.review.templates import CASES, Template
from tests.pipeline.review.verdicts import reviewed

CASE = next(CASES.glob("184-*"))
NESTED = ["--old-nested", str(CASE / "nested" / "old"), "--new-nested", str(CASE / "nested" / "new")]
BOTH = [str(CASE / "old.json"), str(CASE / "new.json"), *NESTED]
ROOT = Path(__file__).parents[3]


def diff(*arguments: str) -> int:
    """What `build.py diff` exits with."""
    return command(["diff", *arguments])


def test_a_risk_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert 3 == diff(*BOTH)
    assert "STATEFUL_REPLACEMENT" in capsys.readouterr().out


def test_an_accepted_risk_exits_with_0() -> None:
    assert 0 == diff(*BOTH, "--accept", "STATEFUL_REPLACEMENT:DataStack/PaymentsDb")


def test_json_lists_what_is_nested(capsys: pytest.CaptureFixture[str]) -> None:
    diff(*BOTH, "--format", "json")

    found = {each["id"]: each for each in json.loads(capsys.readouterr().out)}

    assert ["DataStack", "DataStack/PaymentsDb"] == list(found)
    assert ("DataStack", "parameter:DbInstanceId") == tuple(
        found["DataStack/PaymentsDb"][name] for name in ("stack", "cause")
    )


def test_the_page_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    diff(*BOTH, "--format", "html", "--output", str(tmp_path / "page.html"))

    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_change_sets_are_read_from_files() -> None:
    assert 0 == command(["review", "--file", str(FOLDER / "aws-recorded-sub-parameter.json")])
    assert 2 == command(["review", "--file", str(FOLDER / "aws-recorded-failed-transform.json")])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere.json", "nowhere.json"], "nowhere.json: cannot be read"),
        (["{bad}", "{bad}"], "line 1: .*expected JSON"),
        (["{list}", "{list}"], "found list, expected a mapping"),
        (["{empty}", "{empty}"], "found no Resources, expected a CloudFormation template"),
        ([], "expected two templates, OLD NEW, or --env"),
        ([*BOTH, "--accept", "NOTHING:X"], "found NOTHING, expected one of"),
        ([*BOTH, "--policy", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line_and_exits_with_2(
    arguments: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in (("bad", "{"), ("list", "[]"), ("empty", "{}")):
        (tmp_path / name).write_text(content, encoding="utf-8")
    made = [each.format(**{path.stem: path for path in tmp_path.iterdir()}) for each in arguments]

    assert 2 == diff(*made)

    told = capsys.readouterr()
    assert re.search(expected, told.err)
    assert not told.out
    assert 1 == told.err.count("\n")


@pytest.mark.parametrize(
    "content",
    [
        '{"EnvName": "dev"}',
        '{"Parameters": {"EnvName": "dev"}, "Tags": {"a": "b"}}',
        '[{"ParameterKey": "EnvName", "ParameterValue": "dev"}]',
    ],
)
def test_parameters_in_any_of_their_usual_forms(tmp_path: Path, content: str) -> None:
    (tmp_path / "dev.json").write_text(content, encoding="utf-8")

    assert {"EnvName": "dev"} == parameters(tmp_path / "dev.json")


def test_a_template_in_yaml_is_the_same_as_in_json(tmp_path: Path) -> None:
    source = """
Parameters: {N: {Type: String, Default: 2012-10-17}}
Resources:
  Q:
    Type: AWS::SQS::Queue
    Condition: C
    Properties:
      A: !Ref N
      B: !GetAtt R.Arn
      C: !Sub ["${V}", {V: !Select [0, !Split [",", "a,b"]]}]
      D: !If [C, 1, !Ref AWS::NoValue]
Conditions: {C: !Not [!Equals [a, b]]}
"""
    (tmp_path / "t.yaml").write_text(source, encoding="utf-8")
    plain: Template = {
        "Resources": {
            "Q": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"A": "2012-10-17", "B": {"Fn::GetAtt": ["R", "Arn"]}, "C": "a", "D": 1},
            }
        }
    }

    assert not reviewed(document(tmp_path / "t.yaml"), plain).changes


class Service:
    """CloudFormation, answering from recorded sets a page of one change at a time."""

    def __init__(self, *sets: dict[str, Any]) -> None:
        self.sets = {each["ChangeSetId"]: each for each in sets} | {
            each["ChangeSetName"]: each for each in sets
        }
        self.asked = 0

    def describe_change_set(self, **request: Any) -> dict[str, Any]:
        """One page."""
        models.check_fake("cloudformation", "DescribeChangeSet", request)
        self.asked += 1
        told = self.sets[request["ChangeSetName"]]
        number = int(request.get("NextToken", 0))
        more = {"NextToken": str(number + 1)} if number + 1 < len(told["Changes"]) else {}
        return told | {"Changes": told["Changes"][number : number + 1]} | more


def test_a_live_change_set_is_asked_for_with_all_that_is_nested_in_it() -> None:
    service = Service(answer("docs-nested-root"), answer("docs-nested-child"))

    review = of_answers(fetch.answers(service, "my-root-stack-change-set", "my-root-stack"))

    assert ["ChildStack", "ChildStack/function"] == [change.id for change in review.changes]
    assert 4 == service.asked, "each of two sets, with property values and without"


def test_every_page_of_a_live_change_set_is_followed() -> None:
    told = answer("trek10-multiple")

    review = of_answers(fetch.answers(Service(told), told["ChangeSetName"]))

    assert len(told["Changes"]) == len(review.changes)
    assert not review.faults


@pytest.mark.parametrize("face", ["text", "json", "html", "markdown"])
def test_a_review_reads_the_same_whatever_the_order_of_sets(face: str) -> None:
    told = {
        subprocess.run(
            [sys.executable, "build.py", "diff", *BOTH, "--format", face],
            check=False,
            capture_output=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=ROOT,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert 1 == len(told)
