"""The firewall before the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

Resource = dict[str, Any]

LAYER = "Api"

SECRETS = {"authorization", "cookie", "x-api-key"}


@pytest.fixture(scope="module")
def properties(resources: dict[str, Resource]) -> dict[str, Resource]:
    return {name: each["Properties"] for name, each in resources.items()}


@pytest.fixture(scope="module")
def rules(properties: dict[str, Resource]) -> dict[str, Resource]:
    return {rule["Name"]: rule for rule in properties["WebAcl"]["Rules"]}


def test_it_stands_before_the_stage(properties: dict[str, Resource]) -> None:
    """F156."""
    association = properties["WebAclAssociation"]
    text, values = association["ResourceArn"]["Fn::Sub"]

    assert association["WebACLArn"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    assert text == "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Stage}"
    assert values == {"Api": {"Ref": "RestApi"}, "Stage": {"Ref": "Stage"}}
    assert properties["WebAcl"]["Scope"] == "REGIONAL"


def test_what_no_rule_blocks_comes_in(properties: dict[str, Resource]) -> None:
    assert properties["WebAcl"]["DefaultAction"] == {"Allow": {}}


def test_an_address_over_its_rate_is_told_to_slow_down(
    properties: dict[str, Resource], rules: dict[str, Resource]
) -> None:
    rule = rules["RateLimit"]
    answer = rule["Action"]["Block"]["CustomResponse"]
    body = json.loads(
        properties["WebAcl"]["CustomResponseBodies"][answer["CustomResponseBodyKey"]]["Content"]
    )

    assert rule["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "IP",
        "Limit": {"Ref": "WafRateLimit"},
        "EvaluationWindowSec": 300,
    }
    assert answer["ResponseCode"] == body["status"] == 429
    assert {"Name": "Retry-After", "Value": "300"} in answer["ResponseHeaders"]


@pytest.mark.parametrize(
    "group", ["AmazonIpReputationList", "CommonRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet"]
)
def test_managed_rules_block(rules: dict[str, Resource], group: str) -> None:
    assert rules[group]["OverrideAction"] == {"None": {}}
    assert (
        rules[group]["Statement"]["ManagedRuleGroupStatement"].items()
        >= {"VendorName": "AWS", "Name": f"AWSManagedRules{group}"}.items()
    )


def test_only_the_limit_on_bodies_is_lifted(rules: dict[str, Resource]) -> None:
    """It is 8 KB; the contract's is 64 KiB."""
    lifted = {
        name: rule["Statement"]["ManagedRuleGroupStatement"].get("RuleActionOverrides")
        for name, rule in rules.items()
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }

    assert {name: each for name, each in lifted.items() if each} == {
        "CommonRuleSet": [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    }


def test_bodies_are_inspected_as_far_as_the_api_takes_them(properties: dict[str, Resource]) -> None:
    inspected = properties["WebAcl"]["AssociationConfig"]["RequestBody"]

    assert inspected == {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_64"}}


def test_rules_are_counted_in_their_order(rules: dict[str, Resource]) -> None:
    assert [rule["Priority"] for rule in rules.values()] == list(range(len(rules)))
    assert all(rule["VisibilityConfig"]["CloudWatchMetricsEnabled"] for rule in rules.values())


def test_logs_hold_no_key_and_no_credentials(properties: dict[str, Resource]) -> None:
    redacted = {field["SingleHeader"]["Name"] for field in properties["WebAclLogging"]["RedactedFields"]}

    assert redacted == SECRETS


def test_samples_hold_no_key_and_nothing_of_a_body(properties: dict[str, Resource]) -> None:
    """What matched in a body, a card number perhaps, is quoted in logs and samples unless it is hidden."""
    hidden = properties["WebAcl"]["DataProtectionConfig"]["DataProtections"]
    headers = {key for each in hidden for key in each["Field"].get("FieldKeys", [])}

    assert headers == SECRETS
    assert {"Field": {"FieldType": "BODY"}, "Action": "SUBSTITUTION"} in hidden


def test_the_log_has_the_only_name_that_waf_takes(properties: dict[str, Resource]) -> None:
    (destination,) = properties["WebAclLogging"]["LogDestinationConfigs"]
    text, values = destination["Fn::Sub"]

    assert properties["WebAclLog"]["LogGroupName"] == {
        "Fn::Sub": "aws-waf-logs-payment-api-${EnvironmentSuffix}"
    }
    assert text.endswith(":log-group:${Group}")
    assert values == {"Group": {"Ref": "WebAclLog"}}


def test_alarms_find_its_figures_under_the_name_that_is_offered(
    layer: Resource, properties: dict[str, Resource]
) -> None:
    offered = layer["Outputs"]["WebAclName"]["Value"]

    assert properties["WebAcl"]["VisibilityConfig"]["MetricName"] == offered
