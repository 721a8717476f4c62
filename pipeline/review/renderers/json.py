"""A review as JSON, for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.evaluation.values import shown
from pipeline.review import attribution
from pipeline.review.masks import concealed
from pipeline.review.model import Change, Review, Risk
from pipeline.review.verdict import Verdict

WEIGHT = {"Always": 2, "Conditionally": 1, "Never": 0}


def rendered(review: Review, verdict: Verdict) -> str:
    """Return a JSON list, an object for each resource that changes."""
    modes = {(change.id, risk): mode for change, risk, mode in verdict.risks()}
    objects = [record(change, modes) for change in review.changes]
    return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"


def record(change: Change, modes: Mapping[tuple[str, Risk], str]) -> dict[str, Any]:
    """Return a change as an object; `modes` are what becomes of risks, by id of the resource and risk."""
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
        "reasons": [reason(change, risk, modes.get((change.id, risk), "ignored")) for risk in change.risks],
        "physical_id": change.physical_id,
        "notes": change.notes,
    }


def reason(change: Change, risk: Risk, mode: str) -> dict[str, Any]:
    """Return a risk as an object, with the cause of what it is about."""
    sources = attribution.sources(change, risk)
    source = sources[0] if len(sources) == 1 else attribution.EDIT
    return {
        "risk": risk.kind,
        "reason": risk.reason,
        "before": risk.before,
        "after": risk.after,
        "cause": source.cause,
        "chain": list(source.chain),
        "remedy": risk.remedy,
        "mode": mode,
        "accept": f"{risk.kind}:{change.id}",
    }


def properties(change: Change) -> dict[str, Any]:
    """Return the properties and attributes that change, by name, each with the places in it.

    A property has the cause that all its places share, or none.
    """
    found: dict[str, Any] = {}
    for place in change.properties:
        mine = found.setdefault(
            place.name,
            {"scope": place.scope, "requires_recreation": "Never", "cause": place.cause, "changes": []},
        )
        mine["requires_recreation"] = max(
            mine["requires_recreation"], place.requires, key=lambda requires: WEIGHT.get(requires, 0)
        )
        mine["cause"] = place.cause if mine["cause"] == place.cause else None
        mine["changes"].append(
            {
                "path": place.path,
                "kind": place.kind,
                "before": shown(concealed(change, place.path, place.before)),
                "after": shown(concealed(change, place.path, place.after)),
                "evaluation": "Dynamic" if place.dynamic else "Static",
                "cause": place.cause,
                "chain": list(place.chain),
            }
        )
    return found
