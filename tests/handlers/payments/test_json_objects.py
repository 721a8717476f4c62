"""JSON objects that repeat a name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handlers.payments.json_objects import noting_repeated


@pytest.mark.parametrize(
    ("text", "content", "names"),
    [
        ('{"a":1,"b":2}', {"a": 1, "b": 2}, []),
        ('{"b":1,"a":2,"b":3,"a":4,"b":5}', {"b": 5, "a": 4}, ["a", "b"]),
        ('{"a":[{"x":1,"\\u0078":2}],"b":{"x":1}}', {"a": [{"x": 2}], "b": {"x": 1}}, ["x"]),
        ('{"a":{"a":1},"b":{"a":1}}', {"a": {"a": 1}, "b": {"a": 1}}, []),
    ],
)
def test_a_repeated_name_is_noted_once_for_its_object(text: str, content: Any, names: list[str]) -> None:
    repeated: list[str] = []

    assert json.loads(text, object_pairs_hook=noting_repeated(repeated)) == content
    assert repeated == names
