"""Documents say what is there: links lead somewhere, files exist, commands are known."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.paths import CHECKOUT

DOCUMENTS = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
# A path in code: of a folder of this project, with an ending.
FOLDERS = "templates|handlers|pipeline|parameters|sandbox|tests|docs"
FILE = re.compile(rf"`((?:{FOLDERS})/[\w./-]+\.\w+)(?:::\w+)?`")
COMMAND = re.compile(r"python build\.py[^`\n#|&>\\]*")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_files_are_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = {target for target in LINK.findall(text) if "://" not in target and "mailto:" not in target}

    assert [] == sorted(target for target in links if not (document.parent / target).exists())
    assert [] == sorted(name for name in set(FILE.findall(text)) if not (CHECKOUT / name).exists())


def commands() -> list[str]:
    """Every call of build.py that a document shows, once."""
    return sorted({found.strip() for path in DOCUMENTS for found in COMMAND.findall(path.read_text())})


@cache
def options(command: str) -> str:
    """What `--help` tells of a command; of the build for none."""
    asked = [sys.executable, "build.py", *([command] if command else []), "--help"]
    return subprocess.run(asked, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("command", commands())
def test_commands_that_documents_show_have_these_options(command: str) -> None:
    words = shlex.split(command.replace("…", "").replace("...", ""))[2:]
    name = words[0] if words and re.fullmatch(r"[a-z]+", words[0]) else ""
    told = options(name)

    named = [word.split("=")[0] for word in words if re.match(r"--[a-z]", word)]
    assert [] == [option for option in named if not re.search(rf"{option}\b", told)]
