"""CloudFormation, and whoever detects drift, may do what the registry's handlers ask for.

Each request is evaluated as AWS makes it: on the ARN that the resource will have, with the condition keys
that are sent, under the role's boundary and, where it is of a key, by the key's policy too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.pipeline.delivery import identities, requests, unneeded
from tests.pipeline.delivery.deployments import DEPLOYMENTS, HANDLERS
from tests.pipeline.delivery.identities import IAM, Identity
from tests.pipeline.delivery.requests import UnresolvedError
from tests.templates.rendered import LAYERS, TEMPLATES

# Deployed by an administrator, with rights of his own: they come before the roles, or are what holds them.
BY_HAND = {"Account", "store", "target"}
# The pipeline's own boundary is in its stack, and only an administrator changes it.
CHANGED_BY_HAND = f"{IAM}:policy/payments-pipeline-boundary"
# What no handler lists: CloudFormation reads templates from the artifact bucket, and Notifications makes its
# role as the first rule is made. The connection's service had another name before.
OWN_CALLS = {
    "payments": {"DecryptReleases: kms"},
    "pipeline": {
        "CreateServiceLinkedRoles: iam",
        "DecryptTemplates: kms",
        "PassConnection: codeconnections",
        "ReadTemplates: s3",
    },
}


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
    refused = deployment.refused(deployment.reader, deployment.asked(kind, ("read",)))

    assert not {each.action for each in refused} - set(unneeded.READING)


def parts(role: Identity) -> Iterator[tuple[str, Identity]]:
    """Yield the Sid of each statement, with a service that it is about, and the role without that."""
    for arn, document in role.policies.items():
        for statement in document["Statement"]:
            for service in dict.fromkeys(action.partition(":")[0] for action in statement["Action"]):
                left = [each for each in statement["Action"] if not each.startswith(f"{service}:")]
                changed = [
                    {**each, "Action": left} if each is statement else each for each in document["Statement"]
                ]
                rest = {**document, "Statement": [each for each in changed if each["Action"]]}
                yield f"{statement['Sid']}: {service}", replace(role, policies={**role.policies, arn: rest})


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_each_part_of_an_execution_role_is_missed_by_some_resource(name: str) -> None:
    """Whichever statement loses a service, something is refused; but for CloudFormation's own calls."""
    deployment = DEPLOYMENTS[name]
    allowed = [
        request
        for kind in deployment.resources
        for request in deployment.asked(kind, HANDLERS)
        if deployment.allowed(deployment.execution, request)
    ]
    spare = {
        title
        for title, role in parts(deployment.execution)
        if all(
            deployment.allowed(role, request)
            for request in allowed
            if request.action.startswith(f"{title.partition(': ')[2]}:")
        )
    }

    assert spare == OWN_CALLS[name]


def test_nothing_but_the_stack_s_execution_role_is_handed_to_cloudformation() -> None:
    """CloudFormation hands the role of a stack to those nested in it: that one, and no other."""
    role = DEPLOYMENTS["payments"].execution
    to_cloudformation = {"iam:PassedToService": "cloudformation.amazonaws.com"}
    others = [
        f"{IAM}:role/payments-{each}" for each in ("execution-prod", "plan-dev", "dev-Compute-X-1A2B3C")
    ]

    assert role.may("iam:PassRole", role.arn, to_cloudformation)
    assert not any(role.may("iam:PassRole", each, to_cloudformation) for each in others)


def test_what_is_unneeded_is_asked_for_and_not_granted() -> None:
    """An entry that nobody asks for any more, or that is granted after all, has to go."""
    asked = {action for name, kind in TYPES for action in requests.permissions(kind, HANDLERS)}
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
                    except UnresolvedError:
                        stale.discard((kind, action))

    assert not stale


def test_what_readers_do_not_get_is_listed_for_reading() -> None:
    listed = {action for _, kind in TYPES for action in requests.permissions(kind, ("read",))}

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
