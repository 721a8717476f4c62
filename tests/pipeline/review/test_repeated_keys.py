"""Keys that stand twice in one mapping: the last counts, as with CloudFormation, and the review says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from build import main as command

YAML = """\
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties: {DelaySeconds: 1}
  Q:
    Type: AWS::SQS::Queue
    Properties: {DelaySeconds: 2}
"""
JSON = """\
{"Resources": {
  "Q": {"Type": "AWS::SQS::Queue",
    "Type": "AWS::SNS::Topic"}
}}
"""


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("t.yaml", YAML, "t.yaml: Resources/Q stands 2 times, at lines 2 and 5; the last one counts"),
        ("t.json", JSON, "t.json: Resources/Q/Type stands 2 times, at lines 2 and 3; the last one counts"),
        ("t.json", JSON.replace("  ", "\t"), "t.json: some key stands twice in one mapping"),
        ("t.yaml", YAML.replace("  Q:", "  R:", 1), None),
    ],
)
def test_key_that_stands_twice_is_named_with_its_lines(
    name: str, source: str, said: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_text(source)

    assert 0 == command(["diff", str(file), str(file)])

    out = " ".join(capsys.readouterr().out.split())
    assert (said in out) if said else ("stands" not in out)


def test_the_last_one_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(YAML)
    new.write_text(YAML.replace("DelaySeconds: 1", "DelaySeconds: 9"))

    command(["diff", str(old), str(new)])

    assert "no changes" in capsys.readouterr().out


def test_merge_keys_of_yaml_are_no_repetition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "t.yaml"
    shared = "Metadata: {A: &a {x: 1}, B: &b {y: 2}}\n"
    file.write_text(
        f"{shared}Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Metadata:\n      <<: *a\n      <<: *b\n"
    )

    command(["diff", str(file), str(file)])

    assert "stands" not in capsys.readouterr().out
