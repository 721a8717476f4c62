"""Reviewing: a change set as people read it; predicted where the endpoint does not tell of nested ones."""

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
EMPTY: dict[str, Any] = {"Resources": {}}


@dataclass(frozen=True)
class Reviewed:
    """A review, and whether it had to be predicted."""

    review: Review
    predicted: bool


def review(
    client: CloudFormationClient, stack: str, change_set: str, release: Releasable, *, creating: bool
) -> Reviewed:
    """The judged review of a change set, with all that is nested in it."""
    answers = list(fetch.answers(client, change_set, stack))
    changes = [each.get("ResourceChange", {}) for answer in answers for each in answer.get("Changes", [])]
    silent = [
        each
        for each in changes
        if each.get("ResourceType") == STACK_TYPE
        and each.get("Action") != "Remove"
        and not each.get("ChangeSetId")
    ]
    told = [each for each in changes if each.get("ChangeSetId")]
    if silent and not told:
        return Reviewed(predicted(client, stack, release, creating=creating), predicted=True)
    return Reviewed(reviews.of_answers(answers, creating=creating), predicted=False)


def predicted(client: CloudFormationClient, stack: str, release: Releasable, *, creating: bool) -> Review:
    """The judged prediction of what the release does to the stack as it is."""
    before, layers, parameters = (EMPTY, {}, {}) if creating else deployed(client, stack)
    found = reviews.of_templates(
        before,
        release.root,
        nested=(layers, release.layers),
        given=(parameters, dict(release.given.parameters)),
        title=f"prediction for stack {stack}",
    )
    found.notes.insert(0, PREDICTED)
    found.fresh = creating
    return found


def deployed(
    client: CloudFormationClient, stack: str
) -> tuple[Template, dict[str, Template], dict[str, str]]:
    """What runs: the root template, the nested ones by logical id, and the root's parameters."""
    root = template(client, stack)
    children = {
        each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
        for page in client.get_paginator("list_stack_resources").paginate(StackName=stack)
        for each in page["StackResourceSummaries"]
    }
    layers = {title: template(client, children[title]) for title in nested(root)}
    given = client.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    return root, layers, {each["ParameterKey"]: each["ParameterValue"] for each in given}


def template(client: CloudFormationClient, stack: str) -> Template:
    """The template of a stack as it was given to CloudFormation."""
    body: Any = client.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    return dict(body)
