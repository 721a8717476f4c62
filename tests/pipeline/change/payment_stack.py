"""The payment stack in a cloud: its templates as they are rendered, planned and executed by the commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from troposphere import Template as Troposphere

from pipeline.change import execute, plan
from pipeline.change.execute import Approved
from pipeline.change.plan import PlanRequest
from pipeline.change.record import NONE, Plan
from pipeline.change.releases import Releasable, digest
from pipeline.release import configuration
from pipeline.release.configuration import Configuration
from templates import root
from tests.aws.cloudformation.cloud import BUCKET, Cloud
from tests.aws.cloudformation.state import Template
from tests.paths import CHECKOUT
from tests.pipeline.change.deployments import STACK, Session
from tests.templates.samples import CODE

Edit = Callable[[dict[str, Template]], None]
"""Changes templates of layers, by logical id."""

LAYERS = ("Security", "Network", "Data", "Compute", "Api", "Monitoring")


@cache
def rendered() -> str:
    """Return the root and the layers as JSON: rendered once, and parsed anew for each release."""
    nest = root.build(Troposphere(), CODE)
    layers = {title: layer.to_dict() for title, layer in nest.layers.items()}
    return json.dumps({"Root": nest.template.to_dict(), **layers})


def release(cloud: Cloud, edit: Edit | None = None) -> Releasable:
    """Publish a release of the dev environment, with layers edited, and return it."""
    layers: dict[str, Template] = json.loads(rendered())
    outermost = layers.pop("Root")
    if edit is not None:
        edit(layers)
    published = cloud.templates[cloud.publish(outermost, layers)]
    found = Releasable(
        name="dev",
        root=published,
        layers=layers,
        key=f"templates/{digest(published)}.json",
        digest=digest(published),
        digests={title: digest(layer) for title, layer in layers.items()},
        bucket=BUCKET,
        configuration=parameters(),
    )
    cloud.store(published, plan.template_url(cast("Any", Session(cloud)), found))
    return found


def parameters() -> Configuration:
    """Return what the dev environment is configured with, but for the stack policy of real data."""
    return configuration.read(CHECKOUT, "dev")


def planned(cloud: Cloud, released: Releasable, run: str) -> Plan:
    """Plan a release; raises what the command does."""
    return plan.plan(cast("Any", Session(cloud)), PlanRequest(release=released, stack=STACK, run=run)).plan


def executed(cloud: Cloud, approved: Plan) -> list[str]:
    """Execute a plan with every risk accepted; return the printed lines, or raise what the command does."""
    accepted = Plan(**{**vars(approved), "blocking": []})
    lines: list[str] = []
    found = Approved(
        plan=accepted, change_set=accepted.change_set or NONE, digest=accepted.digest, run=accepted.run
    )
    execute.execute(cast("Any", Session(cloud)), found, lines.append)
    return lines


def statuses(cloud: Cloud) -> dict[str, str]:
    """Return the status of every stack, by its path; "" is the root."""
    return {stack.path: stack.status for stack in cloud.stack(STACK).tree()}
