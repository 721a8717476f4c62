"""Reviews in the formats that people and machines read."""

from __future__ import annotations

from pipeline.review.model import Review
from pipeline.review.renderers import FORMATS, rendered
from pipeline.review.verdict import Policy, decide

__all__ = ["FORMATS", "rendering"]


def rendering(review: Review, kind: str, *, colour: bool = False) -> str:
    """Return a review in a format, with the verdict of a policy that sets nothing."""
    return rendered(review, decide(review, Policy()), kind, colour=colour)
