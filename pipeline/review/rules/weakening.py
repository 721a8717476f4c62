"""Rules on settings that protect data, traffic or monitoring, and become weaker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from pipeline.review.masks import concealed
from pipeline.review.model import Change, Risk
from pipeline.review.rules.comparisons import Loss
from pipeline.review.rules.context import Context, Place, risk
from pipeline.review.rules.weakening_table import LOSSES


@cache
def rows(resource_type: str) -> list[tuple[re.Pattern[str], Loss]]:
    """The rows about a type, their paths ready to match."""
    return [(re.compile(row.path), row) for row in LOSSES if re.fullmatch(row.types, resource_type)]


def weakened(change: Change, context: Context) -> Iterator[Risk]:
    """A setting that protected something is weaker."""
    yield from matches(change, context.places(change), rows(change.type))


def exposed_from_the_start(change: Change, context: Context) -> Iterator[Risk]:
    """A new resource is open to the internet, or to anyone, as soon as it is made."""
    about = [each for each in rows(change.type) if each[1].kind == "PUBLIC_EXPOSURE"]
    yield from matches(change, context.new_places(change), about)


def matches(
    change: Change, places: Iterable[Place], about: Sequence[tuple[re.Pattern[str], Loss]]
) -> Iterator[Risk]:
    """What the rows make of some places, each risk once."""
    told = set()
    for path, before, after in places:
        for pattern, row in about:
            if (row.kind, row.reason) not in told and pattern.fullmatch(path) and row.weaker(before, after):
                told.add((row.kind, row.reason))
                values = (concealed(change, path, value) for value in (before, after))
                yield risk(row.kind, f"{path}: {row.reason}", *values)
