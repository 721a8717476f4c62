"""A plan is the change set of a release with its review, or word that nothing changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from pipeline.change import plan, record
from pipeline.change.plan import Planned, PlanRequest
from pipeline.change.releases import Releasable, digest
from pipeline.change.sessions import ChangeError
from pipeline.review.verdict import policy
from tests.aws.cloudformation.cloud import BUCKET, Cloud
from tests.aws.cloudformation.state import Template
from tests.pipeline.change.deployments import (
    API,
    DATA,
    GIVEN,
    ROLE,
    STACK,
    TABLE,
    Session,
    deploy,
    published,
    with_delay,
)

UNPROTECTED = {
    **DATA,
    "Resources": {"Table": TABLE, "Other": {"Type": "AWS::DynamoDB::Table", "Properties": {}}},
}


def release(cloud: Cloud, api: Template = API, data: Template = DATA) -> Releasable:
    """Publish a release where its plan looks for it."""
    root = cloud.templates[published(cloud, api, data)]
    found = Releasable(
        name="dev",
        root=root,
        layers={"Data": data, "Api": api},
        key=f"templates/{digest(root)}.json",
        digest=digest(root),
        digests={"Data": digest(data), "Api": digest(api)},
        bucket=BUCKET,
        configuration=GIVEN,
    )
    cloud.store(root, plan.template_url(cast("Any", Session(cloud)), found))
    return found


def planned(cloud: Cloud, released: Releasable, **more: Any) -> Planned:
    request = PlanRequest(release=released, stack=STACK, run="7", execution_role=ROLE, **more)
    return plan.plan(cast("Any", Session(cloud)), request)


def test_a_plan_records_the_change_set_and_what_it_was_created_from(cloud: Cloud) -> None:
    released = release(cloud)

    found = planned(cloud, released).plan

    assert found.change_set == cloud.change_set("run-7", STACK).id
    assert found.digest == released.digest
    assert found.nested == released.digests
    assert found.execution_role == ROLE
    assert cloud.parameters("CreateChangeSet")["Description"] == f"release dev, root {released.digest}"


def test_a_plan_executes_nothing(cloud: Cloud) -> None:
    planned(cloud, release(cloud))

    assert cloud.called("ExecuteChangeSet") == []
    assert cloud.inventory.found == {}


def test_a_release_that_runs_already_has_no_changes(cloud: Cloud) -> None:
    released = release(cloud)
    deploy(cloud, plan.template_url(cast("Any", Session(cloud)), released))

    found = planned(cloud, released)

    assert found.plan.change_set == ""
    assert found.rendered("markdown").startswith(f"{STACK}: no changes; nothing will be executed")


def test_trouble_beside_a_plan_without_changes_is_in_its_review(cloud: Cloud) -> None:
    released = release(cloud)
    deploy(cloud, plan.template_url(cast("Any", Session(cloud)), released))
    cloud.refuse("DeleteChangeSet", "AccessDenied", "not allowed")

    lines = planned(cloud, released).rendered("markdown").splitlines()

    assert lines[1] == "note: it was not deleted: DeleteChangeSet answered AccessDenied: not allowed"


def test_a_risk_in_a_nested_stack_blocks_until_it_is_accepted(cloud: Cloud) -> None:
    before = release(cloud, data=UNPROTECTED)
    deploy(cloud, plan.template_url(cast("Any", Session(cloud)), before))

    found = planned(cloud, release(cloud))

    assert "STATEFUL_DELETION:Data/Other" in found.plan.blocking


def test_a_plan_records_each_risk_that_a_pattern_accepts_and_no_pattern(cloud: Cloud) -> None:
    before = release(cloud, data=UNPROTECTED)
    deploy(cloud, plan.template_url(cast("Any", Session(cloud)), before))

    found = planned(cloud, release(cloud), policy=policy(accept=["STATEFUL_DELETION:Data/*"]))

    assert ["STATEFUL_DELETION:Data/Other"] == found.plan.accepted
    assert not [risk for risk in found.plan.blocking if risk.startswith("STATEFUL_DELETION")]


def test_drift_of_a_nested_stack_is_noted(cloud: Cloud) -> None:
    deploy(cloud, plan.template_url(cast("Any", Session(cloud)), release(cloud)))
    name = next(stack.name for stack in cloud.stack(STACK).nested() if stack.path == "Data")
    cloud.drift(name, "Table", "/BillingMode")

    found = planned(cloud, release(cloud, with_delay(2)))

    assert found.review is not None
    assert f"drift: {name}/Table: modified outside the stack: /BillingMode" in found.review.notes


def test_another_root_than_the_one_that_ran_is_refused_before_anything_is_created(cloud: Cloud) -> None:
    with pytest.raises(ChangeError, match="expected 0000, which has run"):
        planned(cloud, release(cloud), required_digest="0000")

    assert cloud.calls == []


def test_what_is_written_is_what_an_execution_reads(cloud: Cloud, tmp_path: Path) -> None:
    found = planned(cloud, release(cloud))

    plan.write(found, tmp_path, "https://console")

    assert record.read(tmp_path) == found.plan
    assert {path.name for path in tmp_path.iterdir()} == {
        "plan.json",
        "review.html",
        "review.json",
        "review.md",
        "variables.env",
    }
