"""AWS::Include: snippets read from files, and put where they are included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from pipeline.evaluation.transforms.calls import EMBEDDED, INCLUDE, Call, called

Read: TypeAlias = Callable[[Path], object]
"""Returns the content of a file in JSON or YAML."""
Locate: TypeAlias = Callable[[Call], Path | None]
"""Returns the file of what a call includes, or None where there is none."""

REMOTE = ("s3://", "https://", "http://")


@dataclass(frozen=True)
class Includes:
    """The files that stand for included locations, by the location or the last part of it."""

    files: Mapping[str, Path] = field(default_factory=dict)

    def file(self, locations: Iterable[str], template: Path | None) -> Path | None:
        """Return the file for a location, spelt in any of these ways, or the local file that it names."""
        spellings = list(dict.fromkeys(locations))
        for name in (*spellings, *(each.rpartition("/")[2] for each in spellings)):
            if name in self.files:
                return self.files[name]
        if template is not None:
            for name in spellings:
                beside = template.parent / name
                if not name.startswith(REMOTE) and beside.is_file():
                    return beside
        return None


def expanded(node: object, locate: Locate, read: Read) -> object:
    """A part of a template with each snippet that has a file in the place of its call.

    What stands beside the call stays, and goes before a member of the snippet of the same name.
    """
    if isinstance(node, list):
        return [expanded(item, locate, read) for item in node]
    if not isinstance(node, dict):
        return node
    beside = {name: expanded(member, locate, read) for name, member in node.items() if name != EMBEDDED}
    if EMBEDDED not in node:
        return beside
    return merged(node[EMBEDDED], beside, locate, read)


def merged(calls: object, beside: dict[str, object], locate: Locate, read: Read) -> object:
    """The mapping that has calls, with the snippets that were read, and the calls of what was not."""
    left: list[object] = []
    for item in calls if isinstance(calls, list) else [calls]:
        snippet = snippet_of(item, locate, read)
        if isinstance(snippet, dict):
            beside = snippet | beside
        elif snippet is not None and not beside and not isinstance(calls, list):
            return snippet
        else:
            left.append(item)
    if left:
        beside[EMBEDDED] = left if isinstance(calls, list) and len(left) > 1 else left[0]
    return beside


def snippet_of(item: object, locate: Locate, read: Read) -> object:
    """Return the content that a call includes; None where it includes nothing, or nothing that has a file."""
    for call in called(item):
        file = locate(call) if call.name == INCLUDE else None
        if file is not None:
            return read(file)
    return None
