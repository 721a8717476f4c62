from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.release.configuration import ConfigurationError, check, parse, read

ROOT = {
    "Parameters": {
        "Days": {"Type": "Number", "MinValue": 1, "MaxValue": 365, "Description": "Days."},
        "Kept": {"Type": "Number", "AllowedValues": [30, 90], "Description": "Kept."},
        "Email": {
            "Type": "String",
            "AllowedPattern": "^.+@.+$",
            "ConstraintDescription": "an e-mail address",
            "Description": "Who is told.",
        },
    },
    "Resources": {"Data": {}, "Api": {}},
}
GOOD: dict[str, Any] = {
    "Parameters": {"Days": "90", "Kept": "30", "Email": "ops@company.com"},
    "Tags": {"Team": "platform-engineering"},
    "StackPolicy": {
        "Statement": [
            {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
            {
                "Effect": "Deny",
                "Action": ["Update:Replace", "Update:Delete"],
                "Principal": "*",
                "Resource": ["LogicalResourceId/Data", "LogicalResourceId/A*"],
            },
        ]
    },
}


def faults(tmp_path: Path, document: object) -> list[str]:
    (tmp_path / "parameters").mkdir(exist_ok=True)
    text = document if isinstance(document, str) else json.dumps(document)
    (tmp_path / "parameters/dev.json").write_text(text)
    try:
        check(read(tmp_path, "dev"), ROOT)
    except ConfigurationError as error:
        return [fault.removeprefix("parameters/dev.json") for fault in error.faults]
    return []


def changed(section: str, **values: object) -> dict[str, Any]:
    merged = {**GOOD[section], **values}
    return {**GOOD, section: {name: value for name, value in merged.items() if value is not None}}


def statement(**values: object) -> dict[str, Any]:
    made = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*", **values}
    return {**GOOD, "StackPolicy": {"Statement": [made]}}


def test_a_right_file_is_taken(tmp_path: Path) -> None:
    assert [] == faults(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (
            changed("Parameters", Dayz="1"),
            ": Dayz: unknown (did you mean Days?); expected only what templates/settings.py declares",
        ),
        (changed("Parameters", Days=None), ": Days: missing; expected a whole number from 1 to 365 (Days.)"),
        (changed("Parameters", Days="366"), ': Days: found "366", expected a whole number from 1 to 365'),
        (changed("Parameters", Days="0"), ': Days: found "0", expected a whole number from 1 to 365'),
        (changed("Parameters", Days="9.5"), ': Days: found "9.5", expected a whole number from 1 to 365'),
        (
            changed("Parameters", Days="ninety"),
            ': Days: found "ninety", expected a whole number from 1 to 365',
        ),
        (
            changed("Parameters", Days=90),
            ': Parameters: Days: found 90, expected a string in quotes: "90"',
        ),
        (changed("Parameters", Days=["90"]), ": Parameters: Days: found a list, expected a string"),
        (changed("Parameters", Kept="31"), ': Kept: found "31", expected one of 30, 90'),
        (changed("Parameters", Email="ops"), ': Email: found "ops", expected an e-mail address'),
        (changed("Parameters", Email="a@b\n"), ': Email: found "a@b\n", expected an e-mail address'),
        (changed("Tags", Team=7), ': Tags: Team: found 7, expected a string in quotes: "7"'),
        (
            {**GOOD, "Tags": {"aws:team": "x"}},
            ': Tags: found the key "aws:team", expected 1 to 128 letters, digits or _.:/=+@-, not aws:',
        ),
        (
            {**GOOD, "Tags": {f"t{number}": "x" for number in range(51)}},
            ": Tags: found 51, expected at most 50",
        ),
        (
            {name: GOOD[name] for name in ("Parameters", "Tags")},
            ": StackPolicy: missing; expected Parameters, Tags, StackPolicy",
        ),
        (
            {**GOOD, "parameters": {}},
            ": parameters: unknown (did you mean Parameters?); expected Parameters, Tags, StackPolicy",
        ),
        ({**GOOD, "Tags": []}, ": Tags: found a list, expected an object"),
        ([GOOD], ": found a list, expected an object of Parameters, Tags, StackPolicy"),
        ({**GOOD, "StackPolicy": {}}, ": StackPolicy: found no list named Statement, expected one"),
        (
            statement(Resource=["LogicalResourceId/Data"] * 700),
            ": StackPolicy: found 18,290 bytes, expected at most 16,384",
        ),
        (
            statement(Effect="Maybe"),
            ": StackPolicy: Statement 0: expected an object whose Effect is Allow or Deny",
        ),
        (
            statement(Principal="me"),
            ': StackPolicy: Statement 0: expected an Action, a Resource and the Principal "*"',
        ),
        (
            statement(Action="Update:Nothing"),
            (
                ": StackPolicy: Statement 0: found the action Update:Nothing, "
                "expected one of Update:*, Update:Modify, Update:Replace, Update:Delete"
            ),
        ),
        (
            statement(Resource="LogicalResourceId/Dada"),
            (
                ": StackPolicy: Statement 0: found the resource LogicalResourceId/Dada, "
                "expected * or one of LogicalResourceId/Api, LogicalResourceId/Data"
            ),
        ),
        ("", ":1:1: expecting value; expected JSON"),
        ('{\n  "Tags": {},\n}', ":3:1: expecting property name enclosed in double quotes; expected JSON"),
        ('{"Tags": {"a": "1", "a": "2"}}', ": a stands there twice; expected it once"),
    ],
)
def test_a_fault_is_told_with_file_name_and_expectation(tmp_path: Path, document: object, fault: str) -> None:
    assert [fault] == faults(tmp_path, document)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    assert 3 == len(faults(tmp_path, changed("Parameters", Days="0", Kept="1", Email="x")))


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters/dev.json").write_bytes(b'{"Tags": "\xff"}')

    with pytest.raises(
        ConfigurationError, match=r"parameters/dev\.json: byte 10 is not UTF-8; expected JSON"
    ):
        read(tmp_path, "dev")


def test_a_value_longer_than_cloudformation_takes_is_told(tmp_path: Path) -> None:
    said = faults(tmp_path, changed("Parameters", Email="é" * 2049 + "@b.c"))

    assert said[0].endswith("expected at most 4096 bytes")


def test_parsing_keeps_what_is_there() -> None:
    assert GOOD == parse(json.dumps(GOOD).encode(), "parameters/dev.json")
