"""The execution roles reach no further than the types of resource in their templates ask for."""

from __future__ import annotations

import copy
import json
import re
from collections import defaultdict

import pytest

from pipeline.delivery.permissions import is_read
from tests.pipeline.delivery import authorization, identities, made, requests
from tests.pipeline.delivery.deployments import DEPLOYMENTS, HANDLERS, Deployment, payments
from tests.pipeline.delivery.identities import Identity
from tests.templates.rendered import LAYERS, TEMPLATES

# What a managed policy may hold, and how many of them a role.
POLICY_CHARACTERS, POLICIES_OF_A_ROLE = 6144, 10
# The longest that an environment is called, and AWS's longest partition and region.
LONGEST = {"EnvironmentSuffix": "e" * 12}
FARTHEST = {"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-1"}
# What CloudFormation itself does under the role, for which no type asks.
BESIDES = {
    "payments": {
        # The migrator is a custom resource.
        "lambda:invokefunction",
        # Of nested stacks.
        "cloudformation:createchangeset",
        "cloudformation:deletechangeset",
        "cloudformation:describechangeset",
        "cloudformation:executechangeset",
    },
    # It reads its own template, hands the connection on, and lets notifications make their role.
    "pipeline": {
        "codeconnections:passconnection",
        "iam:createservicelinkedrole",
        "kms:decrypt",
        "s3:getobject",
    },
}
# CloudWatch describes composite alarms on all resources only, which the reference does not say.
COMPOSITE_ALARMS = {"cloudwatch:DescribeAlarms"}


def granted(role: Identity) -> set[str]:
    """Every action that a role is granted, in lower case: schemas spell one differently than IAM."""
    return {action.lower() for statement in role.statements for action in statement.raw["Action"]}


def asked(deployment: Deployment) -> set[str]:
    """Every action that some type of a deployment asks for."""
    types = deployment.resources
    return {action.lower() for kind in types for action in requests.permissions(kind, HANDLERS)}


def test_the_registry_lists_the_permissions_of_every_type_but_one() -> None:
    types = {kind for deployment in DEPLOYMENTS.values() for kind in deployment.resources}

    assert {kind for kind in types if not requests.handlers(kind)} == set(requests.UNLISTED)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_it_reaches_no_service_that_the_templates_do_not_hold(name: str) -> None:
    services = {action.partition(":")[0] for action in asked(DEPLOYMENTS[name]) | BESIDES[name]}

    assert {action.partition(":")[0] for action in granted(DEPLOYMENTS[name].execution)} <= services


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_it_is_granted_nothing_that_no_type_asks_for(name: str) -> None:
    assert granted(DEPLOYMENTS[name].execution) - asked(DEPLOYMENTS[name]) == BESIDES[name]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_reading_a_release_does_not_make_it_read_other_buckets(name: str) -> None:
    reading = [
        statement.raw["Sid"]
        for statement in DEPLOYMENTS[name].execution.statements
        if "s3:GetObject" in statement.raw["Action"]
    ]

    assert reading == [{"payments": "ReadReleases", "pipeline": "ReadTemplates"}[name]]


@pytest.mark.parametrize("name", ["pipeline", "target"])
def test_grants_name_resources_wherever_iam_knows_them(name: str) -> None:
    broad = defaultdict(list)
    for title, statement in made.policy_statements(name):
        if title == "Boundary" or "*" not in statement["Resource"]:
            continue
        for action in statement["Action"]:
            if authorization.kinds(action) and action not in COMPOSITE_ALARMS:
                broad[title].append(action)

    assert not broad


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_who_plans_changes_nothing_and_reads_no_content(name: str) -> None:
    """But for change sets, reviews and releases; environment variables are decrypted, and hold no secrets."""
    own = {
        "payments": set[str](),
        "pipeline": {"kms:GenerateDataKey", "logs:CreateLogStream", "logs:PutLogEvents", "s3:PutObject"},
    }
    more = {
        action
        for statement in DEPLOYMENTS[name].reader.statements
        for action in statement.raw["Action"]
        if not is_read(action.partition(":")[2])
    }

    assert more == own[name] | {
        "cloudformation:BatchDescribeTypeConfigurations",
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DetectStackDrift",
        "cloudformation:DetectStackResourceDrift",
        "iam:PassRole",
        "kms:Decrypt",
    }


@pytest.mark.parametrize("name", ["pipeline", "target"])
def test_every_policy_fits(name: str) -> None:
    """As IAM is given it, wherever that is."""
    for arn, policy in identities.documents(identities.deployed(name, LONGEST, FARTHEST)).items():
        size = len(json.dumps(policy["PolicyDocument"], separators=(",", ":")))
        assert size <= POLICY_CHARACTERS, arn


@pytest.mark.parametrize("name", ["pipeline", "target"])
def test_a_role_has_no_more_policies_than_iam_attaches(name: str) -> None:
    for title, role in made.resources(name, "AWS::IAM::Role").items():
        assert len(role["Properties"]["ManagedPolicyArns"]) <= POLICIES_OF_A_ROLE, title


def test_a_resource_by_another_name_is_refused() -> None:
    layers = copy.deepcopy({title: TEMPLATES[title] for title in LAYERS})
    layers["Data"]["Resources"]["PaymentsTable"]["Properties"]["TableName"] = "ledger-of-others"
    deployment = payments(layers)

    refused = deployment.refused(
        deployment.execution, deployment.asked("AWS::DynamoDB::Table", ("create", "update", "delete"))
    )

    assert {"dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:UpdateTable"} <= {
        request.action for request in refused if request.arn.endswith("table/ledger-of-others")
    }


# ARNs by generated ids: of a key, and of an API's log group.
GENERATED = (":key/", "API-Gateway-Execution-Logs")


@pytest.mark.parametrize("kind", DEPLOYMENTS["payments"].resources)
def test_it_changes_nothing_of_another_environment(kind: str) -> None:
    """In an account that holds both; what has a generated id is told from others by nobody."""
    deployment = DEPLOYMENTS["payments"]
    for request in deployment.asked(kind, ("create", "update", "delete")):
        other = re.sub(r"\bdev\b", "prod", request.arn)
        if (
            other != request.arn
            and not any(part in other for part in GENERATED)
            and not is_read(request.action.partition(":")[2])
        ):
            assert not deployment.execution.may(request.action, other, request.context), request
