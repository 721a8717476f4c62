"""An account in one Region: what tests arrange, turn and look at."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.evaluation.stack import STACK_TYPE
from tests.aws.cloudformation.clock import Clock
from tests.aws.cloudformation.evaluating import TemplateError
from tests.aws.cloudformation.physical import Inventory, ProvisioningError
from tests.aws.cloudformation.state import (
    ARN,
    REGION,
    ApiError,
    ChangeSet,
    Definition,
    Fault,
    Physical,
    Stack,
    Template,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

BUCKET = "payment-artifacts"
# More steps than any operation takes: one that goes on is stuck.
MOST_STEPS = 10_000


@dataclass(repr=False)
class Cloud:
    """CloudFormation, and what its stacks created."""

    inventory: Inventory = field(default_factory=Inventory)
    stacks: list[Stack] = field(default_factory=list)
    """All stacks that ever were, deleted ones too, in the order of their creation."""
    in_review: set[Stack] = field(default_factory=set)
    """Nested stacks that exist for their change sets only: no stack has them yet."""
    templates: dict[str, Template] = field(default_factory=dict)
    """By URL."""
    faults: list[Fault] = field(default_factory=list)
    planning_faults: dict[str, str] = field(default_factory=dict)
    """Why the change set of a nested stack fails, by the stack's path from the root; "" is the root."""
    validations: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Events of the validations of change sets, as DescribeEvents returns them, by the same paths."""
    operations: list[Iterator[None]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Every call: the operation as the API calls it, and its parameters."""
    refusals: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Codes and messages of errors to come, by operation; the first is raised by the next call."""
    checked_events: set[tuple[str, str]] = field(default_factory=set)
    """Events, by stack and id, that were held against the service model."""
    repeated: set[str] = field(default_factory=set)
    """Operations whose first answer is lost, so that the SDK sends the request once more."""
    drifts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What DescribeStackResourceDrifts returns, by name of the stack."""
    change_set_limit: int = 1000
    page_size: int = 100
    """How many changes, events or resources an answer has at most."""
    nested_creation_continues: bool = True
    """Whether the update of a parent continues a nested stack in CREATE_FAILED; no document says."""
    serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    clock: Clock = field(init=False)
    connected: CloudFormationClient | None = None

    def __post_init__(self) -> None:
        """Start the clock."""
        self.clock = Clock(self.turn)

    def client(self) -> CloudFormationClient:
        """Return a boto3 client whose calls all end here, always the same one."""
        # botocore takes half a second to import, and whoever arranges a cloud may not need it.
        from tests.aws.cloudformation.client import connected  # noqa: PLC0415

        self.connected = self.connected or connected(self)
        return self.connected

    def publish(self, root: Template, layers: Mapping[str, Template] | None = None) -> str:
        """Store a root template and those nested in it, by logical id, and return the root's URL.

        TemplateURLs of the root become those of the stored templates, which their content names.
        """
        stored: Template = json.loads(json.dumps(root))
        for title, template in (layers or {}).items():
            resource = stored["Resources"][title]
            resource.setdefault("Properties", {})["TemplateURL"] = self.store(template)
        return self.store(stored)

    def store(self, template: Template, url: str = "") -> str:
        """Store a template, by its content unless a URL is passed, and return its URL."""
        digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()
        found = url or f"https://{BUCKET}.s3.{REGION}.amazonaws.com/templates/{digest}.json"
        self.templates[found] = template
        return found

    def fail(self, action: str, place: str, reason: str, times: int = 1) -> None:
        """Make the next `times` attempts at an action fail; see `Fault` for actions and places."""
        self.faults.append(Fault(action, place, reason, times))

    def refuse(self, operation: str, code: str, message: str, times: int = 1) -> None:
        """Make the next `times` calls of an operation fail with an error."""
        self.refusals.setdefault(operation, []).extend([(code, message)] * times)

    def drift(self, stack: str, logical_id: str, path: str) -> None:
        """Let a property of a resource differ from the template of its stack."""
        resource = self.stack(stack).resources[logical_id]
        difference = {
            "PropertyPath": path,
            "ExpectedValue": "1",
            "ActualValue": "2",
            "DifferenceType": "NOT_EQUAL",
        }
        found = {
            "StackId": self.stack(stack).id,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": resource.physical_id,
            "ResourceType": resource.type,
            "StackResourceDriftStatus": "MODIFIED",
            "Timestamp": self.clock.now,
            "PropertyDifferences": [difference],
        }
        self.drifts.setdefault(stack, []).append(found)

    def turn(self) -> None:
        """Let every operation that is under way advance by a step."""
        for operation in list(self.operations):
            try:
                next(operation)
            except StopIteration:
                self.operations.remove(operation)

    def run(self) -> None:
        """Finish every operation that is under way."""
        for _ in range(MOST_STEPS):
            if not self.operations:
                return
            self.turn()
        raise AssertionError(f"an operation has not ended after {MOST_STEPS} steps")

    def stack(self, name: str) -> Stack:
        """Return the stack with a name or id; KeyError where there is none."""
        for stack in reversed(self.stacks):
            if stack.id == name or (stack.name == name and stack.status != "DELETE_COMPLETE"):
                return stack
        raise KeyError(name)

    def change_set(self, name: str, stack: str) -> ChangeSet:
        """Return a change set by name or id; KeyError where there is none."""
        found = self.find_change_set(name, stack)
        if found is None:
            raise KeyError(name)
        return found

    def find_change_set(self, name: str, stack: str = "") -> ChangeSet | None:
        """Return a change set by its name and stack, or by its id, if it exists."""
        for candidate in self.stacks:
            if stack and stack not in (candidate.name, candidate.id):
                continue
            for change_set in candidate.change_sets.values():
                if name == change_set.id or (stack and name == change_set.name):
                    return change_set
        return None

    def leftovers(self) -> list[Physical]:
        """Return what exists and belongs to no stack."""
        return self.inventory.leftovers()

    def called(self, *operations: str) -> list[str]:
        """Return the names of the calls so far, of these operations if any are passed, in their order."""
        return [name for name, _ in self.calls if not operations or name in operations]

    def parameters(self, operation: str) -> dict[str, Any]:
        """Return the parameters of the latest call of an operation."""
        return next(parameters for name, parameters in reversed(self.calls) if name == operation)

    def check(self, action: str, place: str) -> None:
        """Raise ProvisioningError where a test wants `action` to fail at `place`."""
        for fault in self.faults:
            if fault.matches(action, place):
                fault.times -= 1
                fault.met = True
                raise ProvisioningError(fault.reason)

    def check_refusal(self, operation: str) -> None:
        """Raise the error that a test wants as the answer to this call."""
        if self.refusals.get(operation):
            raise ApiError(*self.refusals[operation].pop(0))

    def unmet(self) -> list[str]:
        """Return the places of faults that nothing met: a test that arranges one means it to happen."""
        return [f"{fault.action} {fault.place}" for fault in self.faults if not fault.met]

    def template(self, url: str) -> Template:
        """Return a stored template; TemplateError where there is none."""
        if url not in self.templates:
            raise TemplateError("S3 error: The specified key does not exist.")
        return self.templates[url]

    def token(self) -> str:
        """Return something that nothing else is called."""
        return f"{next(self.serial):012d}"

    def new_stack(self, name: str, parent: Stack | None = None, logical_id: str = "") -> Stack:
        """Create a stack that has nothing yet; the name of a nested one is generated."""
        token = self.token()
        full = name if parent is None else f"{parent.name}-{logical_id}-{token}"
        identifier = f"{ARN}:stack/{full}/00000000-0000-4000-8000-{token}"
        stack = Stack(full, identifier, self.clock.moment(), self.clock, parent, logical_id)
        stack.become("REVIEW_IN_PROGRESS", "User Initiated")
        self.stacks.append(stack)
        if parent is not None:
            self.in_review.add(stack)
        return stack

    def child_in_review(self, parent: Stack, logical_id: str) -> Stack | None:
        """Return the nested stack that a change set created for a logical id, if there is one."""
        for stack in self.in_review:
            if (
                stack.parent is parent
                and stack.logical_id == logical_id
                and stack.status == "REVIEW_IN_PROGRESS"
            ):
                return stack
        return None

    def new_change_set(self, stack: Stack, name: str, definition: Definition) -> ChangeSet:
        """Create a change set that has nothing yet."""
        identifier = f"{ARN}:changeSet/{name}/00000000-0000-4000-8000-{self.token()}"
        change_set = ChangeSet(identifier, name, stack, "UPDATE", definition, self.clock.moment())
        stack.change_sets[name] = change_set
        return change_set


def template_of(resources: Mapping[str, Template], **sections: Any) -> Template:  # any section of a template
    """Return a template with these resources."""
    return {"Resources": dict(resources), **sections}


def nested_stack(**parameters: Any) -> Template:  # values or intrinsics
    """Return a nested stack for a root template; `Cloud.publish` sets its TemplateURL."""
    return {"Type": STACK_TYPE, "Properties": {"Parameters": parameters}}
