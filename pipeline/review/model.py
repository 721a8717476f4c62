"""A review with its changes, risks and findings, predicted from templates or read from a change set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.evaluation.values import NoValue, StackPath, Target, Value, mapping

World: TypeAlias = "dict[Target, Mapping[str, Value]]"
"""Every resource of one side, resolved, or as many of them as somebody told us of."""

STACK_TAGS = "stack tags"
"""The cause of what changes because a stack hands its own tags down to its resources."""

NOT_JUDGED = "NOT_JUDGED"
"""The kind of finding that says of something that what it does was not seen, and may be another thing."""


@dataclass(frozen=True)
class PropertyChange:
    """One place of a resource that changes.

    `scope` is what AWS calls the attribute: Properties, Tags, Metadata, DeletionPolicy and so on.
    `hidden` says that AWS does not tell the values.
    """

    scope: str
    path: str
    before: Value | NoValue
    after: Value | NoValue
    requires: str = "Never"
    cause: str | None = None
    chain: tuple[str, ...] = ()
    hidden: bool = False
    dynamic: bool = False

    @property
    def name(self) -> str:
        """The top-level property, or the attribute where it is none."""
        return self.path.split("/", 1)[0] or self.scope

    @property
    def kind(self) -> str:
        """Add, Remove or Modify."""
        if isinstance(self.before, NoValue) and not self.hidden:
            return "Add"
        return "Remove" if isinstance(self.after, NoValue) and not self.hidden else "Modify"


@dataclass(frozen=True)
class Risk:
    """Something that a person should know before approving; `kind` is its class.

    `remedy` says what to give or to do so that the risk is judged, or goes.
    """

    kind: str
    reason: str
    before: str = ""
    after: str = ""
    remedy: str = ""


@dataclass
class Change:
    """What happens to one resource, from the whole of it before to the whole of it after.

    `unread` says that AWS knows more of it than we were told; `drift` is AWS's ResourceDriftStatus.
    """

    stack: StackPath
    resource: str
    type: str
    action: str
    before: Mapping[str, Value] | None = None
    after: Mapping[str, Value] | None = None
    replacement: str | None = None
    policy_action: str | None = None
    properties: list[PropertyChange] = field(default_factory=list)
    cause: str | None = None
    chain: tuple[str, ...] = ()
    risks: list[Risk] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unread: bool = False
    physical_id: str | None = None
    drift: str | None = None

    id: str = field(init=False, compare=False)
    """The logical id, with those of the stacks around it: `Data/PaymentsTable`."""
    target: Target = field(init=False, compare=False)
    """The resource, as references name it."""

    def __post_init__(self) -> None:
        self.id = "/".join((*self.stack, self.resource))
        self.target = (self.stack, self.resource)

    def old(self) -> dict[str, Value]:
        """The properties before."""
        return mapping((self.before or {}).get("Properties"))

    def new(self) -> dict[str, Value]:
        """The properties after."""
        return mapping((self.after or {}).get("Properties"))

    @property
    def uncertain(self) -> bool:
        """Whether AWS lists the change only because something else changes, and nothing may happen."""
        return (
            self.action == "Modify"
            and bool(self.properties)
            and all(each.dynamic for each in self.properties)
        )

    def scope(self) -> list[str]:
        """What of the resource changes, in AWS's words."""
        return sorted({each.scope for each in self.properties})


@dataclass(frozen=True)
class StackFinding:
    """A fact that belongs to a stack and to no resource."""

    kind: str
    stack: StackPath
    subject: str
    reason: str


@dataclass(frozen=True)
class Possible:
    """A resource that reads from one that changes in place: AWS may list it, and nothing may happen."""

    stack: StackPath
    resource: str
    type: str
    because: str

    @property
    def id(self) -> str:
        """The logical id, with those of the stacks around it."""
        return "/".join((*self.stack, self.resource))


@dataclass(frozen=True)
class Setting:
    """A setting of the change set of one stack: its parameters, its capabilities and so on."""

    name: str
    value: str
    stack: str


@dataclass
class Review:
    """A change set, predicted or real, and what there is to say of it.

    `before` and `after` are the resources that rules look at beyond a single change; `fresh` says that the
    stack is being created; `predicted`, that changes have every place that differs, with its values;
    `faults` are why the change set cannot be executed, or cannot be judged whole.
    """

    title: str
    changes: list[Change] = field(default_factory=list)
    findings: list[StackFinding] = field(default_factory=list)
    possible: list[Possible] = field(default_factory=list)
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    before: World = field(default_factory=dict)
    after: World = field(default_factory=dict)
    fresh: bool = False
    predicted: bool = False
    faults: list[str] = field(default_factory=list)

    def risks(self) -> Iterator[tuple[Change, Risk]]:
        """Every risk with the change that carries it."""
        for change in self.changes:
            for risk in change.risks:
                yield change, risk

    def stacks(self) -> dict[StackPath, list[Change]]:
        """The changes by stack, the root first."""
        found: dict[StackPath, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.stack, []).append(change)
        return dict(sorted(found.items()))
