"""Updates that CloudFormation refuses before it starts, for their parameters, Rules or sizes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import StackPath
from pipeline.review.model import Change, Review, Risk
from pipeline.review.prediction import parameter_constraints, template_rules

# "AWS CloudFormation quotas" and the API reference of SetStackPolicy.
TEMPLATE_BYTES = 1_000_000
INLINE_BYTES = 51_200
STACK_POLICY_BYTES = 16_384
DECLARED = {"Resources": 500, "Parameters": 200, "Outputs": 200, "Mappings": 200}


@dataclass(frozen=True)
class Refusal:
    """Why CloudFormation refuses the update of a stack; `subject` is a parameter that it is about."""

    stack: StackPath
    reason: str
    subject: str = ""


def add(review: Review, old: Stack, new: Stack) -> None:
    """Add a risk for each reason to refuse the new side that the old side does not have."""
    known = set(refusals(old))
    for refusal in refusals(new):
        if refusal not in known:
            refuse(review, refusal)


def refuse(review: Review, refusal: Refusal) -> None:
    """Add a risk to a change that the refusal is about; where nothing changes, a fault of the review."""
    change = carrier(review, refusal)
    if change is None:
        review.faults.append(f"UPDATE_FAILS: CloudFormation refuses the update: {refusal.reason}")
    else:
        change.risks.append(Risk("UPDATE_FAILS", refusal.reason))


def carrier(review: Review, refusal: Refusal) -> Change | None:
    """Return the change to list a refusal with: one that its parameter causes, or one of its stack."""
    link = "/".join((*refusal.stack, f"parameter:{refusal.subject}"))
    caused = (change for change in review.changes if refusal.subject and link in links(change))
    target = (refusal.stack[:-1], refusal.stack[-1]) if refusal.stack else None
    nested = (change for change in review.changes if change.target == target)
    inside = (change for change in review.changes if change.stack == refusal.stack)
    return next((change for found in (caused, nested, inside, review.changes) for change in found), None)


def links(change: Change) -> set[str]:
    """Return every link of the chains that lead to a change."""
    return {*change.chain, *(link for place in change.properties for link in place.chain)}


def refusals(root: Stack) -> Iterator[Refusal]:
    """Yield every reason to refuse a side, nested stacks included."""
    for stack in root.tree():
        for name in stack.parameters:
            for reason in parameter_constraints.broken(stack, name):
                yield Refusal(stack.path, reason, name)
        for reason in template_rules.broken(stack):
            yield Refusal(stack.path, reason)
        for reason in oversized(stack):
            yield Refusal(stack.path, reason)


def oversized(stack: Stack) -> Iterator[str]:
    """Yield what a template has too many of, or is too large for."""
    where = "/".join(stack.path) or "the root template"
    counts = {"Resources": len(stack.declared)}
    for section, limit in DECLARED.items():
        found = counts.get(section, len(stack.section(section)))
        if found > limit:
            yield f"{where}: found {found} {section}, expected at most {limit}"
    size = least_size(stack)
    if size > TEMPLATE_BYTES:
        yield f"{where}: found {size:,} bytes without spaces, expected at most {TEMPLATE_BYTES:,}"


def least_size(stack: Stack) -> int:
    """Return the bytes of a template as JSON without spaces."""
    text = json.dumps(stack.template, separators=(",", ":"), ensure_ascii=False, default=str)
    return len(text.encode())


def add_file_sizes(review: Review, files: tuple[Path, Path], new: Stack, policy: object) -> None:
    """Add what CloudFormation says of the size of the root's file as it is, and of a stack policy."""
    before, after = (file.stat().st_size for file in files)
    name = files[1].name
    if after > TEMPLATE_BYTES >= max(before, least_size(new)):
        refuse(review, Refusal((), f"{name}: found {after:,} bytes, expected at most {TEMPLATE_BYTES:,}"))
    elif TEMPLATE_BYTES >= after > INLINE_BYTES >= before:
        review.notes.append(
            f"{name} has {after:,} bytes: from {INLINE_BYTES + 1:,} on, CloudFormation takes a template "
            "from S3 only"
        )
    size = len(json.dumps(policy)) if isinstance(policy, Mapping) else 0
    if size > STACK_POLICY_BYTES:
        reason = f"StackPolicy: found {size:,} bytes, expected at most {STACK_POLICY_BYTES:,}"
        refuse(review, Refusal((), reason))
