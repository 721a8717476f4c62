"""Recover: the steps that bring a stack back to where a plan works, and their execution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.change.apply import TIMEOUT_SECONDS, Print
from pipeline.change.change_set import find_stack
from pipeline.change.recovery import assess
from pipeline.change.recovery.assess import Assessment, Holding
from pipeline.change.recovery.names import Named
from pipeline.change.recovery.stores import Stores
from pipeline.change.sessions import ChangeError
from pipeline.change.stack_events import StackError, Watch
from pipeline.change.states import PRESERVED, Way
from pipeline.change.waiting import MOST_SECONDS, until

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

# A database takes as long to go as its final snapshot takes.
DELETION_TIMEOUT_SECONDS = 3600
# RDS turns protection off once the instance is at rest.
UNPROTECTION_TIMEOUT_SECONDS = 900
GONE = ("DELETE_COMPLETE",)
# A stack without a stable state is deleted by its rollback; that is documented, but not how it then ends.
UNDONE = ("DELETE_COMPLETE", "ROLLBACK_COMPLETE")
STABLE = ("UPDATE_ROLLBACK_COMPLETE",)


@dataclass(frozen=True)
class Step:
    """Something to do, in words and in deed."""

    text: str
    act: Callable[[], None]


@dataclass(frozen=True)
class Recovery:
    """The recovery of one stack."""

    client: CloudFormationClient
    stores: Stores
    stack: str
    names: Sequence[Named]
    print_line: Print
    start_over: bool = False
    """Whether a creation that failed is undone instead of continued."""
    skip: Sequence[str] = ()
    """Resources that the continuation of a rollback leaves as they are: ID, or NESTED-STACK-NAME.ID."""

    def assess(self) -> Assessment:
        """Return what state the stack is in."""
        return assess.assess(self.client, self.stores, self.stack, self.names)

    def steps(self, assessment: Assessment) -> list[Step]:
        """Return the steps, in order; ChangeError where the options ask for what must not be done."""
        self.check(assessment)
        found: list[Step] = []
        if assessment.way == Way.RESUME_ROLLBACK:
            found.append(self.continue_rollback(assessment))
        elif assessment.way == Way.ROLL_BACK:
            found.append(Step(f"roll {self.stack} back to its last stable state", self.roll_back(assessment)))
        elif self.undoes(assessment):
            found += self.undo(assessment)
        if assessment.way in (Way.PLAN, Way.RESUME, Way.DELETE):
            found += [self.delete(holding) for holding in assessment.leftovers]
        return found

    def undoes(self, assessment: Assessment) -> bool:
        """Return whether the stack is deleted: never one that was complete once."""
        wanted = assessment.way == Way.DELETE or (assessment.way == Way.RESUME and self.start_over)
        return wanted and not assessment.complete

    def check(self, assessment: Assessment) -> None:
        """Raise ChangeError where the options do not suit the state, or the stack holds data."""
        status = f"{self.stack}: {assessment.status}"
        if self.skip and assessment.way != Way.RESUME_ROLLBACK:
            raise ChangeError(f"{status}: found --skip, expected it for UPDATE_ROLLBACK_FAILED only")
        if self.start_over and assessment.complete:
            raise ChangeError(
                f"{status}: found --start-over, expected a stack whose record (of 90 days) shows that it was "
                "never complete"
            )
        if not self.undoes(assessment):
            return
        holders = [holding for holding in assessment.in_stack if holding.found.contents]
        if holders:
            raise ChangeError(
                *(
                    f"{self.stack}: {holding.named.place} {holding.named.name} holds "
                    f"{holding.found.contents}; expected it to be empty: nothing is deleted"
                    for holding in holders
                )
            )

    def carry_out(self, steps: Sequence[Step]) -> Assessment:
        """Carry out the steps, then delete by name what they left behind; return what state results."""
        for step in steps:
            self.print_line(step.text)
            step.act()
        assessment = self.assess()
        if not assessment.stack_id:
            for holding in assessment.leftovers:
                step = self.delete(holding)
                self.print_line(step.text)
                step.act()
            assessment = self.assess()
        return assessment

    def undo(self, assessment: Assessment) -> list[Step]:
        """Return the steps that delete a stack which was never complete."""
        found = [
            Step(f"turn off deletion protection of {holding.named.name}", partial(self.unprotect, holding))
            for holding in assessment.in_stack
            if holding.found.protected
        ]
        deletion = "roll back the creation of" if assessment.status in PRESERVED else "delete"
        text = f"{deletion} {self.stack}, then delete by name what that leaves behind, if it is empty"
        return [*found, Step(text, lambda: self.remove(assessment))]

    def unprotect(self, holding: Holding) -> None:
        """Turn off deletion protection, and wait until it is off."""
        named, store = holding.named, self.stores[holding.named.type]
        store.unprotect(named.name)
        until(
            f"{self.stack}: deletion protection of {named.name}",
            lambda: store.find(named.name),
            lambda found: found is None or not found.protected,
            UNPROTECTION_TIMEOUT_SECONDS,
        )

    def remove(self, assessment: Assessment) -> None:
        """Delete a stack that was never complete: by rolling its creation back where that is possible."""
        stack_id = assessment.stack_id
        if assessment.status in PRESERVED:
            try:
                self.follow(
                    stack_id,
                    UNDONE,
                    lambda: self.client.rollback_stack(StackName=stack_id, RetainExceptOnCreate=True),
                )
            except StackError as error:
                self.print_line(f"{error.faults[0]}: what is left is deleted with the stack")
        left = find_stack(self.client, stack_id)
        if left is not None and left["StackStatus"] not in GONE:
            self.follow(stack_id, GONE, lambda: self.client.delete_stack(StackName=stack_id))

    def roll_back(self, assessment: Assessment) -> Callable[[], None]:
        """Return what rolls a failed update back."""

        def act() -> None:
            self.follow(
                assessment.stack_id,
                STABLE,
                lambda: self.client.rollback_stack(StackName=assessment.stack_id, RetainExceptOnCreate=True),
            )

        return act

    def continue_rollback(self, assessment: Assessment) -> Step:
        """Return the step that continues the rollback of an update."""
        optional: Any = {"ResourcesToSkip": list(self.skip)} if self.skip else {}

        def act() -> None:
            self.follow(
                assessment.stack_id,
                STABLE,
                lambda: self.client.continue_update_rollback(StackName=assessment.stack_id, **optional),
            )

        skipping = f", skipping {', '.join(self.skip)}" if self.skip else ""
        return Step(f"continue the rollback of {self.stack}{skipping}", act)

    def delete(self, holding: Holding) -> Step:
        """Return the step that deletes a leftover, and waits until its name is free."""
        named, store = holding.named, self.stores[holding.named.type]

        def act() -> None:
            if holding.found.protected:
                self.unprotect(holding)
            store.delete(named.name)
            until(
                f"{self.stack}: deletion of {named.name}",
                lambda: store.find(named.name),
                lambda found: found is None,
                DELETION_TIMEOUT_SECONDS,
            )

        return Step(f"delete {named.place} {named.name} ({named.type}), left behind and empty", act)

    def follow(self, stack_id: str, ends: Sequence[str], request: Callable[[], object]) -> None:
        """Request an operation, print its events and wait for its end; StackError unless in `ends`."""
        watch = Watch(self.client, self.stack)
        watch.hear_out(stack_id)
        request()
        watch.follow(
            stack_id,
            lambda event: self.print_line(str(event)),
            patience_seconds=TIMEOUT_SECONDS,
            longest_pause_seconds=MOST_SECONDS,
            ends=ends,
        )
