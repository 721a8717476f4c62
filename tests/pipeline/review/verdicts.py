"""Verdicts: reviews of templates, written as lines that hold all that a person relies on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.evaluation.transforms.expansion import Transforms
from pipeline.review.model import Change, Review
from pipeline.review.reviews import of_templates
from tests.pipeline.review.templates import Template

MARKS = {"Always": "!", "Conditionally": "?", "Never": ""}


def reviewed(
    old: Template,
    new: Template,
    parameters: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {}),
    nested: tuple[Mapping[str, Template], Mapping[str, Template]] = ({}, {}),
    means: Transforms | None = None,
) -> Review:
    """Return the judged prediction from one template to another.

    `parameters` and `nested` (templates by the paths of their stacks) are those of the old side and the new;
    `means` apply transforms.
    """
    return of_templates(old, new, nested=nested, given=parameters, means=means)


def verdicts(review: Review) -> set[str]:
    """Return a line for each change of a review."""
    return {verdict(change) for change in review.changes}


def verdict(change: Change) -> str:
    """Return a change as a line: id, action or replacement, policy, (properties), risks, <cause.

    A property that forces a replacement ends in `!`, one that may force it in `?`. Properties and risks are
    sorted.
    """
    marks = {place.name: MARKS[place.requires] for place in change.properties}
    properties = ",".join(f"{name}{marks[name]}" for name in sorted(marks))
    parts = [
        change.id,
        change.replacement or change.action,
        change.policy_action or "",
        f"({properties})" if properties else "",
        *sorted({risk.kind for risk in change.risks}),
        f"<{change.cause}" if change.cause else "",
    ]
    return " ".join(part for part in parts if part)


def expected(text: str) -> set[str]:
    """Return the lines of a text as a set, without their indentation."""
    return {" ".join(line.split()) for line in text.splitlines() if line.strip()}
