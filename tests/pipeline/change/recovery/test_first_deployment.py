"""A first deployment that fails, wherever it does, is repeated by the guide's commands and ends complete."""

from __future__ import annotations

import pytest

from pipeline.change.stack_events import StackError
from tests.aws.cloudformation.cloud import Cloud
from tests.pipeline.change.recovery.whole import Whole
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


@pytest.fixture
def whole(cloud: Cloud) -> Whole:
    """An account that the payment stack was never deployed to."""
    return Whole(cloud)


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

    assert {stack.status for stack in whole.cloud.stack("payments-dev").tree()} <= {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
    }
    found = whole.cloud.inventory.found
    assert {key for key, physical in before.items() if found[key] is not physical} == set()


@pytest.mark.parametrize("layer", FAILING)
def test_it_starts_over_where_it_is_not_continued(whole: Whole, layer: str) -> None:
    """No document says how a parent continues a nested stack whose creation failed."""
    whole.cloud.nested_creation_continues = False
    fail(whole, layer)

    whole.recover(start_over=True)
    assert [physical.name for physical in whole.cloud.leftovers() if not physical.pending_deletion] == []
    whole.deploy()

    assert whole.status == "CREATE_COMPLETE"
