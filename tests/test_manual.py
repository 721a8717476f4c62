"""What `--help` tells: all of it, however narrow the terminal."""

from __future__ import annotations

from importlib import import_module

import pytest

import build
from pipeline.commands.manual import fitted

NAMES = ["", *build.COMMANDS]


def manual(name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the command tells of itself on a terminal of so many columns."""
    monkeypatch.setenv("COLUMNS", str(columns))
    command = build.COMMANDS[name or build.BUILD]
    module = import_module(f"pipeline.commands.{command.module}")
    parser = build.parser(name or build.BUILD, command, module.EXAMPLES, named=bool(name))
    module.options(parser)
    return parser.format_help()


@pytest.mark.parametrize("columns", [72, 80])
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_terminal(name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [] == [line for line in manual(name, columns, monkeypatch).splitlines() if len(line) >= columns]


@pytest.mark.parametrize("name", NAMES)
def test_a_narrow_terminal_is_told_as_much_as_a_wide_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow, wide = (manual(name, columns, monkeypatch) for columns in (72, 300))

    assert wide.split() == [word for word in narrow.split() if word != "\\"]


def test_an_option_stays_with_its_value_and_a_shell_takes_the_whole() -> None:
    example = "examples:\n  python build.py plan --env dev --stack payments-mine --yes   do not ask\n"

    assert fitted(example, 40).splitlines() == [
        "examples:",
        "  python build.py plan --env dev \\",
        "      --stack payments-mine --yes",
        "      do not ask",
    ]


def test_what_fits_is_left_as_it_is() -> None:
    example = "examples:\n  python build.py   builds\n\nand more\n"

    assert fitted(example, 40) == example.rstrip("\n")
