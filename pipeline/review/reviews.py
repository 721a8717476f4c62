"""Judged reviews: of stacks, of templates, of files, and of change sets as CloudFormation describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline import BuildError
from pipeline.evaluation import template_files
from pipeline.evaluation.stack import Raw, Stack
from pipeline.evaluation.values import Value
from pipeline.review.model import Review
from pipeline.review.prediction import refusals
from pipeline.review.prediction.predict import predict
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


def of_stacks(
    old: Stack, new: Stack, title: str, tags: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
) -> Review:
    """The judged prediction from one side to the other; `tags` are those of the stack before and after.

    Where a condition waits for deployment, its risks are those of either answer.
    """
    review = predict(old, new, title)
    refusals.add(review, old, new)
    if tags[0] != tags[1]:
        from pipeline.review.prediction import stack_tags  # noqa: PLC0415 # few releases touch them

        stack_tags.hand_down(review, *tags)
    judge(review)
    if old.undecided() or new.undecided():
        listed = {change.id: change for change in review.changes}
        for answer in (True, False):
            for change in judge(predict(old.assuming(answer), new.assuming(answer), title)).changes:
                known = listed.get(change.id)
                if known is not None and known.action == change.action:
                    told = {risk.kind for risk in known.risks}
                    known.risks += [risk for risk in change.risks if risk.kind not in told]
    return review


def of_templates(
    old: Raw,
    new: Raw,
    *,
    nested: tuple[Mapping[str, Raw], Mapping[str, Raw]] = ({}, {}),
    given: tuple[Mapping[str, Value], Mapping[str, Value]] = ({}, {}),
    title: str = "predicted change set",
) -> Review:
    """The judged prediction from one root template to another.

    `nested` and `given` are of the old side and of the new one: the nested templates by logical id
    (`Outer/Inner` further in), and the parameters.
    """
    before, after = (side(*each) for each in zip((old, new), nested, given, strict=True))
    return of_stacks(before, after, title)


def side(root: Raw, nested: Mapping[str, Raw], given: Mapping[str, Value]) -> Stack:
    """One side of a comparison, its nested templates by where they are."""
    return Stack(root, given, lambda path, _url: nested.get("/".join(path)))


def of_files(
    old: tuple[Path, Path | None, Path | None],
    new: tuple[Path, Path | None, Path | None],
    told: Mapping[str, str] | None = None,
) -> Review:
    """The judged prediction from files: on each side the root template, nested ones' folder, parameters.

    `told` are the pseudo parameters that are known, such as AWS::Region.
    """
    given = [template_files.parameters(values) if values else {} for _, _, values in (old, new)]
    before = template_files.stack(old[0], old[1], given[0], told)
    after = template_files.stack(new[0], new[1], template_files.carried(given[1], before), told)
    review = of_stacks(before, after, f"prediction: {old[0].name} → {new[0].name}")
    refusals.add_file_sizes(review, (old[0], new[0]), after, template_files.stack_policy(new[2]))
    for name in sorted({*template_files.keeping(before.given), *template_files.keeping(after.given)}):
        review.notes.append(f"{name} keeps a value that was not given here; it is left open")
    return review


def of_answers(answers: Iterable[dict[str, Any]], *, creating: bool = False) -> Review:
    """The judged review of DescribeChangeSet answers, nested ones and pages in any order."""
    from pipeline.review.change_set import read  # noqa: PLC0415 # a prediction pays nothing for it

    return judge(read.review(answers, creating=creating))
