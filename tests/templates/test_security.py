"""The keys: who may use and administer them, and that they outlive the stack."""

from __future__ import annotations

from typing import Any

import pytest

KEYS = ["DatabaseKey", "AuditKey", "DataKey", "LogsKey"]

Resource = dict[str, Any]

LAYER = "Security"


def statements(resource: Resource) -> dict[str, Any]:
    return {each["Sid"]: each for each in resource["Properties"]["KeyPolicy"]["Statement"]}


@pytest.mark.parametrize("key", KEYS)
def test_keys_rotate(resources: dict[str, Resource], key: str) -> None:
    """F050, F054: the keys of database and bucket rotate, and so do all others."""
    assert resources[key]["Properties"]["EnableKeyRotation"] is True


@pytest.mark.parametrize("key", KEYS)
def test_keys_outlive_the_stack(resources: dict[str, Resource], key: str) -> None:
    assert "RetainExceptOnCreate" == resources[key]["DeletionPolicy"]
    assert "Retain" == resources[key]["UpdateReplacePolicy"]


@pytest.mark.parametrize("key", KEYS)
def test_keys_have_an_alias(resources: dict[str, Resource], key: str) -> None:
    role = key.removesuffix("Key")

    alias = resources[f"{role}KeyAlias"]["Properties"]

    assert {"Ref": key} == alias["TargetKeyId"]
    assert {"Fn::Join": ["-", [f"alias/payment-{role.lower()}", {"Ref": "EnvironmentSuffix"}]]} == alias[
        "AliasName"
    ]


@pytest.mark.parametrize("key", KEYS)
def test_nobody_may_do_everything(resources: dict[str, Resource], key: str) -> None:
    """Explicit actions instead of the original's kms:* for the account's root."""
    for statement in statements(resources[key]).values():
        assert not [action for action in statement["Action"] if "*" in action]


@pytest.mark.parametrize("key", KEYS)
def test_administrators_cannot_read_with_a_key(resources: dict[str, Resource], key: str) -> None:
    actions = statements(resources[key])["AdministeredByAccount"]["Action"]

    assert not {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant"} & set(actions)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_handed_on_to_services_only(resources: dict[str, Resource], key: str) -> None:
    denied = statements(resources[key])["GrantsForServicesOnly"]

    assert ("Deny", ["kms:CreateGrant"]) == (denied["Effect"], denied["Action"])
    assert {"Bool": {"kms:GrantIsForAWSResource": "false"}} == denied["Condition"]


@pytest.mark.parametrize(
    ("key", "services"),
    [
        ("DatabaseKey", ["rds"]),
        ("AuditKey", ["s3"]),
        ("DataKey", ["backup", "dynamodb", "lambda", "rds", "secretsmanager", "sns", "sqs"]),
    ],
)
def test_a_key_is_used_through_its_services_by_its_account(
    resources: dict[str, Resource], key: str, services: list[str]
) -> None:
    condition = statements(resources[key])["UsedThroughServices"]["Condition"]["StringEquals"]

    assert [{"Fn::Sub": f"{each}.${{AWS::Region}}.amazonaws.com"} for each in services] == condition[
        "kms:ViaService"
    ]
    assert {"Ref": "AWS::AccountId"} == condition["kms:CallerAccount"]


def test_services_use_the_data_key_for_this_account_only(resources: dict[str, Resource]) -> None:
    used = statements(resources["DataKey"])["UsedByServices"]

    assert {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}} == used["Condition"]


def test_eventbridge_uses_the_data_key_without_a_condition_that_it_does_not_meet(
    resources: dict[str, Resource],
) -> None:
    """It names no account to KMS; its queue's policy names the rule."""
    used = statements(resources["DataKey"])["UsedByEvents"]

    assert {"Service": "events.amazonaws.com"} == used["Principal"]
    assert ["kms:Decrypt", "kms:GenerateDataKey"] == used["Action"]
    assert "Condition" not in used


def test_only_log_groups_of_the_account_use_the_logs_key(resources: dict[str, Resource]) -> None:
    groups = statements(resources["LogsKey"])["UsedByLogGroups"]["Condition"]["ArnLike"]

    expected = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*"
    assert {"kms:EncryptionContext:aws:logs:arn": {"Fn::Sub": expected}} == groups
