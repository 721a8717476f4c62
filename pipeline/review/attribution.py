"""The source of each risk: that of the properties it is about, and of no others of the resource."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluation.values import spelt
from pipeline.review.model import Change, PropertyChange, Risk

# A property by its path, as reasons name it: BackupRetentionPeriod, LifecycleConfiguration/Rules/0/Status.
PATH = re.compile(r"[A-Za-z]\w*(?:/\w+)*")
PARAMETER = "parameter:"


@dataclass(frozen=True)
class Source:
    """The source of a change: `cause` is None for an edit of the template; `chain` has the links to it."""

    cause: str | None = None
    chain: tuple[str, ...] = ()

    @property
    def parameter(self) -> str:
        """The parameter at the end of the chain, as Name or Stack/Name; empty where it is none."""
        end = self.chain[-1] if self.chain else self.cause or ""
        stack, found, name = end.rpartition(PARAMETER)
        return f"{stack}{name}" if found else ""


EDIT = Source()


def sources(change: Change, risk: Risk) -> list[Source]:
    """Return the sources of the properties that a risk is about, each once; an unknown one as none.

    Where the risk names none of the properties that change, they count only if all come from one source.
    """
    named = places(change, risk)
    found = list(dict.fromkeys(Source(place.cause, place.chain) for place in named or change.properties))
    if not change.properties:
        return [Source(change.cause, change.chain)]
    return found if named or len(found) == 1 else []


def parameter(found: Sequence[Source]) -> str:
    """Return the parameter that all the sources of a risk come from; empty where there is no such one."""
    names = {source.parameter for source in found}
    return names.pop() if len(names) == 1 else ""


def places(change: Change, risk: Risk) -> list[PropertyChange]:
    """Return the places that the reason of a risk names or, where it names none, those with its values."""
    paths = PATH.findall(risk.reason)
    named = [place for place in change.properties if any(meet(place.path, path) for path in paths)]
    if named or not (risk.before or risk.after):
        return named
    return [
        place
        for place in change.properties
        if (spelt(place.before), spelt(place.after)) == (risk.before, risk.after)
    ]


def meet(one: str, other: str) -> bool:
    """Return whether two paths are of one place, or one of a place within the other's."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
