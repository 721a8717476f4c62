"""Loss: what a row of the loss table says."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.review.rules.comparisons import Weaker


@dataclass(frozen=True)
class Loss:
    """A kind of risk, the types and places that it is about, and when one value is weaker than another."""

    kind: str
    types: str
    path: str
    weaker: Weaker
    reason: str
