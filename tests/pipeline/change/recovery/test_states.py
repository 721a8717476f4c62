"""A recovery knows every state, and never touches what belongs to a stack that was complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import botocore.session
import pytest

from pipeline.change import states
from pipeline.change.recovery.names import kept_types
from pipeline.change.sessions import ChangeError
from pipeline.change.stack_events import StackError
from pipeline.change.states import STATES, Way
from pipeline.release.stack import layers
from tests.aws.cloudformation.cloud import Cloud
from tests.paths import CHECKOUT
from tests.pipeline.change.recovery.whole import STACK, Whole, name_properties
from tests.templates.samples import CODE

CLOUDFORMATION = botocore.session.get_session().get_service_model("cloudformation")
STATUSES: list[str] = CLOUDFORMATION.shape_for("StackStatus").metadata["enum"]
AT_REST = [status for status in STATUSES if not status.endswith("_IN_PROGRESS")]
CHANGING = {"DeleteStack", "RollbackStack", "ContinueUpdateRollback"}
TABLE = "payment-transactions-dev"


def test_no_state_is_missing() -> None:
    assert set(STATES) == {states.ABSENT, *STATUSES}


def test_the_guide_has_a_row_for_every_state() -> None:
    section = (CHECKOUT / "docs/operations.md").read_text().split("## Recover from a failed update")[1]
    rows = "\n".join(line for line in section.split("\n## ")[0].splitlines() if line.startswith("| `"))

    assert set(re.findall(r"[A-Z]+(?:_[A-Z]+)+", rows)) >= set(STATUSES)


def test_an_operation_under_way_is_waited_for() -> None:
    under_way = {status for status in STATUSES if status.endswith("_IN_PROGRESS")} - {"REVIEW_IN_PROGRESS"}

    assert {status for status, state in STATES.items() if state.way == Way.WAIT} == under_way


@contextmanager
def account() -> Iterator[Whole]:
    """Open an account that the payment stack was never deployed to, for several tests."""
    cloud = Cloud()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.change.waiting.time", cloud.clock)
        yield Whole(cloud)


@pytest.fixture(scope="module")
def complete() -> Iterator[Whole]:
    """An account with the payment stack, which is complete; tests change its status only."""
    with account() as whole:
        whole.deploy()
        yield whole


@pytest.fixture(scope="module")
def forgotten() -> Iterator[Whole]:
    """An account with a creation that failed, whose beginning is off the record; tests change its status."""
    with account() as whole:
        fail(whole)
        del whole.cloud.stacks[0].events[:2]
        yield whole


@pytest.mark.parametrize("status", STATUSES)
def test_of_a_stack_that_was_complete_nothing_is_deleted(complete: Whole, status: str) -> None:
    complete.cloud.stacks[0].status = status
    assessment = complete.recovery().assess()

    steps = complete.recovery().steps(assessment)

    assert assessment.complete is (status != "DELETE_COMPLETE")
    assert len(steps) == (1 if status in ("UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED") else 0)
    assert all("rollback" in step.text or "stable state" in step.text for step in steps)
    if assessment.complete:
        with pytest.raises(ChangeError, match="found --start-over, expected a stack whose record"):
            complete.recovery(start_over=True).steps(assessment)


@pytest.mark.parametrize("status", AT_REST)
def test_a_stack_whose_beginning_is_off_the_record_counts_as_complete(forgotten: Whole, status: str) -> None:
    """CloudFormation keeps events for 90 days."""
    forgotten.cloud.stacks[0].status = status
    (stack,) = forgotten.cloud.client().describe_stacks(StackName=forgotten.cloud.stacks[0].id)["Stacks"]

    assert states.was_complete(forgotten.cloud.client(), stack)


def test_a_creation_whose_beginning_is_off_the_record_is_not_undone(forgotten: Whole) -> None:
    forgotten.cloud.stacks[0].status = "CREATE_FAILED"
    recovery = forgotten.recovery(start_over=True)

    with pytest.raises(ChangeError, match="CREATE_FAILED: found --start-over, expected a stack whose record"):
        recovery.steps(recovery.assess())


def test_what_a_complete_stack_left_behind_is_left_to_people(whole: Whole) -> None:
    whole.deploy()
    for physical in whole.cloud.inventory.found.values():
        physical.protected = False
    whole.cloud.client().delete_stack(StackName=STACK)
    whole.cloud.run()
    before = set(whole.cloud.inventory.found)

    assessment = whole.recovery().assess()
    whole.recover()

    assert TABLE in [holding.named.name for holding in assessment.left_to_people]
    assert set(whole.cloud.inventory.found) == before


def test_what_no_record_explains_is_left_to_people(whole: Whole) -> None:
    fail(whole)
    whole.cloud.stacks.clear()
    before = set(whole.cloud.inventory.found)

    whole.recover()

    assert set(whole.cloud.inventory.found) == before
    assert TABLE in [holding.named.name for holding in whole.recovery().assess().left_to_people]


def test_a_creation_that_holds_data_is_not_undone(whole: Whole) -> None:
    fail(whole)
    whole.contents[TABLE] = "items"
    whole.cloud.calls.clear()

    with pytest.raises(ChangeError, match=f"Data/PaymentsTable {TABLE} holds items; .* nothing is deleted"):
        whole.recover(start_over=True)

    assert CHANGING.isdisjoint(whole.cloud.called())


def test_looking_changes_nothing(whole: Whole) -> None:
    fail(whole)
    whole.cloud.calls.clear()

    recovery = whole.recovery(start_over=True)
    recovery.steps(recovery.assess())

    assert {name for name in whole.cloud.called() if not name.startswith(("Describe", "List"))} == set()


def test_a_failed_creation_is_left_to_the_next_plan_unless_it_starts_over(whole: Whole) -> None:
    fail(whole)
    recovery = whole.recovery()

    assert recovery.assess().way == Way.RESUME
    assert recovery.steps(recovery.assess()) == []


def test_a_rollback_that_is_stuck_is_continued(whole: Whole) -> None:
    whole.deploy()
    stuck(whole)

    whole.recover()

    assert whole.status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_rollback_is_continued_without_what_somebody_names(whole: Whole) -> None:
    whole.deploy()
    stuck(whole, times=9)
    assessment = whole.recovery().assess()
    assert any("UPDATE_FAILED: it is gone" in line for line in assessment.failed)
    data = next(stack for stack in whole.cloud.stack(STACK).nested() if stack.logical_id == "Data")

    whole.recover(skip=[f"{data.name}.RetryQueue"])

    assert whole.status == "UPDATE_ROLLBACK_COMPLETE"


def test_skipping_is_for_a_rollback_that_is_stuck(whole: Whole) -> None:
    fail(whole)

    with pytest.raises(ChangeError, match="CREATE_FAILED: found --skip, expected it for UPDATE_"):
        whole.recover(skip=["Database"])


def test_every_type_that_outlives_the_stack_by_name_can_be_found() -> None:
    """A function's version has no name of its own; a key's is an alias, which goes with the stack."""
    unnamed = {"AWS::KMS::Key", "AWS::Lambda::Version"}
    templates = [template.to_dict() for name, template in layers(CODE) if name != "account"]

    assert kept_types(templates) - unnamed == set(name_properties())


def fail(whole: Whole) -> None:
    """Deploy for the first time, which fails in the last layer."""
    whole.cloud.fail("CREATE", "Monitoring.RollbackAlarm", "the service had a bad day")
    with pytest.raises(StackError):
        whole.deploy()


def stuck(whole: Whole, times: int = 1) -> None:
    """Fail an update in a way that cannot be undone."""
    whole.layers["Data"]["Resources"]["RetryQueue"]["Properties"]["DelaySeconds"] = 7
    whole.layers["Monitoring"]["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}
    whole.cloud.fail("CREATE", "Monitoring.Topic", "the service had a bad day")
    whole.cloud.fail("ROLLBACK", "Data.RetryQueue", "it is gone", times)
    with pytest.raises(StackError):
        whole.deploy()
    assert whole.status == "UPDATE_ROLLBACK_FAILED"
