"""The review of a change set; predicted where the endpoint does not describe nested change sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.change.releases import Releasable
from pipeline.evaluation.stack import STACK_TYPE
from pipeline.release.wiring import nested
from pipeline.review import reviews
from pipeline.review.change_set import fetch
from pipeline.review.model import Review

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

Template = dict[str, Any]
PREDICTED = (
    "the endpoint tells nothing of nested change sets: this is predicted from the templates that run and "
    "those of the release"
)
CREATION = (
    "the stack was never complete: all of it is reviewed from the templates of the release, what an earlier "
    "try created too"
)
EMPTY: dict[str, Any] = {"Resources": {}}


@dataclass(frozen=True)
class Reviewed:
    """A review, and whether it is a prediction."""

    review: Review
    predicted: bool


def review(
    client: CloudFormationClient, stack: str, change_set: str, release: Releasable, *, creating: bool
) -> Reviewed:
    """Return the judged review of a change set and of those nested in it."""
    answers = list(fetch.answers(client, change_set, stack))
    changes = [change.get("ResourceChange", {}) for answer in answers for change in answer.get("Changes", [])]
    without_change_set = [
        change
        for change in changes
        if change.get("ResourceType") == STACK_TYPE
        and change.get("Action") != "Remove"
        and not change.get("ChangeSetId")
    ]
    if without_change_set and not any(change.get("ChangeSetId") for change in changes):
        return Reviewed(predicted(client, stack, release, creating=creating), predicted=True)
    if creating:
        return Reviewed(of_creation(client, stack, release, answers), predicted=False)
    return Reviewed(reviews.of_answers(answers), predicted=False)


def of_creation(
    client: CloudFormationClient, stack: str, release: Releasable, answers: list[dict[str, Any]]
) -> Review:
    """Return the judged review of a creation, or of what continues one.

    References are placeholders in its change sets, which makes own resources look like somebody else's; the
    templates, whose digests an execution checks, have them.
    """
    found = predicted(client, stack, release, creating=True)
    found.notes[0] = CREATION
    found.faults += reviews.of_answers(answers, creating=True).faults
    return found


def predicted(client: CloudFormationClient, stack: str, release: Releasable, *, creating: bool) -> Review:
    """Return the judged prediction of what the release changes in the deployed stack."""
    before, layers, parameters = (EMPTY, {}, {}) if creating else deployed(client, stack)
    prediction = reviews.of_templates(
        before,
        release.root,
        nested=(layers, release.layers),
        given=(parameters, dict(release.configuration.parameters)),
        title=f"prediction for stack {stack}",
    )
    prediction.notes.insert(0, PREDICTED)
    prediction.fresh = creating
    return prediction


def deployed(
    client: CloudFormationClient, stack: str
) -> tuple[Template, dict[str, Template], dict[str, str]]:
    """Return the deployed root template, the nested ones by logical id, and the root's parameters."""
    root = template(client, stack)
    children = {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for page in client.get_paginator("list_stack_resources").paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
    }
    layers = {title: template(client, children[title]) for title in nested(root)}
    parameters = client.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    return root, layers, {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in parameters}


def template(client: CloudFormationClient, stack: str) -> Template:
    """Return the template of a stack as CloudFormation received it."""
    body: Any = client.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    return dict(body)
