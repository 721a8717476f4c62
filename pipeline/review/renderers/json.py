"""A review as JSON, for machines."""

from __future__ import annotations

import json
from typing import Any

from pipeline.evaluation.values import shown
from pipeline.review.masks import concealed
from pipeline.review.model import Change, Review
from pipeline.review.verdict import Verdict

WEIGHT = {"Always": 2, "Conditionally": 1, "Never": 0}


def rendered(review: Review, _verdict: Verdict) -> str:
    """A JSON list, an object for each resource that changes."""
    return json.dumps([record(change) for change in review.changes], indent=2, ensure_ascii=False) + "\n"


def record(change: Change) -> dict[str, Any]:
    """A change as an object."""
    return {
        "stack": "/".join(change.stack),
        "id": change.id,
        "type": change.type,
        "action": change.action,
        "replacement": change.replacement,
        "policy_action": change.policy_action,
        "scope": change.scope(),
        "properties": properties(change),
        "cause": change.cause,
        "chain": list(change.chain),
        "risks": list(dict.fromkeys(risk.kind for risk in change.risks)),
        "reasons": [
            {"risk": risk.kind, "reason": risk.reason, "before": risk.before, "after": risk.after}
            for risk in change.risks
        ],
        "physical_id": change.physical_id,
        "notes": change.notes,
    }


def properties(change: Change) -> dict[str, Any]:
    """The properties and attributes that change, by name, each with the places in it."""
    found: dict[str, Any] = {}
    for place in change.properties:
        mine = found.setdefault(
            place.name,
            {"scope": place.scope, "requires_recreation": "Never", "cause": place.cause, "changes": []},
        )
        mine["requires_recreation"] = max(
            mine["requires_recreation"], place.requires, key=lambda each: WEIGHT.get(each, 0)
        )
        mine["changes"].append(
            {
                "path": place.path,
                "kind": place.kind,
                "before": shown(concealed(change, place.path, place.before)),
                "after": shown(concealed(change, place.path, place.after)),
                "evaluation": "Dynamic" if place.dynamic else "Static",
            }
        )
    return found
