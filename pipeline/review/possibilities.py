"""A review of stacks of which not everything is known: the changes and risks of each value it may have."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.evaluation.stack import Stack
from pipeline.review.model import Change, Review, Risk
from pipeline.review.prediction.assumptions import Assumed, options

Judged = Callable[[Stack, Stack], Review]
MOST = 96
"""Predictions for one review, of small stacks; of large ones fewer, so that a review takes seconds."""
RESOURCES = 6_000
FEWEST = 12
WORDS_SHOWN = 3


@dataclass(frozen=True)
class Case:
    """One case of what nobody knows, and the review of the stacks in that case."""

    assumed: Assumed
    review: Review


def judge_each(review: Review, old: Stack, new: Stack, judged: Judged) -> None:
    """Replace the changes and risks of a review that hang on what nobody knows by those of each case.

    Where there are more cases than can be tried, the changes whose values hang on them are UNJUDGED.
    """
    cases, complete = explored(review, old, new, judged)
    if len(cases) < 2 and complete:  # noqa: PLR2004, the review itself
        return
    by_id: dict[str, list[tuple[Case, Change]]] = {}
    for case in cases:
        for change in case.review.changes:
            by_id.setdefault(change.id, []).append((case, change))
    listed = {change.id for change in review.changes}
    for change in list(review.changes):
        found = by_id.get(change.id, [])
        if complete and not found:
            review.changes.remove(change)
            review.unchanged += change.before is not None and change.after is not None
            continue
        own = [] if complete else change.risks
        change.risks = [*own, *(risk for risk in risks(found, cases, change) if risk not in own)]
        if complete:
            combine(change, found, cases)
        else:
            change.risks.append(Risk("UNJUDGED", "hangs on more unknown values than can be tried: give them"))
    for name, found in by_id.items():
        if name not in listed:
            _, change = found[0]
            change.notes.append(f"only {where([case for case, _ in found])}{hint(cases)}")
            change.risks = risks(found, cases, change)
            review.changes.append(change)
            review.unchanged -= change.before is not None and change.after is not None


def explored(review: Review, old: Stack, new: Stack, judged: Judged) -> tuple[list[Case], bool]:
    """Return a case for each value of what changes hang on, and whether these are all."""
    budget = max(FEWEST, min(MOST, RESOURCES // (1 + len(review.after))))
    waiting = deque([Case(Assumed(), review)])
    cases = []
    while waiting:
        case = waiting.popleft()
        before, after = assuming(old, new, case.assumed) if case.assumed.values else (old, new)
        found = options(before, after, case.review.changes)
        if not found:
            cases.append(case)
            continue
        atom, values = next(iter(found.items()))
        branches = list(case.assumed.branches(atom, values))
        budget -= len(branches)
        if budget < 0 or not branches:
            return [*cases, *waiting, case], False
        waiting += [Case(branch, judged(*assuming(old, new, branch))) for branch in branches]
    return cases, True


def assuming(old: Stack, new: Stack, assumed: Assumed) -> tuple[Stack, Stack]:
    """Return both roots under the same assumptions, ready to be compared."""
    sides = old.assuming(assumed.values), new.assuming(assumed.values)
    sides[0].faces(sides[1])
    return sides


def risks(found: list[tuple[Case, Change]], cases: list[Case], change: Change) -> list[Risk]:
    """Return the risks of a change in any case, each with the cases that have it, unless all do."""
    cases_of: dict[Risk, list[Case]] = {}
    for case, each in found:
        for risk in each.risks:
            cases_of.setdefault(risk, []).append(case)
    number = sum(change.target in case.review.before or change.target in case.review.after for case in cases)
    return [
        risk if len(about) == number else replace(risk, reason=f"{risk.reason}; {where(about)}")
        for risk, about in cases_of.items()
    ]


def where(cases: list[Case]) -> str:
    """Return in words which cases these are."""
    words = list(dict.fromkeys(str(case.assumed) for case in cases))
    more = f", and in {len(words) - WORDS_SHOWN} cases more" if len(words) > WORDS_SHOWN else ""
    return f"where {', or '.join(words[:WORDS_SHOWN])}{more}"


def hint(cases: list[Case]) -> str:
    """Return what would decide between cases, where an option of the command does."""
    asked = any("AWS::Region" in case.assumed.words for case in cases)
    return "; --region would decide" if asked else ""


def combine(change: Change, found: list[tuple[Case, Change]], cases: list[Case]) -> None:
    """Say of a change whether it replaces its resource in all cases, in some, or in none."""
    if change.action != "Modify":
        return
    there = [
        case for case in cases if change.target in case.review.before and change.target in case.review.after
    ]
    answers = [each.replacement for _, each in found if each.action == "Modify"]
    if len(found) < len(there):
        answers.append("False")
    if answers and set(answers) != {change.replacement}:
        only = answers[0] if len(set(answers)) == 1 else "Conditional"
        change.replacement = only
        if only == "False":
            change.policy_action = None
    if len(found) < len(there):
        change.notes.append(f"changes only {where([case for case, _ in found])}{hint(cases)}")
