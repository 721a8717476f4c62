"""Snippets that AWS::Include names: read from files, put in their place, and judged as text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from build import main as command

OPENED = """\
G:
  Type: AWS::EC2::SecurityGroup
  Properties:
    GroupDescription: database
    VpcId: vpc-1
    SecurityGroupIngress:
      - {IpProtocol: tcp, FromPort: 5432, ToPort: 5432, CidrIp: 0.0.0.0/0}
"""
CLOSED = OPENED.replace("0.0.0.0/0", "10.0.0.0/8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two snippets of a security group: closed, and open to the world."""
    (tmp_path / "closed.yaml").write_text(CLOSED)
    (tmp_path / "opened.yaml").write_text(OPENED)
    return tmp_path


def written(folder: Path, location: object, name: str = "t.json") -> str:
    """A template that includes a snippet among its resources."""
    call = {"Name": "AWS::Include", "Parameters": {"Location": location}}
    document = {
        "Parameters": {"Bucket": {"Type": "String", "Default": "pay"}},
        "Resources": {"Q": {"Type": "AWS::SQS::Queue"}, "Fn::Transform": call},
    }
    (folder / name).write_text(json.dumps(document))
    return str(folder / name)


def test_local_files_are_read_beside_the_template(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = written(folder, "closed.yaml", "old.json"), written(folder, "./opened.yaml", "new.json")

    assert 3 == command(["diff", old, new])
    assert 0 == command(["diff", old, old])

    out = capsys.readouterr().out
    assert "SG_OPENING" in out
    assert "UNJUDGED" not in out
    assert "\nNo changes\n" in f"\n{out.partition('No changes')[1]}\n"


@pytest.mark.parametrize("name", ["s3://pay/group.yaml", "group.yaml"])
def test_each_side_may_have_its_own_file(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(folder, "s3://pay/group.yaml")
    closed, opened = f"{name}={folder / 'closed.yaml'}", f"{name}={folder / 'opened.yaml'}"

    assert 3 == command(["diff", file, file, "--include", closed, "--new-include", opened])
    assert "SG_OPENING" in capsys.readouterr().out
    assert 0 == command(["diff", file, file, "--include", closed])
    assert "No changes\n" in capsys.readouterr().out


def test_location_may_be_an_expression_of_parameters(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(folder, {"Fn::Sub": "s3://${Bucket}/group.yaml"})
    given = f"s3://pay/group.yaml={folder / 'closed.yaml'}"

    assert 0 == command(["diff", file, file, "--include", given])

    assert "No changes\n" in capsys.readouterr().out


def test_include_without_a_file_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(folder, "s3://pay/group.yaml")

    with pytest.raises(SystemExit, match="2"):
        command(["diff", file, file, "--include", "group.yaml"])

    assert "found group.yaml, expected NAME=FILE" in capsys.readouterr().err


def test_include_of_a_file_that_is_not_there_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(folder, "s3://pay/group.yaml")

    assert 2 == command(["diff", file, file, "--include", "group.yaml=gone.yaml"])

    assert "gone.yaml: no such file, expected what group.yaml includes" in capsys.readouterr().err


def test_include_needs_two_templates(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = f"group.yaml={folder / 'closed.yaml'}"

    assert 2 == command(["diff", "--env", "dev", "--against", "HEAD", "--include", given])

    assert "found --include without templates" in capsys.readouterr().err


def test_snippets_in_a_list_are_merged_and_those_that_nobody_gave_stay_open(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = [
        {"Name": "AWS::Include", "Parameters": {"Location": location}}
        for location in ("closed.yaml", "s3://pay/other.yaml")
    ]
    document = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}, "Fn::Transform": calls}}
    (folder / "t.json").write_text(json.dumps(document))

    command(["diff", str(folder / "t.json"), str(folder / "t.json")])

    out = capsys.readouterr().out
    assert "2 unchanged" in out
    assert "s3://pay/other.yaml was not applied" in " ".join(out.split())


def test_include_at_the_top_adds_to_every_section(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "rest.yaml").write_text("Resources:\n  T: {Type: AWS::SNS::Topic}\n")
    document = {
        "Transform": {"Name": "AWS::Include", "Parameters": {"Location": "rest.yaml"}},
        "Resources": {"Q": {"Type": "AWS::SQS::Queue"}},
    }
    (folder / "t.json").write_text(json.dumps(document))

    assert 0 == command(["diff", str(folder / "t.json"), str(folder / "t.json")])

    assert "2 unchanged" in capsys.readouterr().out


def test_snippet_that_is_a_list_becomes_the_value_of_a_property(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, key in (("old", "id"), ("new", "key")):
        (folder / f"{name}-keys.json").write_text(json.dumps([{"AttributeName": key, "KeyType": "HASH"}]))
        call = {"Name": "AWS::Include", "Parameters": {"Location": f"{name}-keys.json"}}
        table = {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": {"Fn::Transform": call}}}
        (folder / f"{name}.json").write_text(json.dumps({"Resources": {"T": table}}))

    assert 3 == command(["diff", str(folder / "old.json"), str(folder / "new.json")])

    out = capsys.readouterr().out
    assert "KeySchema/0/AttributeName: id → key" in out
    assert "STATEFUL_REPLACEMENT" in out


def test_template_may_be_nothing_but_what_it_includes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "all.yaml").write_text("Resources:\n  T: {Type: AWS::SNS::Topic}\n")
    call = {"Name": "AWS::Include", "Parameters": {"Location": "all.yaml"}}
    (folder / "t.json").write_text(json.dumps({"Transform": call}))

    assert 0 == command(["diff", str(folder / "t.json"), str(folder / "t.json")])

    assert "1 unchanged" in capsys.readouterr().out


def test_snippet_that_cannot_be_read_is_an_error_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.yaml").write_text("Resources: [\n")
    file = written(folder, "broken.yaml")

    assert 2 == command(["diff", file, file])

    error = capsys.readouterr().err
    assert "broken.yaml: " in error
    assert 1 == error.count("\n")
