"""A review read from change sets: what CloudFormation describes, in the same model as a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import ABSENT, KNOWN_AFTER_APPLY, NoValue, StackPath, Unknown, Value, text
from pipeline.review.change_set import drift_notes
from pipeline.review.change_set.parse import ChangeSet, change_sets, decoded, has_no_changes
from pipeline.review.change_set.settings import EXECUTED, not_executable, settings, spelt_out
from pipeline.review.model import STACK_TAGS, Change, PropertyChange, Review, StackFinding

TRUNCATED = "(Truncated"
TOLD = {  # what of a resource change has a place of its own in the model
    "Action",
    "AfterContext",
    "BeforeContext",
    "ChangeSetId",
    "Details",
    "HookInvocationCount",
    "LogicalResourceId",
    "ModuleInfo",
    "PhysicalResourceId",
    "PolicyAction",
    "PreviousDeploymentContext",
    "Replacement",
    "ResourceType",
    "Scope",
    "Variants",
    *drift_notes.TOLD,
}
# A change by itself: an edit, a nested stack that AWS lists in any case, a template that takes what drifted.
OF_ITSELF = ("", "DirectModification", "Automatic", "NoModification")
SOURCES = {"ParameterReference": "parameter:", "ResourceReference": "", "ResourceAttribute": ""}


def review(answers: Iterable[dict[str, Any]], *, creating: bool = False) -> Review:
    """A review of everything in the answers, nested change sets in their place, before anybody judges it."""
    sets = change_sets(answers)
    places = placed(sets)
    named = next((one for one in sets if places[one.id] == ()), sets[0] if sets else None)
    found = Review(title(named) if named else "no change set", fresh=creating)
    for one in sets:
        add(found, one, places)
    found.changes.sort(key=lambda change: change.stack)
    for change in found.changes:
        if change.before is not None:
            found.before[change.target] = change.before
        if change.after is not None:
            found.after[change.target] = change.after
    return found


def title(one: ChangeSet) -> str:
    """A change set by the names that people know it by."""
    return (
        f"change set {one.first('ChangeSetName') or one.id} of stack {one.first('StackName') or '(unnamed)'}"
    )


def placed(sets: list[ChangeSet]) -> dict[str, StackPath]:
    """Where each change set's stack is nested; several roots go by the names of their stacks."""
    above: dict[str, tuple[str, str]] = {}
    for one in sets:
        for resource in one.resources():
            for child in sets:
                if child is not one and is_child(child, one, resource):
                    above[child.id] = (one.id, str(resource["LogicalResourceId"]))
    roots = [one for one in sets if one.id not in above]

    def path(name: str, seen: frozenset[str] = frozenset()) -> StackPath:
        if name in above and name not in seen:
            parent, logical = above[name]
            return (*path(parent, seen | {name}), logical)
        root = next(one for one in sets if one.id == name)
        return () if len(roots) == 1 else (str(root.first("StackName") or name),)

    return {one.id: path(one.id) for one in sets}


def is_child(child: ChangeSet, parent: ChangeSet, resource: Mapping[str, Any]) -> bool:
    """Return whether a change set is that of a nested stack among the parent's resources."""
    if resource.get("ResourceType") != STACK_TYPE:
        return False
    if resource.get("ChangeSetId") == child.id:
        return True
    of_parent = child.first("ParentChangeSetId") == parent.id
    return of_parent and resource.get("PhysicalResourceId") in (
        child.first("StackId"),
        child.first("StackName"),
    )


def add(found: Review, one: ChangeSet, places: Mapping[str, StackPath]) -> None:
    """Add a change set, with what is to say of the whole of it."""
    path = places[one.id]
    resources = one.resources()
    remark(found, one, path)
    found.settings += settings(one, name_of(one))
    both = one.with_values() and any(False in resource["Variants"] for resource in resources)
    whole = both and not any("[WARN]" in reason for reason in one.reasons())
    for resource in resources:
        change = change_of(resource, path)
        change.notes += hooks(one, resource)
        if whole and change.uncertain and True not in resource["Variants"]:
            change.notes.append("with property values AWS does not list it: it reads what changes in place")
            change.replacement = "False"
        if (
            change.type == STACK_TYPE
            and resource.get("ChangeSetId")
            and change.action in ("Add", "Modify", "Remove")
        ):
            change.unread = (*path, change.resource) not in places.values()
        found.changes.append(change)


def remark(found: Review, one: ChangeSet, path: StackPath) -> None:
    """Add what AWS remarks on the whole of a change set, and why it cannot be executed or judged."""
    name, status = name_of(one), str(one.first("Status") or "")
    nothing = any(has_no_changes(reason) for reason in one.reasons())
    if not one.answers:
        found.faults.append(f"{one.id}: found its hooks alone, expected the answer of DescribeChangeSet too")
    elif status == "FAILED" and nothing:
        found.findings.append(StackFinding("NO_CHANGES", path, name, "nothing to change"))
    elif status not in ("CREATE_COMPLETE", ""):
        found.faults.append(f"{name} is {status}: {' '.join(one.reasons()) or 'no reason given'}")
    elif not_executable(one):
        found.faults.append(f"{name} is {not_executable(one)}")
    if any("[WARN]" in reason for reason in one.reasons()) and not one.plain():
        found.faults.append(
            f"{name}: AWS warns that it left out resources; "
            "expected the answer without property values as well"
        )
    if one.pages_missing():
        found.faults.append(f"{name} goes on after what was read: NextToken was not followed")
    for kind in one.others():
        found.faults.append(f"{name} has a change of kind {kind}, expected changes of resources only")
    found.findings += [finding(one, path, reason) for reason in one.reasons() if status != "FAILED"]
    executed = EXECUTED.get(str(one.first("ExecutionStatus")))
    if executed:
        found.findings.append(StackFinding("EXECUTED", path, name, f"this change set {executed}"))


def hooks(one: ChangeSet, resource: Mapping[str, Any]) -> Iterator[str]:
    """The Hooks that AWS runs before it changes a resource."""
    named = [
        each
        for each in one.hooks
        if ((each.get("TargetDetails") or {}).get("ResourceTargetDetails") or {}).get("LogicalResourceId")
        == resource.get("LogicalResourceId")
    ]
    for each in named:
        stops = "stops the update" if each.get("FailureMode") == "FAIL" else "only warns"
        yield f"hook {each.get('TypeName')} runs before it; where it fails, it {stops}"
    number = resource.get("HookInvocationCount")
    if number and not named:
        yield f"{number} {'hook runs' if number == 1 else 'hooks run'} before it"


def finding(one: ChangeSet, path: StackPath, reason: str) -> StackFinding:
    """What AWS remarks on a change set that did not fail."""
    kind = "INCOMPLETE_VALUES" if "[WARN]" in reason else "STATUS_REASON"
    return StackFinding(kind, path, name_of(one), reason)


def name_of(one: ChangeSet) -> str:
    """A change set by its stack's name."""
    return str(one.first("StackName") or one.first("ChangeSetName") or one.id)


def change_of(resource: Mapping[str, Any], path: StackPath) -> Change:
    """A resource change as the model has it."""
    action = str(resource.get("Action"))
    change = Change(path, str(resource.get("LogicalResourceId")), str(resource.get("ResourceType")), action)
    change.physical_id = resource.get("PhysicalResourceId")
    change.drift = resource.get("ResourceDriftStatus")
    change.policy_action = resource.get("PolicyAction")
    change.replacement = (
        resource.get("Replacement") if action in ("Modify", "Dynamic", "SyncWithActual") else None
    )
    change.before = context(resource.get("BeforeContext"), change)
    change.after = context(resource.get("AfterContext"), change)
    change.properties = property_changes(resource.get("Details") or [])
    weights = {"Always": 0, "Conditionally": 1, "Never": 2}
    heaviest = sorted(change.properties, key=lambda each: weights.get(each.requires, 2))
    if heaviest and action == "Modify" and all(place.cause for place in heaviest):
        change.cause, change.chain = heaviest[0].cause, heaviest[0].chain
    change.notes += remarks(resource, change)
    return change


def remarks(resource: Mapping[str, Any], change: Change) -> Iterator[str]:
    """What AWS says of a resource change that has no place of its own in the model."""
    if any(each.get("ChangeSource") == "Automatic" for each in resource.get("Details") or []):
        yield "listed because something in it may change"
    scope = set(resource.get("Scope") or []) - {each.scope for each in change.properties}
    if scope:
        yield f"scope: {', '.join(sorted(scope))}"
    module = resource.get("ModuleInfo") or {}
    if module:
        yield f"of module {module.get('LogicalIdHierarchy')} ({module.get('TypeHierarchy')})"
    yield from drift_notes.notes(resource, change)
    for key in sorted(set(resource) - TOLD):
        if resource[key] not in (None, [], {}):
            yield f"{key}: {spelt_out(resource[key])}"


def context(told: Any, change: Change) -> dict[str, Value] | None:  # any JSON
    """A resource before or after, where AWS tells the whole of it."""
    found = decoded(told)
    if isinstance(found, str):
        change.notes.append("AWS cut the values off")
        change.unread = True
    if not isinstance(found, dict):
        return None
    resource = {name: value(member) for name, member in found.items()}
    return {"Type": change.type, **resource}


def value(told: Any) -> Value:  # any JSON
    """A value as AWS tells it, what it does not tell as an unknown."""
    if isinstance(told, dict):
        return {str(name): value(member) for name, member in told.items()}
    if isinstance(told, list):
        return [value(item) for item in told]
    if isinstance(told, str) and told.startswith(TRUNCATED):
        return Unknown("cut off by AWS", ("cut off", told))
    if isinstance(told, str) and KNOWN_AFTER_APPLY in told:
        pieces = told.split(KNOWN_AFTER_APPLY)
        later = Unknown(KNOWN_AFTER_APPLY, KNOWN_AFTER_APPLY)
        return text([part for piece in pieces for part in (piece, later)][:-1])
    return told if isinstance(told, str | int | float | bool) or told is None else str(told)


def property_changes(details: Iterable[Mapping[str, Any]]) -> list[PropertyChange]:
    """The details by place: an edit that AWS tells twice, as its cause and as its effect, once."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for detail in details:
        target = detail.get("Target") or {}
        scope = str(target.get("Attribute") or "Properties")
        path = str(target.get("Path") or "").removeprefix("/Properties").strip("/") or str(
            target.get("Name") or scope
        )
        found.setdefault((scope, path), []).append(detail)
    spelt_out = {(scope, path.split("/")[0]) for scope, path in found if "/" in path}
    whole = {key for key in found if "/" not in key[1]}
    redundant = {
        key
        for key in whole & spelt_out
        if not any("Path" in (each.get("Target") or {}) for each in found[key])
    }
    return [property_change(*key, told) for key, told in found.items() if key not in redundant]


def property_change(scope: str, path: str, details: list[Mapping[str, Any]]) -> PropertyChange:
    """What the details of one place come to; what is static tells more than what is dynamic."""
    ranked = sorted(
        details, key=lambda each: (each.get("Evaluation") == "Dynamic", not each.get("CausingEntity"))
    )
    targets = [each.get("Target") or {} for each in ranked]
    entity, source = cause_of(ranked[0])
    before, after = told(targets, "BeforeValue"), told(targets, "AfterValue")
    return PropertyChange(
        scope,
        path,
        before,
        after,
        str(
            next((each["RequiresRecreation"] for each in targets if each.get("RequiresRecreation")), "Never")
        ),
        entity,
        (source,) if source else (),
        hidden=before is ABSENT and after is ABSENT,
        dynamic=ranked[0].get("Evaluation") == "Dynamic",
    )


def cause_of(detail: Mapping[str, Any]) -> tuple[str | None, str]:
    """What caused a detail, and the link to it; nothing for an edit."""
    source, entity = str(detail.get("ChangeSource") or ""), str(detail.get("CausingEntity") or "")
    if source in SOURCES and entity:
        return SOURCES[source] + entity.split(".", maxsplit=1)[0], SOURCES[source] + entity
    if str((detail.get("Target") or {}).get("Path") or "").startswith("/Tags"):
        return STACK_TAGS, STACK_TAGS
    return (None, "") if source in OF_ITSELF else (source, source)


def told(targets: Iterable[Mapping[str, Any]], name: str) -> Value | NoValue:
    """The value that one of the targets tells."""
    for target in targets:
        if name in target and target[name] is not None:
            return value(decoded(target[name]))
    return ABSENT
