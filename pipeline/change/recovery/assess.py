"""Assess a stack: its state, what exists under the names of its release, and what can be done. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from pipeline.change import states
from pipeline.change.change_set import find_stack
from pipeline.change.recovery import records
from pipeline.change.recovery.names import Named
from pipeline.change.recovery.stores import Found, Stores
from pipeline.change.states import STATES, UNKNOWN, Way

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

FAILED = "_FAILED"


class Owner(Enum):
    """Who owns a resource that exists under a name of the release."""

    STACK = "in the stack"
    NOBODY = "left behind by a creation that failed"
    COMPLETE_STACK = "left behind by a stack that was complete"
    UNRECORDED = "in no stack of this name"


@dataclass(frozen=True)
class Holding:
    """A resource that exists under a name of the release."""

    named: Named
    owner: Owner
    found: Found

    @property
    def can_be_deleted(self) -> bool:
        """Whether it is a leftover that provably holds nothing that a complete stack wrote."""
        return self.owner == Owner.NOBODY and not self.found.contents

    @property
    def is_in_the_way(self) -> bool:
        """Whether its name stops a creation."""
        return self.owner != Owner.STACK


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """A stack, and what bears on bringing it back to where a plan works."""

    stack: str
    stack_id: str
    """Empty where there is no stack."""
    status: str
    way: Way
    complete: bool
    """Whether the stack was ever complete, or its record does not prove the contrary."""
    reason: str = ""
    failed: Sequence[str] = ()
    """The resources that failed, each with its reason."""
    holdings: Sequence[Holding] = field(default_factory=list)

    @property
    def meaning(self) -> str:
        """The status in words."""
        return STATES.get(self.status, UNKNOWN).meaning

    @property
    def in_stack(self) -> list[Holding]:
        """What the stack owns under a name of the release."""
        return [holding for holding in self.holdings if holding.owner == Owner.STACK]

    @property
    def leftovers(self) -> list[Holding]:
        """What can be deleted by name."""
        return [holding for holding in self.holdings if holding.can_be_deleted]

    @property
    def left_to_people(self) -> list[Holding]:
        """What stops a creation and is not for a command to delete."""
        return [holding for holding in self.holdings if holding.is_in_the_way and not holding.can_be_deleted]


def assess(client: CloudFormationClient, stores: Stores, stack: str, names: Iterable[Named]) -> Assessment:
    """Return the assessment of a stack, which may not exist."""
    found = find_stack(client, stack)
    resources = list(records.listed(client, found["StackId"])) if found else []
    owned = {physical_id for _, physical_id, _, _ in resources}
    created = records.creators(client, stack)
    return Assessment(
        stack=stack,
        stack_id=found["StackId"] if found else "",
        status=states.status_of(found),
        way=states.way_of(client, found),
        complete=found is not None and states.was_complete(client, found),
        reason=found.get("StackStatusReason", "") if found else "",
        failed=[
            f"{physical_id or kind}: {status}: {reason}"
            for kind, physical_id, status, reason in resources
            if status.endswith(FAILED)
        ],
        holdings=[
            Holding(named, owner(existing.physical_id, owned, created), existing)
            for named in names
            if (existing := stores[named.type].find(named.name)) is not None
        ],
    )


def owner(physical_id: str, owned: set[str], created: dict[str, bool]) -> Owner:
    """Return who owns a resource."""
    if physical_id in owned:
        return Owner.STACK
    if physical_id not in created:
        return Owner.UNRECORDED
    return Owner.COMPLETE_STACK if created[physical_id] else Owner.NOBODY
