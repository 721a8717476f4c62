"""Documents that are written from the code are up to date, and the check notices one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import documents
from tests.documents import Document

ALL = documents.documents()


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.name)
def test_a_document_is_up_to_date(document: Document) -> None:
    assert "" == document.check()


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.name)
def test_a_document_is_written_by_the_module_of_its_name(document: Document) -> None:
    assert (Path(documents.__file__).parent / f"{document.name}.py").is_file()


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Document:
    monkeypatch.setattr(documents, "CHECKOUT", tmp_path)
    (tmp_path / "of.md").write_text("before\n")
    return Document("name", "of.md", lambda: "after\n")


def test_a_check_names_the_file_and_the_command_and_writes_nothing(
    document: Document, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == documents.main(document, ["--check"])

    error = "of.md: found an outdated text, expected the one that `python -m tests.documents.name` writes\n"
    assert error == capsys.readouterr().err
    assert "before\n" == document.read()


def test_a_document_that_was_written_is_up_to_date(document: Document) -> None:
    assert 0 == documents.main(document, [])
    assert "after\n" == document.read()
    assert 0 == documents.main(document, ["--check"])


@pytest.mark.parametrize("arguments", [[], ["--check"]], ids=["write", "check"])
def test_a_document_that_cannot_be_rendered_is_left_as_it_is(
    document: Document, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def render() -> str:
        raise LookupError("x: found nothing, expected something")

    assert 1 == documents.main(Document("name", document.path, render), arguments)
    assert "x: found nothing, expected something\n" == capsys.readouterr().err
    assert "before\n" == document.read()
