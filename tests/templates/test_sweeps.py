"""Promises that every template keeps."""

from __future__ import annotations

import json

import pytest

from templates.stack import local_url
from tests.templates.layers import Rendered, references, statements, variables
from tests.templates.rendered import LAYERS, TEMPLATES, cases, granted

# What holds data that cannot be made again.
STATEFUL = {
    "AWS::Backup::BackupVault",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
}


@pytest.mark.parametrize("title", LAYERS)
def test_the_root_feeds_each_layer_exactly_what_it_declares(title: str) -> None:
    nested = TEMPLATES["Root"]["Resources"][title]["Properties"]

    assert set(TEMPLATES[title].get("Parameters", {})) == set(nested.get("Parameters", {}))
    assert local_url(title) == nested["TemplateURL"]


@pytest.mark.parametrize("title", LAYERS)
def test_every_output_of_a_layer_has_a_reader(title: str) -> None:
    read = set(references(TEMPLATES["Root"]))

    unread = [name for name in TEMPLATES[title]["Outputs"] if f"{title}.Outputs.{name}" not in read]

    assert [] == unread


@pytest.mark.parametrize("title", list(TEMPLATES))
def test_every_parameter_is_used(title: str) -> None:
    template = TEMPLATES[title]
    used = set(references([template["Resources"], template.get("Conditions", {})]))

    assert set() == set(template.get("Parameters", {})) - used


@pytest.mark.parametrize("title", list(TEMPLATES))
def test_nothing_refers_to_what_is_not_there(title: str) -> None:
    template = TEMPLATES[title]
    there = {name for part in ("Parameters", "Resources", "Conditions") for name in template.get(part, {})}
    asked = {each.partition(".")[0] for each in references(template)} - set(variables(template))

    assert set() == {each for each in asked if not each.startswith("AWS::")} - there


@pytest.mark.parametrize("resource", cases(*STATEFUL))
def test_what_holds_data_outlives_the_stack(resource: Rendered) -> None:
    assert resource["DeletionPolicy"] in ("Retain", "Snapshot")
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"]


@pytest.mark.parametrize("group", cases("AWS::Logs::LogGroup"))
def test_logs_are_kept_for_a_set_time_under_a_customer_key(group: Rendered) -> None:
    """F138: the retention of the original's log groups, now of every log group."""
    assert {"Ref": "LogRetentionDays"} == group["Properties"]["RetentionInDays"]
    assert {"Ref": "LogsKeyArn"} == group["Properties"]["KmsKeyId"]


@pytest.mark.parametrize("statement", granted())
def test_no_action_is_granted_by_a_wildcard(statement: Rendered) -> None:
    assert [] == [action for action in statement["Action"] if "*" in action]


@pytest.mark.parametrize("statement", granted())
def test_every_grant_has_a_name(statement: Rendered) -> None:
    assert statement["Sid"]


@pytest.mark.parametrize("role", cases("AWS::IAM::Role"))
def test_roles_hold_managed_policies_and_take_any_name(role: Rendered) -> None:
    assert not {"Policies", "RoleName"} & set(role["Properties"])


@pytest.mark.parametrize("alarm", cases("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"))
def test_every_alarm_tells_somebody_what_to_do(alarm: Rendered) -> None:
    assert alarm["Properties"]["AlarmActions"]
    assert alarm["Properties"]["AlarmDescription"]


@pytest.mark.parametrize(
    "policy", cases("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy")
)
def test_queues_topics_and_buckets_take_tls_only(policy: Rendered) -> None:
    denied = [
        statement
        for statement in statements(policy["Properties"]["PolicyDocument"])
        if statement["Effect"] == "Deny"
        and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
    ]

    assert denied


@pytest.mark.parametrize("title", list(TEMPLATES))
def test_every_queue_topic_and_bucket_has_a_policy_of_its_own(title: str) -> None:
    found = TEMPLATES[title]["Resources"]
    kinds = {"AWS::SQS::Queue": "Queues", "AWS::SNS::Topic": "Topics", "AWS::S3::Bucket": "Bucket"}
    holders = [name for name, each in found.items() if each["Type"] in kinds]
    subjects = [
        name
        for each in found.values()
        for kind in kinds.values()
        if each["Type"].endswith("Policy")
        for name in references(each["Properties"].get(kind, []))
    ]

    assert sorted(holders) == sorted(subjects)


@pytest.mark.parametrize("policy", cases("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"))
def test_the_policy_of_a_queue_or_topic_is_about_it_alone(policy: Rendered) -> None:
    (subject,) = references(policy["Properties"].get("Queues") or policy["Properties"]["Topics"])

    for statement in statements(policy["Properties"]["PolicyDocument"]):
        assert {subject} == {each.removesuffix(".Arn") for each in references(statement["Resource"])}
        assert "*" not in statement["Resource"]


@pytest.mark.parametrize("title", LAYERS)
def test_a_layer_knows_no_environment(title: str) -> None:
    """The same bytes go to every environment: no template holds the name of one."""
    text = json.dumps(TEMPLATES[title])

    assert not [word for word in ('"dev"', '"prod-', "-dev", "-prod") if word in text]


@pytest.mark.parametrize("title", LAYERS)
def test_a_template_says_its_version(title: str) -> None:
    """Scanners that look for the version take a template without one for something else."""
    assert "2010-09-09" == TEMPLATES[title]["AWSTemplateFormatVersion"]
