"""The given cases through the command line alone, scored from its JSON as anybody would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from build import main
from tests.pipeline.review.templates import CASES

FIELDS = {
    "stack": str,
    "id": str,
    "type": str,
    "action": str,
    "replacement": str | None,
    "policy_action": str | None,
    "properties": dict,
    "cause": str | None,
    "risks": list,
}
CORE = {"STATEFUL_REPLACEMENT", "STATEFUL_DELETION", "IAM_WIDENING", "SG_OPENING", "ENCRYPTION_LOSS"}


def told(case: Path, given: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """What the command says of a case, its nested folders named whether they are there or not."""
    arguments = ["diff", str(case / "old.json"), str(case / "new.json"), "--format", "json"]
    for side in ("old", "new"):
        file = folder / f"{side}.json"
        file.write_text(json.dumps(given[side]), encoding="utf-8")
        arguments += [f"--{side}-nested", str(case / "nested" / side), f"--{side}-parameters", str(file)]
    assert main(arguments) in (0, 3)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("case", sorted(CASES.glob("*-*")), ids=lambda case: str(case.name))
def test_a_case_is_right(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = json.loads((case / "expect.json").read_text(encoding="utf-8"))

    records = told(case, expected["parameters"], tmp_path, capsys)

    found = {each["id"]: each for each in records}
    for each in records:
        assert all(isinstance(each[name], kind) for name, kind in FIELDS.items()), each
        assert each["id"].rpartition("/")[0] == each["stack"]
    for name, wanted in expected["resources"].items():
        if name not in found and wanted.get("accept_absent"):
            continue
        each = found[name]
        assert (wanted["type"], wanted["action"]) == (each["type"], each["action"])
        if wanted["action"] == "Modify":
            assert each["replacement"] in wanted["accept_replacement"]
        else:
            assert each["replacement"] is None
        assert set(wanted["risk"]) == set(each["risks"]) & CORE
        for label, place in wanted.get("properties", {}).items():
            assert place["requires_recreation"] == each["properties"][label]["requires_recreation"]
        if not wanted.get("accept_absent"):
            assert (wanted.get("policy_action"), wanted.get("cause")) == (
                each["policy_action"],
                each["cause"],
            )
    assert not set(found) - set(expected["resources"]) - set(expected["possible"])
