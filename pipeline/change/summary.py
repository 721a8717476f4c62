"""Summary: a plan in as many words as an approval has room for, and where the whole of it lies."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pipeline.change.record import Plan
from pipeline.review.model import Review
from pipeline.review.renderers import view
from pipeline.review.verdict import Verdict

# CodePipeline takes 1,000 of an approval's CustomData, which may have a sentence of its own before it.
LIMIT = 900
DIGEST = 12
PREDICTED = " | predicted, for the endpoint tells nothing of nested change sets"
NOT_BY_CLICK = "Approving is not enough: accept them in review.toml, in a commit"


def summary(
    plan: Plan, review: Review, verdict: Verdict, drift: list[str], *, predicted: bool = False
) -> str:
    """The verdict and what is at risk first, then what will be executed; under LIMIT characters."""
    risks = [f"{risk.kind} {risk.resource} ({risk.mode})" for risk in view.risks(verdict)]
    head = f"{plan.stack}: {view.summary(review, verdict)}"
    tail = bound(plan, drift) + (PREDICTED if predicted else "")
    warning = f". {NOT_BY_CLICK}" if plan.blocking else ""
    room = LIMIT - 1 - len(head) - len(warning) - len(tail) - len(" | RISKS: …; and 9999 more | ")
    told, used = [], 0
    for risk in risks:
        if used + len(risk) + 2 > room:
            break
        told.append(risk)
        used += len(risk) + 2
    more = f"; and {len(risks) - len(told)} more" if len(told) < len(risks) else ""
    listed = f" | RISKS: {'; '.join(told)}{more}" if risks else ""
    return f"{head}{warning}{listed} | {tail}"[: LIMIT - 1]


def bound(plan: Plan, drift: list[str]) -> str:
    """What an execution is held to."""
    layers = " ".join(f"{title} {digest[:DIGEST]}" for title, digest in sorted(plan.nested.items()))
    name = plan.change_set.split("changeSet/")[-1]
    drifts = f" | {len(drift)} drifted" if drift else ""
    return f"change set {name} | root {plan.digest[:DIGEST]} {layers}".rstrip() + drifts


def unchanged(plan: Plan, drift: list[str]) -> str:
    """What there is to say where nothing changes."""
    drifts = f" | {len(drift)} drifted" if drift else ""
    return f"{plan.stack}: no changes; nothing will be executed | root {plan.digest[:DIGEST]}{drifts}"


def console_link(region: str, bucket: str, key: str) -> str:
    """Where a person reads the object: it asks for a sign-in, so that it outlives every signature."""
    at = f"https://{region}.console.aws.amazon.com/s3/object"
    return f"{at}/{bucket}?region={region}&prefix={quote(key, safe='')}"


def variables(plan: Plan, told: str, link: str) -> Mapping[str, str]:
    """What the actions after a plan are told."""
    return {
        "CHANGES": plan.changes,
        "CHANGE_SET": plan.change_set or "none",
        "DIGEST": plan.digest,
        "RISKS": str(len(plan.blocking)),
        "REVIEW": link,
        "SUMMARY": told,
    }
