"""The events of a stack and of its nested stacks, until the operation under way has ended."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from pipeline.change.drift import stack_name
from pipeline.change.sessions import ChangeError
from pipeline.change.waiting import until
from pipeline.evaluation.stack import STACK_TYPE

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

ENDS = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
# CloudFormation pushes no events; they are polled.
POLL_SECONDS = 0.2
# CloudFormation waits that long for a custom resource.
PATIENCE_SECONDS = 3600


class StackError(ChangeError):
    """A stack operation that failed; the message has the first failure."""


@dataclass(frozen=True)
class Event:
    """An event of a resource, or of a stack as a whole."""

    stack: str
    title: str
    kind: str
    status: str
    reason: str

    def __str__(self) -> str:
        """Return the event in one line."""
        because = f": {self.reason}" if self.reason else ""
        return f"{self.stack} {self.title} ({self.kind}) {self.status}{because}"


Tell = Callable[[Event], None]


@dataclass
class Watch:
    """Follows the events of the stack `name` and of its nested stacks."""

    client: CloudFormationClient
    name: str
    heard: dict[str, set[str]] = field(default_factory=dict)
    """The ids of the events known so far, by the id of their stack."""

    def hear_out(self, stack_id: str) -> None:
        """Read the events so far, so that `follow` reports none of them."""
        self.heard.setdefault(stack_id, set())
        self.news()

    def follow(
        self,
        stack_id: str,
        tell: Tell,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        longest_pause_seconds: float = POLL_SECONDS,
        ends: Collection[str] = ENDS,
    ) -> None:
        """Call `tell` with every event until the operation has ended; raise StackError unless in `ends`."""
        self.heard.setdefault(stack_id, set())
        own = stack_name(stack_id)
        failures: list[Event] = []
        begun: list[Event] = []

        def ask() -> str:
            # The status first: the events read after it then include what led to it.
            status = self.client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
            for event in self.news():
                tell(event)
                if event.status.endswith("_FAILED"):
                    failures.append(event)
                if event.kind == STACK_TYPE and event.stack == event.title == own:
                    begun.append(event)
            return status

        ended = until(
            self.name,
            ask,
            # A stack has its earlier status for a moment after an operation is requested.
            lambda status: bool(begun) and not status.endswith("_IN_PROGRESS"),
            patience_seconds,
            longest_pause_seconds=longest_pause_seconds,
        )
        if ended not in ends:
            # A stack fails because something in it did.
            causes = [event for event in failures if event.kind != STACK_TYPE] or failures
            raise StackError(f"{self.name}: {ended}: {causes[0] if causes else 'no reason was given'}")

    def news(self) -> list[Event]:
        """Return the new events of all stacks, in the order in which they happened."""
        found: list[StackEventTypeDef] = []
        waiting = list(self.heard)
        while waiting:
            stack_id = waiting.pop()
            unheard = self.unheard(stack_id)
            found += reversed(unheard)
            for event in unheard:
                nested = event.get("PhysicalResourceId", "")
                if event.get("ResourceType") == STACK_TYPE and nested and nested not in self.heard:
                    self.heard[nested] = set()
                    waiting.append(nested)
        found.sort(key=itemgetter("Timestamp"))
        return [
            Event(
                event["StackName"],
                event.get("LogicalResourceId", ""),
                event.get("ResourceType", ""),
                event.get("ResourceStatus", ""),
                event.get("ResourceStatusReason", ""),
            )
            for event in found
        ]

    def unheard(self, stack_id: str) -> list[StackEventTypeDef]:
        """Return the new events of one stack, the newest first."""
        heard = self.heard[stack_id]
        found: list[StackEventTypeDef] = []
        for page in self.client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
            fresh = [event for event in page["StackEvents"] if event["EventId"] not in heard]
            found += fresh
            if len(fresh) < len(page["StackEvents"]):
                break
        heard.update(event["EventId"] for event in found)
        return found
