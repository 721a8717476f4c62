"""The execution role may do what each type of resource in the templates asks for, and reaches no further."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

import pytest

# cfn-lint carries annotations but does not say so.
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from pipeline.delivery import unneeded
from tests.pipeline import made
from tests.templates.test_sweeps import TEMPLATES

REGION = "us-east-1"
# What a managed policy may hold; CloudFormation's own references are longer than what they become.
POLICY_CHARACTERS = 6144
# Vaults ask for it, and it has a prefix of its own; the rest of these are for CloudFormation itself.
BESIDES = {"backup-storage"}
CALLED_BY_CLOUDFORMATION = {
    "lambda:InvokeFunction",
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DescribeChangeSet",
    "cloudformation:ExecuteChangeSet",
}
RELEASES = {"s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt"}


def known_actions() -> dict[str, dict[str, Any]]:
    """Every action that IAM knows, by service, as cfn-lint ships them."""
    text = (resources.files("cfnlint") / "data/AdditionalSpecs/Policies.json").read_text()
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


KNOWN = known_actions()


def types(templates: Any) -> list[str]:
    return sorted(
        {
            each["Type"]
            for template in templates
            for each in template["Resources"].values()
            if not each["Type"].startswith("Custom::")
        }
    )


HANDLERS = ("create", "read", "update", "delete")


def asked_for(kind: str, names: Sequence[str] = HANDLERS) -> Iterator[str]:
    """The actions that the registry says a type asks for, of those that there are."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema.get("handlers", {})
    for name in names:
        for action in handlers.get(name, {}).get("permissions", []):
            service, _, verb = action.partition(":")
            if verb.lower() in KNOWN.get(service.lower(), {}).get("Actions", {}):
                yield f"{service.lower()}:{verb}"


def granted(name: str, prefix: str) -> set[str]:
    return {
        action
        for title, statement in made.policy_statements(name)
        if title.startswith(prefix) and statement["Effect"] == "Allow"
        for action in statement["Action"]
    }


NEEDED = {kind: set(asked_for(kind)) for kind in types(TEMPLATES.values())}
GRANTED = granted("target", "Execution")


def excused(action: str) -> bool:
    return action.partition(":")[0] in unneeded.SERVICES or action in unneeded.ACTIONS


@pytest.mark.parametrize("kind", NEEDED)
def test_the_execution_role_may_do_what_a_type_asks_for(kind: str) -> None:
    missing = {each for each in NEEDED[kind] - GRANTED if not excused(each)}

    assert not missing


def test_it_reaches_no_service_that_the_templates_do_not_hold() -> None:
    asked = {each.partition(":")[0] for needed in NEEDED.values() for each in needed}

    assert {each.partition(":")[0] for each in GRANTED} <= asked - set(unneeded.SERVICES)


def test_it_is_granted_nothing_that_no_type_asks_for() -> None:
    asked = {each for needed in NEEDED.values() for each in needed}

    assert GRANTED - asked == CALLED_BY_CLOUDFORMATION


def test_what_is_unneeded_is_asked_for_and_not_granted() -> None:
    """An entry that nobody asks for any more, or that is granted after all, has to go."""
    asked = {each for needed in NEEDED.values() for each in needed}
    services = {each.partition(":")[0] for each in asked}

    assert set(unneeded.ACTIONS) <= asked - GRANTED
    assert set(unneeded.SERVICES) <= services


def test_reading_a_release_does_not_make_it_read_other_buckets() -> None:
    reading = [
        statement
        for title, statement in made.policy_statements("target")
        if title.startswith("Execution") and "s3:GetObject" in statement["Action"]
    ]

    assert [each["Sid"] for each in reading] == ["ReadReleases"]


def test_grants_name_resources_wherever_iam_knows_them() -> None:
    broad = defaultdict(list)
    for title, statement in made.policy_statements("target"):
        if title == "Boundary" or "*" not in statement["Resource"]:
            continue
        for action in statement["Action"]:
            service, _, verb = action.partition(":")
            if KNOWN[service]["Actions"][verb.lower()].get("Resources"):
                broad[title].append(action)

    assert not broad


def test_who_plans_sees_drift_of_every_type_and_no_content() -> None:
    """Drift is detected with the rights of who asks: all that reading a type takes, but for secrets."""
    looks = granted("target", "Drift")
    asked = {each for kind in NEEDED for each in asked_for(kind, ["read"])}

    assert {each for each in asked - looks if not excused(each)} == {
        "apigateway:SetWebACL",
        "iam:PassRole",
        "kms:Decrypt",
        "secretsmanager:GetSecretValue",
        "wafv2:AssociateWebACL",
        "wafv2:DisassociateWebACL",
    }
    assert {each.partition(":")[2][:3] for each in looks} <= {"Des", "GET", "Get", "Lis"}


OWN = {kind: set(asked_for(kind)) for kind in types([made.rendered()["pipeline"]])}


@pytest.mark.parametrize("kind", OWN)
def test_the_pipeline_s_own_role_may_do_what_a_type_asks_for(kind: str) -> None:
    # IAM does not tell large letters from small, and one schema takes other ones.
    own = {each.lower() for each in granted("pipeline", "PipelineExecution")}

    assert not {each for each in OWN[kind] if each.lower() not in own and not excused(each)}


@pytest.mark.parametrize("name", ["pipeline", "target"])
def test_every_policy_fits(name: str) -> None:
    for title, each in made.resources(name, "AWS::IAM::ManagedPolicy").items():
        size = len(json.dumps(each["Properties"]["PolicyDocument"], separators=(",", ":")))
        assert size <= POLICY_CHARACTERS, title


def test_a_role_has_no_more_policies_than_iam_attaches() -> None:
    attached = made.resources("target")["ExecutionRole"]["Properties"]["ManagedPolicyArns"]

    assert len(attached) <= 10
