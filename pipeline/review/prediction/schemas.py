"""Registry schemas of all resource types, reduced to a table: create-only properties, names and tags.

`python -m pipeline.review.prediction.schemas` writes `schemas.json` anew after an upgrade of cfn-lint.
The table lies beside the code because reading the schemas and importing cfn-lint costs half a second.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("schemas.json")
PREFIX = "/properties/"


@dataclass(frozen=True)
class Schema:
    """What the registry knows of a type, as far as a review needs it.

    Paths are slash-separated, "*" standing for any item. `names` is the whole
    identifier where a template can set it. `tagged` says that it takes the tags of its stack.
    """

    create_only: tuple[str, ...] = ()
    conditional: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    deletes_first: bool = False
    stateful: bool = False
    tagged: bool = False


@cache
def table() -> dict[str, dict[str, Any]]:
    """The whole table, read once."""
    loaded: dict[str, dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return loaded


@cache
def schema(resource_type: str) -> Schema | None:
    """The entry of a type; None where the registry does not know it."""
    entry = table().get(resource_type)
    return None if entry is None else Schema(**{name: _typed(value) for name, value in entry.items()})


def _typed(value: Any) -> Any:  # JSON knows no tuples
    return tuple(value) if isinstance(value, list) else value


def data() -> Path:
    """Return the folder of data of the installed cfn-lint."""
    from importlib.metadata import distribution  # noqa: PLC0415 # a review pays nothing for it

    return Path(str(distribution("cfn-lint").locate_file("cfnlint"))) / "data"


def documents(region: str = "us-east-1") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each type that the registry has in a region, with its schema."""
    provided = json.loads((data() / f"schemas/providers/{region}.json").read_text(encoding="utf-8"))
    for resource_type, digest in provided.items():
        yield (
            resource_type,
            json.loads((data() / f"schemas/resources/{digest}.json").read_text(encoding="utf-8")),
        )


def collected(region: str = "us-east-1") -> dict[str, dict[str, Any]]:
    """The table as the installed cfn-lint has it."""
    stateful = json.loads((data() / "AdditionalSpecs/StatefulResources.json").read_text(encoding="utf-8"))
    found = {}
    for resource_type, document in documents(region):
        found[resource_type] = entry(document, stateful=resource_type in stateful["ResourceTypes"])
    for resource_type in stateful["ResourceTypes"]:
        found.setdefault(resource_type, {"stateful": True})
    return dict(sorted(found.items()))


def entry(document: dict[str, Any], *, stateful: bool) -> dict[str, Any]:
    """What the table keeps of one schema document, leaving out what is empty."""

    def paths(name: str) -> list[str]:
        return sorted(path.removeprefix(PREFIX) for path in document.get(name, []))

    identifier = paths("primaryIdentifier")
    given_by_template = not set(identifier) & set(paths("readOnlyProperties"))
    kept = {
        "create_only": paths("createOnlyProperties"),
        "conditional": paths("conditionalCreateOnlyProperties"),
        "names": identifier if given_by_template else [],
        "deletes_first": document.get("replacementStrategy") == "delete_then_create",
        "stateful": stateful,
        "tagged": takes_tags(document),
    }
    return {name: value for name, value in kept.items() if value}


def takes_tags(document: dict[str, Any]) -> bool:
    """Return whether CloudFormation can set tags on resources of a type, and change them."""
    told = document.get("tagging", {})
    return bool(told.get("taggable") and told.get("tagUpdatable", True) and "tagProperty" in told)


def rendered(found: dict[str, dict[str, Any]]) -> str:
    """The table as text: a line for each type, so that an upgrade reads well as a diff."""
    lines = (
        f"{json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in found.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    """Write the table next to this module."""
    TABLE.write_text(rendered(collected()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
