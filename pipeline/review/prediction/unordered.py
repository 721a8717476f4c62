"""Lists whose order says nothing: the registry calls them unordered, or a policy does not read it.

`python -m pipeline.review.prediction.unordered` writes `unordered.json` anew after an upgrade of cfn-lint,
from `insertionOrder` in the registry's schemas: where it is false, another order is no change.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipeline.review.prediction.schemas import documents

TABLE = Path(__file__).with_name("unordered.json")
ITEM = re.compile(r"/\d+(?=/|$)")
# IAM reads the statements of a policy, and the lists within one, as sets.
OF_POLICY = re.compile(
    r"(^|/)Statement(/\*)?(/(Not)?(Action|Resource)|/(Not)?Principal/\w+|/Condition/[^/]+/[^/]+)?$"
)
# The key of a tag says which it is.
TAGS = re.compile(r"(^|/)Tags$")
DEEPEST = 8


@lru_cache(maxsize=4096)
def without_order(kind: str, path: str) -> bool:
    """Return whether the order of the list at a path of a type's properties says nothing."""
    place = ITEM.sub("/*", path)
    return bool(place in table().get(kind, ()) or OF_POLICY.search(place) or TAGS.search(place))


@cache
def table() -> dict[str, frozenset[str]]:
    """Return the unordered lists of each type, by their paths, "*" standing for any item."""
    found = json.loads(TABLE.read_text(encoding="utf-8"))
    return {kind: frozenset(paths) for kind, paths in found.items()}


def collected() -> dict[str, list[str]]:
    """Return the table as the installed cfn-lint has it."""
    found = {kind: sorted(set(of_object(document, document, ""))) for kind, document in documents()}
    return {kind: paths for kind, paths in sorted(found.items()) if paths}


def of_object(shape: dict[str, Any], document: dict[str, Any], path: str) -> Iterator[str]:
    """Yield the unordered lists within the properties of a shape, or of its alternatives."""
    if path.count("/") > DEEPEST:
        return
    for alternative in [shape, *(shape.get("anyOf") or []), *(shape.get("oneOf") or [])]:
        for name, member in (alternative.get("properties") or {}).items():
            yield from of_member(member, document, f"{path}/{name}" if path else name)


def of_member(member: dict[str, Any], document: dict[str, Any], path: str) -> Iterator[str]:
    """Yield a member, if it is an unordered list, and those within it."""
    shape = referred(member, document)
    if "items" in shape:
        if shape.get("insertionOrder") is False:
            yield path
        items = referred(shape["items"], document)
        yield from of_object(items, document, f"{path}/*")
    else:
        yield from of_object(shape, document, path)


def referred(shape: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return a shape, or the definition that it refers to."""
    name = str(shape.get("$ref", "")).rpartition("/")[2]
    found: dict[str, Any] = document.get("definitions", {}).get(name, {}) if name else shape
    return found


def main() -> int:
    """Write the table next to this module."""
    lines = (
        f"{json.dumps(kind)}: {json.dumps(paths, separators=(',', ':'))}"
        for kind, paths in collected().items()
    )
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
