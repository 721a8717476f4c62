"""CloudFormation, and whoever detects drift, may do what the registry's handlers ask for.

Each request is evaluated as AWS makes it: on the ARN that the resource will have, with the condition keys that
are sent, under the role's boundary and, where it is of a key, by the key's policy too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pytest

from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import Reference
from tests.pipeline.delivery import identities, requests, unneeded
from tests.pipeline.delivery.identities import IAM, Identity
from tests.pipeline.delivery.requests import Request, Unresolved
from tests.templates.test_sweeps import LAYERS, TEMPLATES

HANDLERS = (*requests.HANDLERS, "list")
# Deployed by an administrator, with rights of his own: they come before the roles, or are what holds them.
BY_HAND = {"Account", "store", "target"}
# The pipeline's own boundary is in its stack, and only an administrator changes it.
CHANGED_BY_HAND = f"{IAM}:policy/payments-pipeline-boundary"
# Made under the execution role, and asked for by no type's handler: CloudFormation's own calls.
OWN_CALLS = {
    "kms:Decrypt": "templates of nested stacks are read from the encrypted artifact bucket",
    "lambda:InvokeFunction": "the migrator is a custom resource",
    "s3:GetObject": "templates of nested stacks are read from the artifact bucket",
    "codeconnections:PassConnection": "the connection's service was called codestar-connections before",
    **dict.fromkeys(
        (
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DescribeChangeSet",
            "cloudformation:ExecuteChangeSet",
        ),
        "change sets of nested stacks are made under the role",
    ),
}


@dataclass(frozen=True)
class Deployment:
    """A stack with those nested in it, the role that CloudFormation changes it under, and who reads its drift."""

    top: Stack
    execution: Identity
    reader: Identity
    roles: Sequence[Identity]

    @cached_property
    def resources(self) -> dict[str, list[Reference]]:
        """Every resource by type, but for custom ones."""
        found = defaultdict(list)
        for stack in self.top.tree():
            for title, resource in stack.resources.items():
                if not str(resource["Type"]).startswith("Custom::"):
                    found[str(resource["Type"])].append(Reference(stack.path, title))
        return dict(found)

    @cached_property
    def keys(self) -> dict[str, identities.Rendered]:
        """The policies of its keys by ARN."""
        return {
            identities.answer(self.top, Reference(each.stack, each.resource, "Arn")): identities.resolved(
                self.stack(each), each.resource
            )["Properties"]["KeyPolicy"]
            for each in self.resources.get("AWS::KMS::Key", ())
        }

    def stack(self, reference: Reference) -> Stack:
        """The stack that a resource is in."""
        found = self.top.seen_from_here(reference.stack)
        assert found is not None
        return found

    def asked(self, kind: str, handlers: Sequence[str]) -> Iterator[Request]:
        """Yield what the handlers of a type ask for, of each of its resources; raise Unresolved without an ARN."""
        for reference in self.resources[kind]:
            for action in requests.permissions(kind, handlers):
                if action in unneeded.ACTIONS:
                    continue
                try:
                    yield from requests.of_resource(self.top, reference, action, self.roles)
                except Unresolved:
                    if (kind, action) not in unneeded.BY_TYPE:
                        raise

    def refused(self, role: Identity, asked: Iterator[Request]) -> list[Request]:
        """Return the requests that a role, or a key's policy, refuses."""
        return [each for each in asked if not self.allowed(role, each)]

    def allowed(self, role: Identity, request: Request) -> bool:
        """Return whether IAM allows a request, by the policies of the role and of the key that it is of."""
        if not role.may(request.action, request.arn, request.context):
            return False
        policy = self.keys.get(request.arn) if request.action.startswith("kms:") else None
        return policy is None or identities.resource_allows(policy, role.arn, request)


def deployments() -> dict[str, Deployment]:
    """The stacks that are deployed under a role."""
    target, pipeline = identities.of_template("target"), identities.of_template("pipeline")
    return {
        "payments": Deployment(
            top=identities.stack({title: TEMPLATES[title] for title in LAYERS}),
            execution=target["ExecutionRole"],
            reader=target["PlanRole"],
            roles=[*identities.of_stack().values(), *target.values()],
        ),
        "pipeline": Deployment(
            top=identities.deployed("pipeline"),
            execution=pipeline["PipelineExecutionRole"],
            reader=pipeline["PipelinePlanRole"],
            roles=list(pipeline.values()),
        ),
    }


DEPLOYMENTS = deployments()
TYPES = [(name, kind) for name, found in DEPLOYMENTS.items() for kind in found.resources]


def test_every_template_is_deployed_under_a_role_or_by_hand() -> None:
    assert {*TEMPLATES, *identities.STACKS} == {"Root", *LAYERS, "pipeline", *BY_HAND}


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_the_execution_role_may_do_what_the_handlers_of_a_type_ask_for(name: str, kind: str) -> None:
    """But for the boundary of the pipeline's roles, which no pipeline changes."""
    deployment = DEPLOYMENTS[name]
    refused = deployment.refused(deployment.execution, deployment.asked(kind, HANDLERS))

    assert not [each for each in refused if each.arn != CHANGED_BY_HAND]


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_who_plans_may_read_what_drift_detection_reads_of_a_type(name: str, kind: str) -> None:
    """CloudFormation reads with the caller's rights: a refusal is drift that nobody knows of."""
    deployment = DEPLOYMENTS[name]
    refused = deployment.refused(deployment.reader, deployment.asked(kind, ["read"]))

    assert not {each.action for each in refused} - set(unneeded.READING)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_each_statement_of_an_execution_role_is_needed_by_some_resource(name: str) -> None:
    """Without it something is refused: so would each of them be missed."""
    deployment = DEPLOYMENTS[name]
    asked = [each for kind in deployment.resources for each in deployment.asked(kind, HANDLERS)]
    spare = []
    for arn, document in deployment.execution.policies.items():
        for statement in document["Statement"]:
            rest = [each for each in document["Statement"] if each is not statement]
            role = replace(
                deployment.execution,
                policies={**deployment.execution.policies, arn: {**document, "Statement": rest}},
            )
            actions = {each.lower() for each in statement["Action"]} - {each.lower() for each in OWN_CALLS}
            concerned = [each for each in asked if each.action.lower() in actions]
            if actions and not any(
                deployment.allowed(deployment.execution, each) and not deployment.allowed(role, each)
                for each in concerned
            ):
                spare.append(statement["Sid"])

    assert not spare


def test_nothing_but_the_stack_s_execution_role_is_handed_to_cloudformation() -> None:
    """CloudFormation hands the role of a stack to those nested in it: that one, and no other."""
    role = DEPLOYMENTS["payments"].execution
    to_cloudformation = {"iam:PassedToService": "cloudformation.amazonaws.com"}
    others = [f"{IAM}:role/payments-{each}" for each in ("execution-prod", "plan-dev", "dev-Compute-X-1A2B3C")]

    assert role.may("iam:PassRole", role.arn, to_cloudformation)
    assert not any(role.may("iam:PassRole", each, to_cloudformation) for each in others)


def test_what_is_unneeded_is_asked_for_and_not_granted() -> None:
    """An entry that nobody asks for any more, or that is granted after all, has to go."""
    asked = {
        action for name, kind in TYPES for action in requests.permissions(kind, HANDLERS)
    }
    granted = {
        action.lower()
        for deployment in DEPLOYMENTS.values()
        for statement in deployment.execution.statements
        for action in statement.raw["Action"]
    }

    assert not set(unneeded.ACTIONS) - asked
    assert not {action for action in unneeded.ACTIONS if action.lower() in granted}


def test_what_a_type_does_not_need_is_asked_for_by_one_that_has_nothing_of_the_kind() -> None:
    stale = set(unneeded.BY_TYPE)
    for deployment in DEPLOYMENTS.values():
        for kind, references in deployment.resources.items():
            for action in {action for one, action in stale if one == kind}:
                if action not in requests.permissions(kind, HANDLERS):
                    continue
                for reference in references:
                    try:
                        requests.of_resource(deployment.top, reference, action, deployment.roles)
                    except Unresolved:
                        stale.discard((kind, action))

    assert not stale


def test_what_readers_do_not_get_is_listed_for_reading() -> None:
    listed = {action for _, kind in TYPES for action in requests.permissions(kind, ["read"])}

    assert set(unneeded.READING) <= listed


def test_a_service_that_makes_a_role_of_its_own_is_that_of_some_type() -> None:
    """API Gateway makes its role as the first API is made, which no handler lists."""
    (statement,) = [
        each.raw
        for each in DEPLOYMENTS["payments"].execution.statements
        if each.raw["Action"] == ["iam:CreateServiceLinkedRole"]
    ]
    services = {
        each.removesuffix(".amazonaws.com")
        for each in statement["Condition"]["StringEquals"]["iam:AWSServiceName"]
    }

    assert services == {*requests.LINKED.values(), "ops.apigateway"}
    assert set(requests.LINKED) <= set(DEPLOYMENTS["payments"].resources)
