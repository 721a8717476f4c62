from __future__ import annotations

import io

import pytest

from pipeline import console


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("CI", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return Terminal()


def test_a_terminal_gets_colour(terminal: Terminal) -> None:
    assert console.colour(terminal)


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_colour_gets_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    assert not console.colour(terminal)


def test_a_file_gets_no_colour(terminal: Terminal) -> None:
    del terminal

    assert not console.colour(io.StringIO())


def test_only_the_header_of_a_table_on_a_terminal_is_bold(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", terminal)

    assert console.table(("name", "bytes"), [("one", 1000)]) == "\033[1mname  bytes\033[0m\none   1,000"
