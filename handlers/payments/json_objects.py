"""JSON objects that repeat a name, which Python's own reader accepts: the last value wins there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

ObjectHook = Callable[[list[tuple[str, Any]]], dict[str, Any]]


def noting_repeated(repeated: list[str]) -> ObjectHook:
    """Return an `object_pairs_hook` for `json.loads` that adds each name an object repeats to `repeated`."""

    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            repeated.extend(sorted(name for name, count in counts.items() if count > 1))
        return members

    return hook
