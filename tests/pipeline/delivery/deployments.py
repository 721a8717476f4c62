"""Deployments: the stacks that CloudFormation changes under a role, and what it asks of IAM to do so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import Reference
from tests.pipeline.delivery import identities, requests, unneeded
from tests.pipeline.delivery.identities import Identity, Rendered
from tests.pipeline.delivery.requests import Request, UnresolvedError
from tests.templates.rendered import LAYERS, TEMPLATES

HANDLERS = (*requests.HANDLERS, "list")
# KMS Developer Guide, "Retiring and revoking grants": the grant says who retires it, no policy does.
BY_GRANT = {"kms:RetireGrant"}


@dataclass(frozen=True)
class Deployment:
    """A stack with those nested in it, the role that CloudFormation changes it under, and its reader."""

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
    def keys(self) -> dict[str, Rendered]:
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

    def asked(self, kind: str, handlers: tuple[str, ...]) -> Iterator[Request]:
        """Yield what the handlers of a type ask for, of each of its resources."""
        for reference in self.resources[kind]:
            for action in requests.permissions(kind, handlers):
                if action in unneeded.ACTIONS:
                    continue
                try:
                    yield from requests.of_resource(self.top, reference, action, self.roles)
                except UnresolvedError:
                    if (kind, action) not in unneeded.BY_TYPE:
                        raise

    def refused(self, role: Identity, asked: Iterator[Request]) -> list[Request]:
        """Return the requests that a role, or a key's policy, refuses."""
        return [each for each in asked if not self.allowed(role, each)]

    def allowed(self, role: Identity, request: Request) -> bool:
        """Return whether IAM allows a request, by the policies of the role and of the key that it is of."""
        if not role.may(request.action, request.arn, request.context):
            return False
        policy = self.keys.get(request.arn)
        return (
            policy is None
            or request.action in BY_GRANT
            or identities.resource_allows(policy, role.arn, request[1:])
        )


def payments(layers: Mapping[str, Rendered]) -> Deployment:
    """The payment stack of these layers, in an account that is a target."""
    target = identities.of_template("target")
    return Deployment(
        top=identities.stack(layers),
        execution=target["ExecutionRole"],
        reader=target["PlanRole"],
        roles=[*identities.of_stack().values(), *target.values()],
    )


def pipeline() -> Deployment:
    """The pipeline's own stack."""
    roles = identities.of_template("pipeline")
    return Deployment(
        top=identities.deployed("pipeline"),
        execution=roles["PipelineExecutionRole"],
        reader=roles["PipelinePlanRole"],
        roles=list(roles.values()),
    )


DEPLOYMENTS = {
    "payments": payments({title: TEMPLATES[title] for title in LAYERS}),
    "pipeline": pipeline(),
}
