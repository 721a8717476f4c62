"""Answers of DescribeChangeSet that AWS, its documentation or tools recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("answers")
FILES = sorted(FOLDER.glob("*.json"))


def answer(name: str) -> dict[str, Any]:
    """Return a recorded answer."""
    recorded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return recorded
