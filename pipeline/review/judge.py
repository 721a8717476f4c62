"""Judge: runs every rule over every change, and lets none of them fail in silence."""

from __future__ import annotations

from pipeline import BuildError
from pipeline.review.model import Review
from pipeline.review.rules import RULES
from pipeline.review.rules.context import Context, Rule


class RuleError(BuildError):
    """A rule that crashed; the message names it and what it was looking at."""


def judge(review: Review, rules: tuple[Rule, ...] = RULES) -> Review:
    """Add to each change of the review the risks that the rules see in it."""
    context = Context(review)
    for change in review.changes:
        for rule in rules:
            try:
                found = list(rule(change, context))
            except Exception as fault:
                name = f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"
                raise RuleError(
                    f"rule {name} failed on {change.id}: {type(fault).__name__}: {fault}; nothing is judged"
                ) from fault
            change.risks += [risk for risk in found if risk not in change.risks]
    return review
