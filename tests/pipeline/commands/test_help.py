"""The help of every command fits a terminal, names what is there, and its examples can be typed."""

from __future__ import annotations

import argparse
import re
import shlex
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import pytest

import build
from pipeline import commands
from pipeline.commands import COMMANDS, DEFAULT, call

# Without a name, the list of all commands.
NAMES = ["", *COMMANDS]
# A comment, then one command or several, with a backslash where one goes on in the next line.
EXAMPLES = re.compile(
    r"(?:  # \S.*\n(?:  python build\.py .*[^\\\n]\n|  python build\.py .* \\\n      .*[^\\\n]\n)+)+"
)


def module(name: str) -> ModuleType:
    return import_module(f"pipeline.commands.{name}")


def parser(name: str) -> argparse.ArgumentParser:
    return build.parser(name or DEFAULT, module(name or DEFAULT), named=bool(name))


def manual(name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the help of a command on a terminal of so many columns."""
    monkeypatch.setenv("COLUMNS", str(columns))
    return parser(name).format_help()


def examples() -> list[str]:
    """Return every example of every command, in one line each."""
    texts = [module(name).EXAMPLES.replace(" \\\n", "") for name in COMMANDS]
    return [line.strip() for text in texts for line in text.splitlines() if not line.startswith("  #")]


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_terminal(name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = manual(name, columns, monkeypatch).splitlines()

    assert [line for line in lines if len(line) > columns] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_narrow_terminal_shows_as_much_as_a_wide_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow, wide = (manual(name, columns, monkeypatch).split() for columns in (72, 300))

    assert narrow == wide


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_have_one_shape_and_78_columns(name: str) -> None:
    text = module(name).EXAMPLES

    assert EXAMPLES.fullmatch(text), text
    assert [line for line in text.splitlines() if len(line) > 78] == []


@pytest.mark.parametrize("example", [*examples(), *(call(name) for name in COMMANDS)])
def test_an_example_has_the_options_and_values_that_its_command_takes(example: str) -> None:
    words = shlex.split(example)[2:]
    name = words.pop(0) if words and words[0] in COMMANDS else DEFAULT
    if words[-1:] == ["..."]:
        words = [*words[:-1], *required(name, words)]

    parser(name).parse_args(words)


def required(name: str, words: list[str]) -> list[str]:
    """Return values for the required options of a command that are not among `words`."""
    options = [action.option_strings[0] for action in parser(name)._actions if action.required]
    return [word for option in options if option not in words for word in (option, "value")]


def test_the_help_of_all_commands_lists_each_with_its_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = " ".join(manual("", 80, monkeypatch).split())

    assert listed.startswith("usage: build.py [COMMAND] [options] ")
    assert f" build (default) {COMMANDS['build'].purpose} diff {COMMANDS['diff'].purpose} " in listed
    assert [name for name, command in COMMANDS.items() if f" {command.purpose} " not in listed] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_its_effect_and_exit_statuses(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = " ".join(manual(name, 80, monkeypatch).split())

    assert f" {COMMANDS[name].effect} " in text
    for status, meaning in COMMANDS[name].statuses.items():
        assert f" {status} {meaning}" in text
    assert COMMANDS[name].failure in COMMANDS[name].statuses


def test_every_module_of_a_command_is_listed() -> None:
    """A module with a `run` that is not in COMMANDS could not be called."""
    names = [entry.name for entry in iter_modules(commands.__path__)]
    runnable = [name for name in names if hasattr(module(name), "run")]

    assert sorted(runnable) == sorted(COMMANDS)
