"""Templates as they were read: where a file is, and the keys that stand in it more than once."""

from __future__ import annotations

from pathlib import Path


class Document(dict[str, object]):
    """The mapping in a file; `repeated` has a sentence for each key that stands twice in one mapping."""

    def __init__(self, content: dict[str, object], file: Path, repeated: tuple[str, ...] = ()) -> None:
        super().__init__(content)
        self.file = file
        self.repeated = repeated
