"""A stack is followed from what was asked of it to its end, and no further."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.change import change_set
from pipeline.change.sessions import ChangeError
from pipeline.change.stack_events import Event, StackError, Watch
from tests.aws.cloudformation.cloud import Cloud
from tests.pipeline.change.deployments import STACK, deployed, published, request, with_delay


def update(cloud: Cloud, delay_seconds: int = 2) -> Watch:
    """Deploy the stack, begin to update it, and return a watch that knows the events before."""
    deployed(cloud)
    watch = Watch(cloud.client(), STACK)
    watch.hear_out(cloud.stack(STACK).id)
    created = change_set.create(cloud.client(), STACK, request(published(cloud, with_delay(delay_seconds))))
    cloud.client().execute_change_set(ChangeSetName=created.id)
    return watch


def follow(cloud: Cloud, watch: Watch) -> list[str]:
    """Return the events until the end."""
    told: list[Event] = []
    watch.follow(cloud.stack(STACK).id, told.append)
    return [f"{event.title} {event.status}" for event in told]


def test_the_status_from_before_is_no_end(cloud: Cloud) -> None:
    """CloudFormation takes a moment to begin; a stack that has not begun is not done."""
    watch = update(cloud)
    assert cloud.stack(STACK).status == "CREATE_COMPLETE"

    told = follow(cloud, watch)

    assert told[0] == f"{STACK} UPDATE_IN_PROGRESS"
    assert told[-1] == f"{STACK} UPDATE_COMPLETE"
    assert cloud.operations == []


def test_an_update_is_done_once_what_it_replaced_is_cleared_up(cloud: Cloud) -> None:
    watch = update(cloud)

    told = follow(cloud, watch)

    assert told.index(f"{STACK} UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") < told.index(f"{STACK} UPDATE_COMPLETE")
    assert cloud.stack(STACK).status == "UPDATE_COMPLETE"


def test_events_of_nested_stacks_are_told(cloud: Cloud) -> None:
    assert "Queue UPDATE_COMPLETE" in follow(cloud, update(cloud))


def test_events_from_before_are_not_told(cloud: Cloud) -> None:
    assert "Table CREATE_COMPLETE" not in follow(cloud, update(cloud))


def test_the_resource_that_failed_first_is_the_reason(cloud: Cloud) -> None:
    watch = update(cloud)
    cloud.fail("UPDATE", "Api.Queue", "no capacity")

    with pytest.raises(
        StackError, match=rf"{STACK}: UPDATE_ROLLBACK_COMPLETE: {STACK}-Api-\d+ Queue .* UPDATE_FAILED"
    ):
        follow(cloud, watch)


def test_a_stack_that_does_not_end_is_given_up(cloud: Cloud) -> None:
    watch = update(cloud)
    cloud.turn()

    def stand_still() -> Iterator[None]:
        while True:
            cloud.clock.slept_seconds += 900
            yield

    cloud.operations = [stand_still()]

    with pytest.raises(ChangeError, match=f"{STACK}: has not ended after 3600 s"):
        follow(cloud, watch)
