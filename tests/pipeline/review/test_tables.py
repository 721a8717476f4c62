"""Tables of edits: a mistake in one never passes silently, and every table is tested."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pipeline.review import tables
from tests.pipeline.review.tables import TableError
from tests.pipeline.review.verdicts import verdicts

TABLE = """
case = "048"

[phrases]
changed = "PaymentQueue False (DelaySeconds)"

[rows."a delay"]
set = {"PaymentQueue/DelaySeconds" = 5}
verdict = "{changed}"
"""
MISTAKES = {
    "an unknown key of the table": ('case = "048"', 'kase = "048"', "unknown field `kase`"),
    "an unknown key of a row": ("set = ", "sets = ", "a delay: Object contains unknown field `sets`"),
    "a misspelt verdict": ("verdict", "verdikt", "a delay: Object contains unknown field `verdikt`"),
    "no verdict": ('verdict = "{changed}"', "", "a delay: Object missing required field `verdict`"),
    "no edit": ('set = {"PaymentQueue/DelaySeconds" = 5}', "", "a delay: found no edit"),
    "an unknown phrase": ("{changed}", "{chanegd}", "a delay: found the phrase 'chanegd'"),
    "no template": ('case = "048"', "", "a delay: found no single template"),
    "two templates": ('case = "048"', 'case = "048"\ntemplate.Resources = {}', "a delay: found no single"),
    "a type without properties": ("set = ", 'type = "AWS::SQS::Queue"\nset = ', "a delay: found no before"),
    "an after without a place": (
        "set = ",
        "before = 1\nafter = 2\nset = ",
        "a delay: found before, expected",
    ),
    "the same row twice": ("[rows", '[rows."a delay"]\nverdict = ""\n\n[rows', "Cannot declare"),
}


def written(folder: Path, text: str) -> Path:
    """Write a table."""
    (folder / "table.toml").write_text(text, encoding="utf-8")
    return folder / "table.toml"


def test_row_is_the_edit_that_it_describes(tmp_path: Path) -> None:
    """The table that the mistakes below are made in is itself without fault."""
    (edit,) = tables.rows(written(tmp_path, TABLE))
    ((verdict, review),) = edit.reviews()

    assert "table: a delay" == str(edit)
    assert verdict == verdicts(review)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_a_table_is_an_error(mistake: str, tmp_path: Path) -> None:
    """The error names the file and the row, and what is wrong."""
    right, wrong, expected = MISTAKES[mistake]
    assert right in TABLE

    with pytest.raises(TableError, match=f"^table.toml: .*{re.escape(expected)}"):
        tables.rows(written(tmp_path, TABLE.replace(right, wrong, 1)))


@pytest.mark.parametrize("text", ["", 'case = "048"\n', "[rows]\n"])
def test_table_without_rows_is_an_error(text: str, tmp_path: Path) -> None:
    """A table that would make no test fails."""
    with pytest.raises(TableError, match=r"^table\.toml: found no rows"):
        tables.rows(written(tmp_path, text))


def test_table_that_is_not_there_is_an_error() -> None:
    """A misspelt name of a table fails."""
    with pytest.raises(TableError, match=r"^nowhere\.toml: .*No such file"):
        tables.edits("nowhere")


@pytest.mark.parametrize(
    ("path", "value"), [("PaymentQueue/VisibilityTimeout", "300"), ("PaymentQueue.Type", '"AWS::SQS::Queue"')]
)
def test_row_that_changes_nothing_is_an_error(path: str, value: str, tmp_path: Path) -> None:
    """An edit that sets what is there already fails: its verdict, no change, would mean nothing."""
    text = TABLE.replace("PaymentQueue/DelaySeconds", path).replace("= 5", f"= {value}")
    (edit,) = tables.rows(written(tmp_path, text))

    with pytest.raises(TableError, match="table: a delay: found no difference between old and new"):
        list(edit.reviews())


def test_removing_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A path to remove that the template does not have fails."""
    text = TABLE.replace('set = {"PaymentQueue/DelaySeconds" = 5}', 'remove = ["PaymentQueue/DelaySecond"]')
    (edit,) = tables.rows(written(tmp_path, text))

    with pytest.raises(KeyError, match="DelaySecond"):
        list(edit.reviews())


def test_every_table_is_tested() -> None:
    """The name of every table is in some test module beside or below this one."""
    modules = [file for file in Path(__file__).parent.rglob("test_*.py") if file != Path(__file__)]
    sources = "\n".join(file.read_text(encoding="utf-8") for file in modules)

    assert not [file.stem for file in tables.FOLDER.glob("*.toml") if f'"{file.stem}"' not in sources]
