"""The state of an account in one Region: stacks, change sets, resources and what exists of them."""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from pipeline.evaluation.values import Value
from tests.aws.cloudformation.clock import Clock

ACCOUNT, REGION, PARTITION = "111111111111", "us-east-1", "aws"
ARN = f"arn:{PARTITION}:cloudformation:{REGION}:{ACCOUNT}"

Template: TypeAlias = dict[str, Any]  # as JSON has it
Policy: TypeAlias = dict[str, Any]
Properties: TypeAlias = dict[str, Value]


@dataclass(eq=False)
class Physical:
    """What exists of a resource, whether a stack owns it or not."""

    type: str
    id: str
    """What Ref returns."""
    name: str
    """What has to be unique for its type; the id where CloudFormation generated it."""
    owner: Stack | None = field(repr=False)
    protected: bool = False
    """Whether deletion protection is on."""
    pending_deletion: bool = False
    """Whether its deletion is scheduled: then it still has its name."""
    stable: bool = False
    """Whether a root that owned it was ever complete: then it may hold data."""


@dataclass(eq=False, repr=False)
class Resource:
    """A resource of a stack."""

    logical_id: str
    type: str
    properties: Properties = field(default_factory=dict)
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    status: str = ""
    reason: str = ""
    physical: Physical | None = None
    nested: Stack | None = None
    template_url: str = ""

    @property
    def physical_id(self) -> str:
        """The physical id; empty where nothing was created."""
        if self.nested is not None:
            return self.nested.id
        return self.physical.id if self.physical else ""

    @property
    def exists(self) -> bool:
        """Whether there is something that could be updated or deleted."""
        return bool(self.physical_id) and self.status != "DELETE_COMPLETE"


@dataclass(eq=False, repr=False)
class Undo:
    """A change of a resource since the stack's last stable state, which a rollback takes back."""

    resource: Resource
    created: bool = False
    before: Resource | None = None
    """A copy of the resource as it was, where it was updated or replaced."""
    failed: bool = False
    """Whether the rollback of it failed."""


@dataclass(eq=False, repr=False)
class Definition:
    """What a stack is made from."""

    template: Template
    parameters: dict[str, str]
    """As they were passed: parameters with a default may be missing."""
    tags: dict[str, str] = field(default_factory=dict)
    url: str = ""


@dataclass(eq=False, repr=False)
class ChangeSet:
    """A change set of one stack."""

    id: str
    name: str
    stack: Stack
    type: str
    definition: Definition
    created: datetime
    status: str = "CREATE_PENDING"
    reason: str = ""
    execution_status: str = "UNAVAILABLE"
    description: str = ""
    role: str = ""
    token: str = ""
    execution_token: str = ""
    on_stack_failure: str = ""
    include_nested: bool = False
    capabilities: list[str] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    parent: ChangeSet | None = None
    children: dict[str, ChangeSet] = field(default_factory=dict)
    """The change sets of nested stacks, by logical id."""

    @property
    def root(self) -> ChangeSet:
        """The change set of the root stack."""
        return self.parent.root if self.parent else self

    def family(self) -> Iterator[ChangeSet]:
        """Yield this change set and all nested in it, parents first."""
        yield self
        for child in self.children.values():
            yield from child.family()


@dataclass(eq=False, repr=False)
class Stack:
    """A stack, nested or not."""

    name: str
    id: str
    created: datetime
    clock: Clock
    parent: Stack | None = None
    logical_id: str = ""
    """In the parent; empty for a root."""
    status: str = "REVIEW_IN_PROGRESS"
    reason: str = ""
    updated: datetime | None = None
    definition: Definition | None = None
    role: str = ""
    on_failure: str = ""
    disable_rollback: bool = False
    ever_complete: bool = False
    """Whether it ever reached CREATE_COMPLETE, UPDATE_COMPLETE or UPDATE_ROLLBACK_COMPLETE."""
    stable: Definition | None = None
    """What it was made from when it was last in one of these."""
    policy: Policy | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    """The oldest first."""
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    """By name."""
    undo: list[Undo] = field(default_factory=list)
    garbage: list[Resource] = field(default_factory=list)
    """What an update removed or replaced, which is deleted once the root's update succeeded."""

    @property
    def path(self) -> str:
        """Where it is nested: `Outer.Inner`; empty for a root."""
        if self.parent is None:
            return ""
        return f"{self.parent.path}.{self.logical_id}".lstrip(".")

    def place(self, logical_id: str) -> str:
        """Return the path of a resource from the root down: `Data.Database`."""
        return f"{self.path}.{logical_id}".lstrip(".")

    def nested(self) -> list[Stack]:
        """Return the stacks nested directly in it."""
        return [resource.nested for resource in self.resources.values() if resource.nested is not None]

    def tree(self) -> Iterator[Stack]:
        """Yield this stack and all nested in it, parents first."""
        yield self
        for child in self.nested():
            yield from child.tree()

    def become(self, status: str, reason: str = "") -> None:
        """Take a status, which is an event of the stack."""
        self.status, self.reason = status, reason
        self.record(self.name, self.id, "AWS::CloudFormation::Stack", status, reason)

    def mark(self, resource: Resource, status: str, reason: str = "") -> None:
        """Give a resource a status, which is an event of the stack."""
        resource.status, resource.reason = status, reason
        self.record(resource.logical_id, resource.physical_id, resource.type, status, reason)

    def record(self, logical_id: str, physical_id: str, kind: str, status: str, reason: str) -> None:
        """Append an event."""
        event: dict[str, Any] = {
            "StackId": self.id,
            "EventId": f"{logical_id}-{status}-{len(self.events)}",
            "StackName": self.name,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "Timestamp": self.clock.moment(),
            "ResourceStatus": status,
        }
        self.events.append(event | ({"ResourceStatusReason": reason} if reason else {}))

    def settle(self, status: str) -> None:
        """Reach a stable state: what happened before can no longer be rolled back."""
        self.undo.clear()
        self.ever_complete = True
        self.stable = self.definition
        self.become(status)
        if self.parent is None:
            for resource in (resource for stack in self.tree() for resource in stack.resources.values()):
                if resource.physical is not None:
                    resource.physical.stable = True


class ApiError(Exception):
    """An error that the API answers."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass
class Fault:
    """Something that a test makes fail."""

    action: str
    """CREATE, UPDATE, DELETE, or ROLLBACK for an update that is taken back."""
    place: str
    """The resource from the root down, as in `Data.Database`; `*` stands for anything."""
    reason: str
    times: int
    """How many times it still fails."""
    met: bool = False

    def matches(self, action: str, place: str) -> bool:
        """Return whether it applies."""
        return self.times > 0 and self.action == action and fnmatch.fnmatchcase(place, self.place)


def snapshot(resource: Resource) -> Resource:
    """Return a copy of a resource as it is now; what exists of it is shared."""
    return copy.copy(resource)
