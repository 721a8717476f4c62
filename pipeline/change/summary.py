"""The summary of a plan that fits into an approval, and the link to the whole review."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pipeline.change.record import Plan
from pipeline.review.model import Review
from pipeline.review.renderers import entries, view
from pipeline.review.verdict import Verdict

# CodePipeline takes 1,000 of an approval's CustomData, which may have a sentence of its own before it.
LIMIT = 900
DIGEST = 12
PREDICTED = " | predicted, for the endpoint tells nothing of nested change sets"
NOT_BY_CLICK = "Approving is not enough: accept them in review.toml, in a commit"


def summary(
    plan: Plan, review: Review, verdict: Verdict, drift: list[str], *, predicted: bool = False
) -> str:
    """Return the verdict and the risks, then what will be executed; shorter than LIMIT characters."""
    risks = [f"{risk.kind} {risk.subject} ({risk.mode})" for risk in entries.risks(verdict)]
    head = f"{plan.stack}: {view.summary(review, verdict)}"
    tail = executed(plan, drift) + (PREDICTED if predicted else "")
    warning = f". {NOT_BY_CLICK}" if plan.blocking else ""
    room = LIMIT - 1 - len(head) - len(warning) - len(tail) - len(" | RISKS: …; and 9999 more | ")
    listed, used = [], 0
    for risk in risks:
        if used + len(risk) + 2 > room:
            break
        listed.append(risk)
        used += len(risk) + 2
    more = f"; and {len(risks) - len(listed)} more" if len(listed) < len(risks) else ""
    all_risks = f" | RISKS: {'; '.join(listed)}{more}" if risks else ""
    return f"{head}{warning}{all_risks} | {tail}"[: LIMIT - 1]


def executed(plan: Plan, drift: list[str]) -> str:
    """Return the change set and the digests that an execution checks."""
    layers = " ".join(f"{title} {digest[:DIGEST]}" for title, digest in sorted(plan.nested.items()))
    name = plan.change_set.split("changeSet/")[-1]
    drifts = f" | {len(drift)} drifted" if drift else ""
    return f"change set {name} | root {plan.digest[:DIGEST]} {layers}".rstrip() + drifts


def unchanged(plan: Plan, drift: list[str]) -> str:
    """Return the summary of a plan without changes."""
    drifts = f" | {len(drift)} drifted" if drift else ""
    return f"{plan.stack}: no changes; nothing will be executed | root {plan.digest[:DIGEST]}{drifts}"


def console_link(region: str, bucket: str, key: str) -> str:
    """Return the console's URL of an object: it asks for a sign-in, and does not expire as signed URLs do."""
    console = f"https://{region}.console.aws.amazon.com/s3/object"
    return f"{console}/{bucket}?region={region}&prefix={quote(key, safe='')}"


def variables(plan: Plan, summary_line: str, link: str) -> Mapping[str, str]:
    """Return the variables of the pipeline's actions after a plan."""
    return {
        "CHANGES": plan.changes,
        "CHANGE_SET": plan.change_set or "none",
        "DIGEST": plan.digest,
        "RISKS": str(len(plan.blocking)),
        "REVIEW": link,
        "SUMMARY": summary_line,
    }
