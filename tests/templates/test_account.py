"""What an account has once, whatever stacks it holds."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import Value
from tests.templates.layers import of_type, rendered

Resource = dict[str, Any]

LAYER = "Account"


def test_api_gateway_writes_logs_under_a_role_of_its_own(resources: dict[str, Resource]) -> None:
    """F158, F159."""
    role = resources["ApiLogsRole"]["Properties"]
    (policy,) = role["ManagedPolicyArns"]
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert resources["ApiAccount"]["Properties"] == {
        "CloudWatchRoleArn": {"Fn::GetAtt": ["ApiLogsRole", "Arn"]}
    }
    assert policy["Fn::Sub"].endswith(":aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
    assert trusted["Principal"] == {"Service": "apigateway.amazonaws.com"}


@pytest.mark.parametrize("name", ["ApiAccount", "ApiLogsRole"])
def test_other_stacks_keep_their_logs_when_this_one_goes(resources: dict[str, Resource], name: str) -> None:
    """F158, F159."""
    assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"


def test_access_from_outside_is_found(resources: dict[str, Resource]) -> None:
    assert resources["AccessAnalyzer"]["Type"] == "AWS::AccessAnalyzer::Analyzer"
    assert resources["AccessAnalyzer"]["Properties"]["Type"] == "ACCOUNT"


@pytest.mark.parametrize(
    ("existing", "created"),
    [
        ({}, {"AccessAnalyzer", "ApiAccount", "ApiLogsRole"}),
        ({"ExistingAnalyzer": "true"}, {"ApiAccount", "ApiLogsRole"}),
        ({"ExistingApiLogsRole": "true"}, {"AccessAnalyzer"}),
        ({"ExistingAnalyzer": "true", "ExistingApiLogsRole": "true"}, set()),
    ],
)
def test_what_an_account_has_already_is_left_alone(existing: dict[str, str], created: set[str]) -> None:
    """AWS admits one analyzer, and API Gateway has one role: a second would fail, or take its place."""
    parameters: dict[str, Value] = {**existing}
    stack = Stack(rendered(LAYER), parameters, lambda _path, _url: None)

    assert set(stack.resources) == created


def test_it_is_not_within_a_payment_stack() -> None:
    """Two stacks in one account would overwrite each other's setting."""
    assert not of_type(rendered("Api")["Resources"], "AWS::ApiGateway::Account")
