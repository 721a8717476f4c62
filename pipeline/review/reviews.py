"""Judged reviews: of stacks, of templates, of files, and of change sets as CloudFormation describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline import BuildError
from pipeline.evaluation import template_files
from pipeline.evaluation.documents import Document
from pipeline.evaluation.stack import Raw, Stack
from pipeline.evaluation.transforms.expansion import Transforms
from pipeline.evaluation.values import Value
from pipeline.review import transforms
from pipeline.review.model import Review
from pipeline.review.possibilities import judge_each
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
            if found:
                change.risks += [risk for risk in found if risk not in change.risks]
    return review


def of_stacks(
    old: Stack, new: Stack, title: str, tags: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
) -> Review:
    """Return the judged prediction from one side to the other; `tags` are those of the stack on each.

    Where something is not known that decides what changes, the changes and risks are those of each case.
    """

    def judged(before: Stack, after: Stack) -> Review:
        review = predict(before, after, title)
        refusals.add(review, before, after)
        if tags[0] != tags[1]:
            from pipeline.review.prediction import stack_tags  # noqa: PLC0415 # few releases touch them

            stack_tags.hand_down(review, *tags)
        return judge(review)

    review = judged(old, new)
    judge_each(review, old, new, judged)
    transforms.judge(review, old, new)
    review.notes += repeated_keys(old, new)
    return review


def repeated_keys(*sides: Stack) -> Iterator[str]:
    """Yield a note for each key that stands more than once in a template."""
    for side in sides:
        for stack in side.tree():
            template = stack.expansion.written
            if isinstance(template, Document):
                yield from (f"{template.file.name}: {sentence}" for sentence in template.repeated)


def of_templates(
    old: Raw,
    new: Raw,
    *,
    nested: tuple[Mapping[str, Raw], Mapping[str, Raw]] = ({}, {}),
    given: tuple[Mapping[str, Value], Mapping[str, Value]] = ({}, {}),
    title: str = "predicted change set",
    means: Transforms | None = None,
) -> Review:
    """The judged prediction from one root template to another.

    `nested` and `given` are of the old side and of the new one: the nested templates by logical id
    (`Outer/Inner` further in), and the parameters. `means` apply transforms.
    """
    before, after = (side(*each, means) for each in zip((old, new), nested, given, strict=True))
    return of_stacks(before, after, title)


def side(
    root: Raw, nested: Mapping[str, Raw], given: Mapping[str, Value], means: Transforms | None = None
) -> Stack:
    """One side of a comparison, its nested templates by where they are."""
    applied = means or template_files.transforms()
    return Stack(root, given, lambda path, _url: nested.get("/".join(path)), transforms=applied)


def of_files(
    old: tuple[Path, Path | None, Path | None],
    new: tuple[Path, Path | None, Path | None],
    told: Mapping[str, str] | None = None,
    included: tuple[Mapping[str, Path], Mapping[str, Path]] = ({}, {}),
) -> Review:
    """The judged prediction from files: on each side the root template, nested ones' folder, parameters.

    `told` are the pseudo parameters that are known, such as AWS::Region; `included` are, on each side, the
    files that stand for locations of AWS::Include.
    """
    given = [template_files.parameters(values) if values else {} for _, _, values in (old, new)]
    before = template_files.stack(old[0], old[1], given[0], told, included[0])
    given_after = template_files.carried(given[1], before)
    after = template_files.stack(new[0], new[1], given_after, told, included[1])
    review = of_stacks(before, after, f"prediction: {old[0].name} → {new[0].name}")
    refusals.add_file_sizes(review, (old[0], new[0]), after, template_files.stack_policy(new[2]))
    open_names = {*template_files.keeping(before.given), *template_files.left_open(given[1], before)}
    for name in sorted(open_names):
        review.notes.append(f"{name} keeps a value that was not given here; it is left open")
    return review


def of_answers(answers: Iterable[dict[str, Any]], *, creating: bool = False) -> Review:
    """The judged review of DescribeChangeSet answers, nested ones and pages in any order."""
    from pipeline.review.change_set import read  # noqa: PLC0415 # a prediction pays nothing for it

    return judge(read.review(answers, creating=creating))
