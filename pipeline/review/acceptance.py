"""Accepted risks: CLASS:Stack/Id, with wildcards in the id, or CLASS@Parameter for all that it causes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pipeline import BuildError
from pipeline.review.attribution import parameter, sources
from pipeline.review.model import Change, Risk

FORMS = "CLASS:Stack/Id, such as SG_OPENING:Network/DatabaseGroup, or CLASS:Stack/*, or CLASS@Parameter"
WILD = re.compile(r"[*?\[]")


class PolicyError(BuildError):
    """A policy file or --accept that makes no sense; the message says what was found and expected."""


@dataclass(frozen=True)
class Acceptance:
    """A class of risk that is accepted for some resources, or wherever a parameter causes it."""

    text: str
    kind: str
    resources: str = ""
    """Their ids, as a pattern of fnmatch."""
    parameter: str = ""

    @classmethod
    def parsed(cls, text: str, classes: Collection[str]) -> Acceptance:
        """Return what an accepted risk says; PolicyError unless it names one class and a place."""
        kind = re.split("[:@]", text, maxsplit=1)[0]
        mark, place = text[len(kind) : len(kind) + 1], text[len(kind) + 1 :]
        if WILD.search(kind):
            raise PolicyError(
                f"accept {text}: found the class {kind}, expected the name of one, as in {FORMS}"
            )
        if not mark or not place:
            raise PolicyError(f"accept {text}: expected {FORMS}")
        if kind not in classes:
            raise PolicyError(f"accept {text}: found {kind}, expected one of {', '.join(classes)}")
        if mark == ":":
            return cls(text, kind, resources=place)
        if WILD.search(place):
            raise PolicyError(f"accept {text}: found the parameter {place}, expected the name of one")
        return cls(text, kind, parameter=place)

    def accepts(self, change: Change, risk: Risk) -> bool:
        """Return whether this accepts a risk of a resource."""
        if risk.kind != self.kind:
            return False
        if self.parameter:
            return parameter(sources(change, risk)) == self.parameter
        return fnmatchcase(change.id, self.resources)


def lines(carriers: Sequence[tuple[Change, Risk]], others: Sequence[tuple[Change, Risk]]) -> list[str]:
    """Return the options that accept risks of one class, ready for a shell.

    They accept none of the `others`, but where it is of the same resource as one of the carriers.
    """
    kind = carriers[0][1].kind
    ids = list(dict.fromkeys(change.id for change, _ in carriers))
    if len(ids) == 1:
        return [option(f"{kind}:{ids[0]}")]
    names = {parameter(sources(*carrier)) for carrier in carriers}
    stacks = {id_.rpartition("/")[0] for id_ in ids}
    wide = [f"{kind}@{name}" for name in names if name and len(names) == 1]
    wide += [f"{kind}:{stack}/*" for stack in stacks if stack and len(stacks) == 1]
    for text in wide:
        accepted = Acceptance.parsed(text, (kind,))
        if not any(accepted.accepts(*other) for other in others if other[0].id not in ids):
            return [option(text)]
    return [option(f"{kind}:{id_}") for id_ in ids]


def option(text: str) -> str:
    """Return the command-line option that accepts this, quoted for a shell."""
    return f"--accept {shlex.quote(text)}"
