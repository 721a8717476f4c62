"""A first deployment that fails, wherever it does, is repeated by the guide's commands and ends complete."""

from __future__ import annotations

import pytest

from pipeline.change.stack_events import StackError
from tests.pipeline.change.recovery.whole import STACK, Whole
from tests.templates.rendered import LAYERS

# A resource of each layer that is created late in it.
FAILING = {
    "Security": "LogsKey",
    "Network": "FlowLog",
    "Data": "Database",
    "Compute": "LedgerSchema",
    "Api": "Stage",
    "Monitoring": "RollbackAlarm",
}
REASON = "the service had a bad day"


def fail(whole: Whole, layer: str) -> None:
    """Deploy for the first time, which fails in a layer."""
    whole.cloud.fail("CREATE", f"{layer}.{FAILING[layer]}", REASON)
    with pytest.raises(StackError, match=f"{FAILING[layer]}.*{REASON}"):
        whole.deploy()


def test_every_layer_fails_once() -> None:
    assert set(FAILING) == set(LAYERS)


@pytest.mark.parametrize("layer", FAILING)
def test_the_next_plan_continues_it_and_creates_nothing_twice(whole: Whole, layer: str) -> None:
    fail(whole, layer)
    before = dict(whole.cloud.inventory.found)

    whole.deploy()

    assert {stack.status for stack in whole.cloud.stack(STACK).tree()} <= {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
    }
    found = whole.cloud.inventory.found
    assert {key for key, physical in before.items() if found[key] is not physical} == set()


@pytest.mark.parametrize(("layer", "status"), [("Security", "ROLLBACK_COMPLETE"), ("Api", "ROLLBACK_FAILED")])
def test_a_creation_that_something_else_rolled_back_is_cleared_away(
    whole: Whole, layer: str, status: str
) -> None:
    """Deletion protection of database and table then stops the rollback."""
    whole.roll_back_creation(f"{layer}.{FAILING[layer]}", REASON)
    assert whole.status == status

    whole.recover()
    whole.deploy()

    assert whole.status == "CREATE_COMPLETE"


def test_leftovers_of_an_earlier_creation_are_deleted_by_name(whole: Whole) -> None:
    """DeleteStack keeps what has a DeletionPolicy to stay: so did the guide until now."""
    fail(whole, "Api")
    for physical in whole.cloud.inventory.found.values():
        physical.protected = False
    whole.cloud.client().delete_stack(StackName=STACK)
    whole.cloud.run()
    left = [named.name for named in whole.names() if whole.stores()[named.type].find(named.name)]
    assert "payment-transactions-dev" in left

    whole.recover()

    assert [named.name for named in whole.names() if whole.stores()[named.type].find(named.name)] == []
    whole.deploy()
    assert whole.status == "CREATE_COMPLETE"


@pytest.mark.parametrize("layer", FAILING)
def test_it_starts_over_where_it_is_not_continued(whole: Whole, layer: str) -> None:
    """No document says how a parent continues a nested stack whose creation failed."""
    whole.cloud.nested_creation_continues = False
    fail(whole, layer)

    whole.recover(start_over=True)
    assert [physical.name for physical in whole.cloud.leftovers() if not physical.pending_deletion] == []
    whole.deploy()

    assert whole.status == "CREATE_COMPLETE"
