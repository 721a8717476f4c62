"""A change set is read with all that is nested in it; where that is not told, it is predicted and said."""

from __future__ import annotations

from typing import Any

from pipeline.change import change_set, drift, reviewing
from pipeline.change.releases import Releasable
from tests.aws.cloudformation.cloud import Cloud
from tests.aws.cloudformation.state import Template
from tests.pipeline.change.deployments import (
    API,
    DATA,
    GIVEN,
    QUEUE,
    STACK,
    TABLE,
    deployed,
    published,
    request,
    with_delay,
)


def release(root: Template, **layers: Any) -> Releasable:
    return Releasable(
        name="dev",
        root=root,
        layers={"Data": DATA, "Api": API, **layers},
        key="",
        digest="",
        digests={},
        bucket="",
        configuration=GIVEN,
    )


def review(cloud: Cloud, url: str, **layers: Any) -> reviewing.Reviewed:
    client = cloud.client()
    created = change_set.create(client, STACK, request(url))
    return reviewing.review(
        client, STACK, created.id, release(cloud.templates[url], **layers), creating=False
    )


def test_nested_change_sets_are_read_where_they_are_told(cloud: Cloud) -> None:
    unprotected = {**TABLE, "DeletionPolicy": "Delete"}
    before = {**DATA, "Resources": {"Table": TABLE, "Other": {**unprotected, "Properties": {}}}}
    deployed(cloud)
    created = change_set.create(cloud.client(), STACK, request(published(cloud, data=before), "run-2"))
    cloud.client().execute_change_set(ChangeSetName=created.id)
    cloud.run()

    found = review(cloud, published(cloud))

    assert not found.predicted
    assert "STATEFUL_DELETION" in [risk.kind for _, risk in found.review.risks()]
    assert "Data/Other" in [change.id for change in found.review.changes]


def test_where_they_are_not_told_the_templates_are_compared(cloud: Cloud) -> None:
    """No emulator describes nested change sets."""
    deployed(cloud)
    changed = {**API, "Resources": {**API["Resources"], "New": QUEUE}}
    url = published(cloud, changed)
    client = cloud.client()
    created = change_set.create(client, STACK, request(url))
    for change in cloud.change_set("run-7", STACK).changes:
        change["ResourceChange"].pop("ChangeSetId", None)

    found = reviewing.review(
        client, STACK, created.id, release(cloud.templates[url], Api=changed), creating=False
    )

    assert found.predicted
    assert "Api/New" in [change.id for change in found.review.changes]
    assert "Api/Queue" not in [change.id for change in found.review.changes]
    assert found.review.notes[0] == reviewing.PREDICTED


def test_a_change_in_place_of_a_nested_stack_is_reviewed(cloud: Cloud) -> None:
    deployed(cloud)

    found = review(cloud, published(cloud, with_delay(2)))

    assert "Api/Queue" in [change.id for change in found.review.changes]


def test_drift_is_told_of_the_stack_and_of_what_is_nested_in_it(cloud: Cloud) -> None:
    deployed(cloud)
    name = cloud.stack(STACK).nested()[0].name
    cloud.drift(name, "Table", "/BillingMode")

    assert list(drift.drifted(cloud.client(), STACK)) == [
        f"{name}/Table: modified outside the stack: /BillingMode"
    ]
