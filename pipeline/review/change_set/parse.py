"""DescribeChangeSet answers in one shape, the pages and variants of each change set put together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.evaluation.template_files import UnreadableError, content

VARIANT = "IncludePropertyValues"
"""What an answer was asked with, where whoever asked took note of it; the API itself does not say."""
CONTEXTS = ("BeforeContext", "AfterContext", "PreviousDeploymentContext")
# CloudFormation has no status for a change set without changes: it fails with one of these reasons.
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


@dataclass
class ChangeSet:
    """A change set of one stack, whole: every page of it, with and without property values."""

    id: str
    answers: list[dict[str, Any]] = field(default_factory=list)
    hooks: list[dict[str, Any]] = field(default_factory=list)

    def first(self, name: str) -> Any:  # whatever the API answers
        """What the first answer that knows says under a name."""
        return next((each[name] for each in self.answers if each.get(name) not in (None, "", [])), None)

    def reasons(self) -> list[str]:
        """The status reasons, each once."""
        return list(
            dict.fromkeys(str(each["StatusReason"]) for each in self.answers if each.get("StatusReason"))
        )

    def with_values(self) -> bool:
        """Whether any answer was asked for property values."""
        return any(tells_values(each) for each in self.answers)

    def plain(self) -> bool:
        """Whether any answer was asked for without property values."""
        return any(not tells_values(each) for each in self.answers)

    def pages_missing(self) -> bool:
        """Whether an answer says that there is more of it, and nothing more of its variant is here."""
        for variant in (True, False):
            pages = [each for each in self.answers if tells_values(each) is variant]
            if pages and all(each.get("NextToken") for each in pages):
                return True
        return False

    def resources(self) -> list[dict[str, Any]]:
        """The resource changes, what several answers say of one put together."""
        found: dict[str, dict[str, Any]] = {}
        for answer in sorted(self.answers, key=tells_values, reverse=True):
            for change in answer.get("Changes") or []:
                told = change.get("ResourceChange")
                if isinstance(told, dict):
                    mine = found.setdefault(str(told.get("LogicalResourceId")), {"Details": []})
                    details = [*mine["Details"], *(told.get("Details") or [])]
                    mine |= {name: value for name, value in told.items() if name not in mine}
                    mine["Details"] = details
                    mine.setdefault("Variants", set()).add(tells_values(answer))
                    if change.get("HookInvocationCount"):
                        mine["HookInvocationCount"] = change["HookInvocationCount"]
        return list(found.values())

    def others(self) -> list[str]:
        """The kinds of changes that are none of a resource, of which nothing else is known here."""
        entries = (change for answer in self.answers for change in answer.get("Changes") or [])
        return sorted(
            {
                str(each.get("Type") or "unnamed")
                for each in entries
                if not isinstance(each.get("ResourceChange"), dict)
            }
        )


def has_no_changes(reason: str) -> bool:
    """Return whether a change set that failed for `reason` failed only because nothing changes."""
    return any(phrase in reason for phrase in NO_CHANGES)


def tells_values(answer: dict[str, Any]) -> bool:
    """Tell whether an answer was asked for property values: some resource has a context or a path."""
    if VARIANT in answer:
        return bool(answer[VARIANT])
    for change in answer.get("Changes") or []:
        told = change.get("ResourceChange") or {}
        if any(name in told for name in CONTEXTS):
            return True
        if any("Path" in (detail.get("Target") or {}) for detail in told.get("Details") or []):
            return True
    return False


def read(files: Iterable[Path]) -> list[dict[str, Any]]:
    """The answers in files, each of which may hold one, a list of them, or the console's list of changes."""
    return [answer for file in files for answer in answers(file)]


def answers(file: Path) -> Iterator[dict[str, Any]]:
    """The answers in one file, their keys spelt as the API spells them."""
    found = pascal(content(file))
    if (
        isinstance(found, list)
        and found
        and all(isinstance(each, dict) and ("Changes" in each or "Hooks" in each) for each in found)
    ):
        yield from found
    elif isinstance(found, list) and all(isinstance(each, dict) for each in found):
        changes = [each if "ResourceChange" in each else {"ResourceChange": each} for each in found]
        yield {
            "ChangeSetId": str(file),
            "ChangeSetName": file.stem,
            "Changes": changes,
            "Status": "CREATE_COMPLETE",
        }
    elif isinstance(found, dict) and ("Changes" in found or "Hooks" in found or "Status" in found):
        yield {"ChangeSetId": str(file), **found}
    else:
        raise UnreadableError(f"{file}: found no Changes, expected the answer of DescribeChangeSet")


def pascal(node: Any, key: str = "") -> Any:  # any JSON
    """Keys as the API spells them; the console spells them with a small first letter."""
    if isinstance(node, dict) and key not in CONTEXTS:
        return {
            name[:1].upper() + name[1:]: pascal(member, name[:1].upper() + name[1:])
            for name, member in node.items()
        }
    if isinstance(node, list):
        return [pascal(item) for item in node]
    return node


def change_sets(documents: Iterable[dict[str, Any]]) -> list[ChangeSet]:
    """The answers by change set."""
    found: dict[str, ChangeSet] = {}
    for answer in documents:
        name = str(answer.get("ChangeSetId"))
        mine = found.setdefault(name, ChangeSet(name))
        if "Hooks" in answer and "Changes" not in answer:
            mine.hooks += [each for each in answer["Hooks"] or [] if isinstance(each, dict)]
        else:
            mine.answers.append(answer)
    return list(found.values())


def decoded(value: Any) -> Any:  # any JSON
    """A value that the API sends as JSON within a string."""
    if isinstance(value, str) and value[:1] in ("{", "[") and not value.startswith("{{"):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value
