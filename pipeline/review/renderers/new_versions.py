"""Functions that get a new version, each with the alias, alarms and rollout that change because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.evaluation.values import references, spelt
from pipeline.review.model import Change

FUNCTION, VERSION = "AWS::Lambda::Function", "AWS::Lambda::Version"


def new_versions(changes: Sequence[Change]) -> dict[str, list[Change]]:
    """Return, by function, the changes in a stack that a new version of it consists of.

    A change that carries a risk or a note is not among them: it is read by itself.
    """
    changed = {change.resource: change for change in changes}
    found: dict[str, list[Change]] = {}
    for change in changes:
        function = function_of(change) if change.type == VERSION else ""
        if function and not is_remarkable(change) and not comes_or_goes(changed.get(function)):
            found.setdefault(function, []).append(change)
    return {
        function: [*itself(changed.get(function)), *versions, *followers(versions, changes)]
        for function, versions in found.items()
        if any(version.action != "Remove" for version in versions)
    }


def function_of(version: Change) -> str:
    """Return the logical id of a version's function, or its name where that is all there is."""
    value = (version.old() if version.action == "Remove" else version.new()).get("FunctionName")
    return next((reference.resource for reference in references(value)), spelt(value) if value else "")


def is_remarkable(change: Change) -> bool:
    """Return whether there is more to say of a change than that it follows a new version."""
    return bool(change.risks or change.notes)


def comes_or_goes(function: Change | None) -> bool:
    """Return whether the function itself is added or removed."""
    return function is not None and function.action in ("Add", "Remove")


def itself(function: Change | None) -> list[Change]:
    """Return the change of the function, if nothing but its code changes."""
    if function is None or function.type != FUNCTION or is_remarkable(function):
        return []
    return [function] if all(place.name == "Code" for place in function.properties) else []


def followers(versions: Sequence[Change], changes: Sequence[Change]) -> list[Change]:
    """Return the changes in which every place changes because of a version, or of one that follows it."""
    waiting: Mapping[str, Change] = {
        change.resource: change
        for change in changes
        if change.action == "Modify" and change.properties and not is_remarkable(change)
    }
    known = {version.resource for version in versions}
    found: list[Change] = []
    while True:
        more = [
            change
            for name, change in waiting.items()
            if name not in known and all(place.cause in known for place in change.properties)
        ]
        if not more:
            return found
        found += more
        known |= {change.resource for change in more}
