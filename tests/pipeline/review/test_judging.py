"""Judging: what the commands that judge share, from policy to exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from build import main
from pipeline.commands import verdicts
from pipeline.review import reviews
from pipeline.review.model import Change
from pipeline.review.rules.context import Context
from tests.pipeline.review.change_set.recorded import FILES, FOLDER
from tests.pipeline.review.templates import CASES

CASE = next(CASES.glob("004-*"))
DIFF = ["diff", str(CASE / "old.json"), str(CASE / "new.json")]
ROOT = Path(__file__).parents[3]


def crashing(change: Change, _context: Context) -> list[object]:
    """A rule with a fault."""
    raise KeyError(f"first\n{change.id}")


def test_a_rule_that_crashes_fails_the_review(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reviews.judge, "__defaults__", ((crashing,),))

    assert 2 == main(DIFF)

    told = capsys.readouterr()
    assert told.err.startswith("error: rule test_judging.crashing failed on ")
    assert 1 == told.err.count("\n")
    assert not told.out


def test_an_accept_that_matches_nothing_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    slip = ["--accept", "ENCRYPTION_LOSS:PaymentsDB"]
    said = "accepted but not found: ENCRYPTION_LOSS:PaymentsDB; did you mean ENCRYPTION_LOSS:PaymentsDb?"

    assert 3 == main([*DIFF, *slip])
    told = capsys.readouterr()
    assert said in " ".join(told.out.split())
    assert not told.err
    assert 3 == main([*DIFF, *slip, "--json"])
    assert f"warning: {said}\n" == capsys.readouterr().err


def test_the_policy_of_the_project_counts_unless_another_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kinds = "STATEFUL_REPLACEMENT ENCRYPTION_LOSS NAME_COLLISION DELETE_FAILS"
    (tmp_path / "setup.cfg").write_text(f"[review]\nignore = {kinds}\n", encoding="utf-8")
    (tmp_path / "strict.toml").write_text("warn = []\n", encoding="utf-8")
    monkeypatch.setattr(verdicts, "PROJECT", tmp_path)

    assert 0 == main(DIFF)
    assert 3 == main([*DIFF, "--policy", str(tmp_path / "strict.toml")])


def test_json_by_either_name_and_no_other_face_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    main([*DIFF, "--json"])
    short = capsys.readouterr().out
    main([*DIFF, "--format", "json"])

    assert short == capsys.readouterr().out
    assert isinstance(json.loads(short), list)
    assert 2 == main([*DIFF, "--json", "--format", "html"])


def test_a_file_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main([*DIFF, "--output", str(tmp_path / "nowhere" / "review.txt")])
    assert "nowhere/review.txt: cannot be written: No such file" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_same_templates_are_no_changes(capsys: pytest.CaptureFixture[str]) -> None:
    template = str(next(CASES.glob("024-*")) / "old.json")

    assert 0 == main(["diff", template, template])
    assert "No changes" == capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize("name", [file.name for file in FILES])
def test_a_real_change_set_fits_the_terminal_and_loses_no_resource(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", "--file", str(FOLDER / name)]) in (0, 2, 3)

    told = capsys.readouterr().out
    assert all(len(line) <= 80 for line in told.splitlines())
    changes = json.loads((FOLDER / name).read_text(encoding="utf-8"))["Changes"]
    assert all(each["ResourceChange"]["LogicalResourceId"] in told for each in changes)


def test_a_set_that_left_out_resources_is_not_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main(["review", "--file", str(FOLDER / "aws-recorded-warn-incomplete.json")])
    assert "expected the answer without property values as well" in capsys.readouterr().err


TOPIC = {
    "Parameters": {"Name": {"Type": "String", "Default": "by-default"}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}},
}
KEPT = [{"ParameterKey": "Name", "UsePreviousValue": True}]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"Name": "given"}, KEPT, 0),
        (None, KEPT, 0),
        (KEPT, KEPT, 0),
        (KEPT, {"Name": "by-default"}, 1),
        ({"Name": "given"}, None, 1),
    ],
)
def test_a_previous_value_is_that_of_the_old_side_and_never_the_default_in_silence(
    old: object, new: object, changes: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.json").write_text(json.dumps(TOPIC), encoding="utf-8")
    arguments = ["diff", str(tmp_path / "t.json"), str(tmp_path / "t.json")]
    for side, given in (("old", old), ("new", new)):
        if given is not None:
            (tmp_path / f"{side}.json").write_text(json.dumps(given), encoding="utf-8")
            arguments += [f"--{side}-parameters", str(tmp_path / f"{side}.json")]

    main(arguments)
    told = capsys.readouterr().out

    assert changes == told.count("TopicName")
    assert ("Name keeps a value that was not given here" in told) is (old is KEPT)


def test_a_parameter_without_a_value_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.json").write_text('[{"ParameterKey": "Name"}]', encoding="utf-8")

    assert 2 == main([*DIFF, "--new-parameters", str(tmp_path / "p.json")])
    assert "Name: found no ParameterValue, expected one" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told_where_it_matters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nesting = next(CASES.glob("184-*"))
    nowhere = ["--old-nested", str(tmp_path / "nowhere")]

    main([*DIFF, *nowhere])
    assert not capsys.readouterr().err
    main(["diff", str(nesting / "old.json"), str(nesting / "new.json"), *nowhere])
    assert "nowhere: no such folder, so no nested template was read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("review.toml", "review = 5", "review: found no table, expected block, warn"),
        ("review.toml", "warn = [\n", "cannot be read"),
        ("review.toml", 'wran = ["ORPHAN"]', "found wran, expected block, warn, ignore, accept"),
        ("review.toml", 'warn = ["ORFAN"]', "found ORFAN, expected one of"),
        ("setup.cfg", "[review\n", "cannot be read"),
    ],
)
def test_a_policy_that_makes_no_sense_is_one_line(
    name: str, content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")

    assert 2 == main([*DIFF, "--policy", str(tmp_path / name)])

    told = capsys.readouterr()
    assert said in told.err
    assert 1 == told.err.count("\n")
    assert not told.out


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = [sys.executable, "build.py", *DIFF]

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert not said
    assert 3 == process.returncode
