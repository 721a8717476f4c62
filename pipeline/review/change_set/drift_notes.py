"""Notes on drift: changes made outside CloudFormation, from a drift-aware change set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.evaluation.values import spelt
from pipeline.review.change_set.parse import decoded
from pipeline.review.masks import concealed
from pipeline.review.model import Change

STATUSES = {
    "MODIFIED": "was changed outside CloudFormation",
    "DELETED": "was deleted outside CloudFormation",
    "UNKNOWN": "whether it was changed outside CloudFormation is not known",
    "UNSUPPORTED": "AWS cannot tell whether it was changed outside CloudFormation",
    "NOT_CHECKED": "AWS did not look whether it was changed outside CloudFormation",
    "IN_SYNC": "",
}
TOLD = {"ResourceDriftStatus", "ResourceDriftIgnoredAttributes"}


def notes(resource: Mapping[str, Any], change: Change) -> Iterator[str]:
    """What is to say of the drift of a resource, and of each place of it."""
    status = str(resource.get("ResourceDriftStatus") or "IN_SYNC")
    if STATUSES.get(status, status):
        yield f"drift {status}: {STATUSES.get(status, 'a status that is not known here')}"
    for detail in resource.get("Details") or []:
        yield from of_place(detail.get("Target") or {}, change)
    for each in resource.get("ResourceDriftIgnoredAttributes") or []:
        yield f"drift of {each.get('Path')} is ignored: {each.get('Reason')}"


def of_place(target: Mapping[str, Any], change: Change) -> Iterator[str]:
    """What is to say of one place: what was deployed there, and whether AWS will write it."""
    path = str(target.get("Path") or target.get("Name") or "").removeprefix("/Properties").strip("/")
    drifted = target.get("Drift") or {}
    if drifted:
        deployed, actual = (
            spelt(concealed(change, path, decoded(drifted.get(name, "(none)"))))
            for name in ("PreviousValue", "ActualValue")
        )
        yield f"drift of {path}: deployed as {deployed}, now {actual}"
    elif target.get("BeforeValueFrom") == "ACTUAL_STATE":
        yield f"{path}: what it was is the actual state, not what was deployed"
    if target.get("AttributeChangeType") == "SyncWithActual":
        yield f"{path}: nothing is written, CloudFormation takes note of the actual state"
