"""`build.py recover` asks before it does anything, and says by its exit status whether a plan works."""

from __future__ import annotations

import pytest

from pipeline.change.recovery.assess import Assessment, Holding, Owner
from pipeline.change.recovery.names import Named
from pipeline.change.recovery.recover import Step
from pipeline.change.recovery.stores import Found
from pipeline.change.states import Way
from pipeline.commands import recover

TABLE = Named("AWS::DynamoDB::Table", "Data/PaymentsTable", "payment-transactions-dev")


def assessment(way: Way, *holdings: Holding, status: str = "CREATE_FAILED") -> Assessment:
    return Assessment(
        stack="payments-dev",
        stack_id="",
        status=status,
        way=way,
        complete=False,
        failed=["Database: CREATE_FAILED: no capacity"],
        holdings=holdings,
    )


@pytest.mark.parametrize("way", Way)
def test_the_exit_status_says_whether_a_plan_works(way: Way) -> None:
    assert recover.status(assessment(way), []) == (0 if way in (Way.PLAN, Way.RESUME) else 3)


def test_something_left_to_do_or_to_people_is_no_success() -> None:
    step = Step("delete it", lambda: None)
    foreign = Holding(TABLE, Owner.UNRECORDED, Found("payment-transactions-dev"))

    assert recover.status(assessment(Way.PLAN), [step]) == 3
    assert recover.status(assessment(Way.PLAN, foreign), []) == 3


def test_what_is_found_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    full = Holding(TABLE, Owner.NOBODY, Found("payment-transactions-dev", "items"))

    recover.show(assessment(Way.RESUME, full))

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "payments-dev: CREATE_FAILED: its creation failed; what succeeded stays"
    assert lines[1] == "  failed  Database: CREATE_FAILED: no capacity"
    assert lines[3].split()[:3] == ["Data/PaymentsTable", "payment-transactions-dev", "items"]
    assert lines[-1].startswith("yours   Data/PaymentsTable payment-transactions-dev")
