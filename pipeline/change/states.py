"""The states of a stack: what each is, whether a plan works on it, and whether it was ever complete."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

ABSENT = "no stack"
"""Stands for the status of a stack that does not exist."""


class Way(Enum):
    """How a stack comes back to where a plan works."""

    PLAN = "nothing to do: a plan works"
    RESUME = "plan and execute again: that continues the creation, and what succeeded stays"
    ROLL_BACK = "roll back to the last stable state"
    RESUME_ROLLBACK = "repair the cause, then continue the rollback"
    DELETE = "delete the stack, which was never complete"
    WAIT = "wait: an operation is under way"
    BY_HAND = "repair by hand: no command does it safely"


@dataclass(frozen=True)
class State:
    """A status of CloudFormation's."""

    meaning: str
    way: Way
    complete: bool | None = None
    """Whether a stack with this status was complete once; None where only its record says."""


STATES = {
    ABSENT: State("there is no stack of that name", Way.PLAN, complete=False),
    "REVIEW_IN_PROGRESS": State("has change sets and nothing else", Way.PLAN, complete=False),
    "CREATE_IN_PROGRESS": State("is being created", Way.WAIT, complete=False),
    "CREATE_FAILED": State("its creation failed; what succeeded stays", Way.RESUME, complete=False),
    "CREATE_COMPLETE": State("is complete", Way.PLAN, complete=True),
    "ROLLBACK_IN_PROGRESS": State("its creation failed and is being undone", Way.WAIT, complete=False),
    "ROLLBACK_FAILED": State("its creation failed and could not be undone", Way.DELETE, complete=False),
    "ROLLBACK_COMPLETE": State("its creation failed and was undone", Way.DELETE, complete=False),
    "DELETE_IN_PROGRESS": State("is being deleted", Way.WAIT),
    "DELETE_FAILED": State("is partly deleted", Way.DELETE),
    "DELETE_COMPLETE": State("is deleted", Way.PLAN),
    "UPDATE_IN_PROGRESS": State("is being updated", Way.WAIT),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": State("is updated; old resources go", Way.WAIT, complete=True),
    "UPDATE_COMPLETE": State("is complete", Way.PLAN, complete=True),
    "UPDATE_FAILED": State("its update failed; what succeeded stays", Way.ROLL_BACK),
    "UPDATE_ROLLBACK_IN_PROGRESS": State("its update is being undone", Way.WAIT, complete=True),
    "UPDATE_ROLLBACK_FAILED": State(
        "its update failed and could not be undone", Way.RESUME_ROLLBACK, complete=True
    ),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": State(
        "its update was undone; new resources go", Way.WAIT, complete=True
    ),
    "UPDATE_ROLLBACK_COMPLETE": State(
        "its update failed and was undone: it runs what it ran", Way.PLAN, complete=True
    ),
    "IMPORT_IN_PROGRESS": State("resources are being imported", Way.WAIT),
    "IMPORT_COMPLETE": State("is complete", Way.PLAN, complete=True),
    "IMPORT_ROLLBACK_IN_PROGRESS": State("an import is being undone", Way.WAIT),
    "IMPORT_ROLLBACK_FAILED": State("an import failed and could not be undone", Way.BY_HAND),
    "IMPORT_ROLLBACK_COMPLETE": State("an import failed and was undone", Way.PLAN, complete=True),
}
UNKNOWN = State("has a status that this version does not know", Way.BY_HAND, complete=True)
# The first statuses of a stack: a record that begins with one is whole.
BEGINNINGS = ("REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS")
# What an operation that failed and was executed with DisableRollback leaves.
PRESERVED = ("CREATE_FAILED", "UPDATE_FAILED")


def status_of(stack: StackTypeDef | None) -> str:
    """Return the status of a stack, ABSENT for none."""
    return ABSENT if stack is None else stack["StackStatus"]


def was_complete(client: CloudFormationClient, stack: StackTypeDef) -> bool:
    """Return whether a stack was ever complete; also True where its record does not prove the contrary.

    The contrary is proved by events that reach back to the creation, none of which is a status that only a
    complete stack gets to. CloudFormation keeps events for 90 days.
    """
    if STATES.get(stack["StackStatus"], UNKNOWN).complete:
        return True
    statuses = own_statuses(client, stack["StackId"])
    whole = bool(statuses) and statuses[-1] in BEGINNINGS
    return not whole or any(STATES.get(status, UNKNOWN).complete for status in statuses)


def own_statuses(client: CloudFormationClient, stack_id: str) -> list[str]:
    """Return the statuses that a stack itself had, the latest first."""
    return [
        event["ResourceStatus"]
        for page in client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        for event in page["StackEvents"]
        if event.get("PhysicalResourceId") == stack_id
    ]


def way_of(client: CloudFormationClient, stack: StackTypeDef | None) -> Way:
    """Return how a stack comes back to where a plan works, by its status and its record."""
    way = STATES.get(status_of(stack), UNKNOWN).way
    if stack is None or way not in (Way.ROLL_BACK, Way.DELETE):
        return way
    complete = was_complete(client, stack)
    if way == Way.ROLL_BACK:
        return Way.ROLL_BACK if complete else Way.RESUME
    return Way.BY_HAND if complete else Way.DELETE


def is_plannable(client: CloudFormationClient, stack: StackTypeDef) -> bool:
    """Return whether a plan works on a stack in the state that it is in."""
    state = STATES.get(stack["StackStatus"], UNKNOWN)
    return state.way in (Way.PLAN, Way.RESUME) or is_first_execution(client, stack)


def is_first_execution(client: CloudFormationClient, stack: StackTypeDef) -> bool:
    """Return whether an execution creates the stack, or continues its creation.

    Then what succeeds has to stay when something fails: there is no state to go back to.
    """
    status = stack["StackStatus"]
    return status in ("REVIEW_IN_PROGRESS", "CREATE_FAILED") or (
        status == "UPDATE_FAILED" and not was_complete(client, stack)
    )
