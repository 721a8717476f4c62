"""Bench: `python -m tests.bench [PART ...]` measures and prints a table for each part."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

# Each is a module here with `tables() -> None`, which prints what it measures.
PARTS = ("build", "review", "handlers", "sandbox", "growth")


def main(wanted: list[str]) -> int:
    """Measure the parts that are `wanted`, or all."""
    unknown = set(wanted) - set(PARTS)
    if unknown:
        print(f"{', '.join(sorted(unknown))}: unknown; expected of {', '.join(PARTS)}", file=sys.stderr)
        return 2
    for part in wanted or PARTS:
        tables: Callable[[], None] = import_module(f"tests.bench.{part}").tables
        tables()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
