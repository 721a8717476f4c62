"""Promises that every template keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from troposphere import Template

from templates import account, root
from templates.stack import local_url, standalone
from tests.templates.samples import CODE

Rendered = dict[str, Any]

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


def rendered() -> dict[str, Rendered]:
    nest = root.build(Template(), CODE)
    apart, _ = standalone(account.build, account.Inputs)
    templates = {"Root": nest.template, **nest.layers, "Account": apart}
    return {title: json.loads(template.to_json()) for title, template in templates.items()}


TEMPLATES = rendered()
LAYERS = [title for title in TEMPLATES if title not in ("Root", "Account")]


def resources() -> Iterator[tuple[str, str, Rendered]]:
    for title, template in TEMPLATES.items():
        for name, resource in template["Resources"].items():
            yield title, name, resource


def of_type(*types: str) -> list[Any]:
    return [
        pytest.param(resource, id=f"{title}.{name}")
        for title, name, resource in resources()
        if resource["Type"] in types
    ]


def statements(document: Rendered) -> list[Rendered]:
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def policies() -> list[Any]:
    """Every identity policy of every role, statement by statement."""
    return [
        pytest.param(statement, id=f"{title}.{name}.{statement.get('Sid')}")
        for title, name, resource in resources()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
        for statement in statements(resource["Properties"]["PolicyDocument"])
    ]


def references(value: object) -> Iterator[str]:
    """Every name that `value` refers to: by Ref, Fn::GetAtt, Fn::Sub or Condition."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("Ref", "Condition") and isinstance(inner, str):
                yield inner
            elif key == "Fn::GetAtt":
                yield ".".join(inner) if isinstance(inner, list) else inner
            elif key == "Fn::Sub":
                text = inner[0] if isinstance(inner, list) else inner
                yield from (part.split("}")[0] for part in text.split("${")[1:])
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def variables(value: object) -> Iterator[str]:
    """Every name that an Fn::Sub in `value` brings along."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Fn::Sub" and isinstance(inner, list):
                yield from inner[1]
            yield from variables(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from variables(inner)


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


@pytest.mark.parametrize("resource", of_type(*STATEFUL))
def test_what_holds_data_outlives_the_stack(resource: Rendered) -> None:
    assert resource["DeletionPolicy"] in ("RetainExceptOnCreate", "Snapshot")
    assert resource["UpdateReplacePolicy"] in ("Retain", "Snapshot")


@pytest.mark.parametrize(("template", "title", "resource"), list(resources()))
def test_nothing_that_a_failed_creation_made_stays(template: str, title: str, resource: Rendered) -> None:
    """`Retain` keeps what CloudFormation made in an operation that it then rolls back.

    A physical name that is taken like that fails the next try with AlreadyExists.
    """
    assert "Retain" != resource.get("DeletionPolicy"), f"{template}.{title}"


@pytest.mark.parametrize("group", of_type("AWS::Logs::LogGroup"))
def test_logs_are_kept_for_a_set_time_under_a_customer_key(group: Rendered) -> None:
    """F138: the retention of the original's log groups, now of every log group."""
    assert {"Ref": "LogRetentionDays"} == group["Properties"]["RetentionInDays"]
    assert {"Ref": "LogsKeyArn"} == group["Properties"]["KmsKeyId"]


@pytest.mark.parametrize("statement", policies())
def test_no_action_is_granted_by_a_wildcard(statement: Rendered) -> None:
    assert [] == [action for action in statement["Action"] if "*" in action]


@pytest.mark.parametrize("statement", policies())
def test_every_grant_has_a_name(statement: Rendered) -> None:
    assert statement["Sid"]


@pytest.mark.parametrize("role", of_type("AWS::IAM::Role"))
def test_roles_hold_managed_policies_and_take_any_name(role: Rendered) -> None:
    assert not {"Policies", "RoleName"} & set(role["Properties"])


@pytest.mark.parametrize("alarm", of_type("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"))
def test_every_alarm_tells_somebody_what_to_do(alarm: Rendered) -> None:
    assert alarm["Properties"]["AlarmActions"]
    assert alarm["Properties"]["AlarmDescription"]


@pytest.mark.parametrize(
    "policy", of_type("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy")
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


@pytest.mark.parametrize("policy", of_type("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"))
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
