"""The settings of a change set as text, with secrets concealed, and whether it can be executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.evaluation.values import KNOWN_AFTER_APPLY, spelt
from pipeline.review.change_set.parse import VARIANT, ChangeSet
from pipeline.review.masks import HIDDEN, is_secret, masked
from pipeline.review.model import Setting

# What of an answer has a place of its own in the model, or says nothing to people.
PLACED = {
    "Changes",
    "ChangeSetId",
    "ChangeSetName",
    "CreationTime",
    "ExecutionStatus",
    "IncludeNestedStacks",
    "NextToken",
    "ParentChangeSetId",
    "ResponseMetadata",
    "RootChangeSetId",
    "StackId",
    "StackName",
    "Status",
    "StatusReason",
    VARIANT,
}
NOT_EXECUTABLE = {
    "OBSOLETE": "its stack was updated since; make it anew",
    "EXECUTE_FAILED": "its execution failed; make it anew",
}
EXECUTED = {"EXECUTE_IN_PROGRESS": "is being executed", "EXECUTE_COMPLETE": "was executed already"}
KEYS, VALUES = ("ParameterKey", "Key"), ("ResolvedValue", "ParameterValue", "Value")


def settings(one: ChangeSet, stack: str) -> Iterator[Setting]:
    """Yield what the change set of a stack was created with."""
    for key in sorted({key for answer in one.answers for key in answer} - PLACED):
        told = one.first(key)
        if told not in (None, [], {}, False):
            yield Setting(key, spelt_out(told), stack)


def spelt_out(told: Any) -> str:  # any JSON
    """A setting on one line: names with their values, a list apart by commas."""
    if isinstance(told, list):
        return ", ".join(pair(each) if isinstance(each, dict) else shown(each) for each in told)
    if isinstance(told, dict):
        return ", ".join(
            f"{name}={HIDDEN if is_secret(str(name)) else spelt_out(member)}"
            for name, member in sorted(told.items())
        )
    return shown(told)


def pair(told: Mapping[str, Any]) -> str:
    """A parameter or a tag as its name and value, anything else member by member."""
    name = next((str(told[key]) for key in KEYS if told.get(key)), "")
    if not name:
        return "(" + spelt_out(dict(told)) + ")"
    if told.get("UsePreviousValue"):
        return f"{name} as before"
    value = next((told[key] for key in VALUES if told.get(key) is not None), "")
    return f"{name}={HIDDEN if is_secret(name) and value else shown(value)}"


def shown(told: Any) -> str:  # any JSON
    """A single value; True is left as the word."""
    if isinstance(told, str):
        return str(masked(told)).replace(KNOWN_AFTER_APPLY, "(known later)")
    return str(told) if isinstance(told, bool | int | float) else spelt(masked(str(told)))


def not_executable(one: ChangeSet) -> str:
    """Why a change set that was made whole cannot be executed any more; empty where it can."""
    status = str(one.first("ExecutionStatus") or "")
    return f"{status}: {NOT_EXECUTABLE[status]}" if status in NOT_EXECUTABLE else ""
