"""Key policies: each service that uses a key may, by the condition keys that it sends; no other is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import mapping, references
from tests.pipeline.delivery import identities, requests
from tests.pipeline.delivery.identities import ACCOUNT, REGION, Rendered, listed
from tests.templates.rendered import LAYERS, TEMPLATES

STACKS = {
    "payments": identities.stack({title: TEMPLATES[title] for title in LAYERS}),
    "store": identities.deployed("store"),
}
# The store's key is a parameter of the pipeline.
PIPELINE = identities.deployed("pipeline", {"ArtifactKeyArn": "the key of the store"})
STORE_KEY = "store/ArtifactKey"
# The service that comes to KMS for a type with an encryption key.
SERVICES = {
    "AWS::Backup::BackupVault": {"backup"},
    "AWS::CodeBuild::Project": {"codebuild"},
    "AWS::CodePipeline::Pipeline": {"s3"},
    "AWS::DynamoDB::Table": {"dynamodb"},
    "AWS::Lambda::Function": {"lambda"},
    "AWS::RDS::DBInstance": {"rds"},
    "AWS::S3::Bucket": {"s3"},
    "AWS::SNS::Topic": {"sns"},
    "AWS::SQS::Queue": {"sqs"},
    "AWS::SecretsManager::Secret": {"secretsmanager"},
}
# RDS keeps the password of the master user in Secrets Manager, and asks for the key by itself as well.
MASTER_SECRET = {"rds", "secretsmanager"}
QUEUES_AND_TOPICS = {"AWS::SQS::QueuePolicy": "Queues", "AWS::SNS::TopicPolicy": "Topics"}
SOURCE = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:any:{REGION}:{ACCOUNT}:source"}
# What AWS's documents say that a service sends to KMS with what it does for an encrypted queue or topic.
SENT = {
    # SNS Developer Guide, "Enable compatibility between event sources": source keys are supported but for ...
    "cloudwatch.amazonaws.com": SOURCE,
    # ... EventBridge: "not supported for EventBridge-to-encrypted topics".
    "events.amazonaws.com": {},
    # SQS Developer Guide, "Least privilege key policy": aws:SourceArn of the topic.
    "sns.amazonaws.com": SOURCE,
    # Developer Tools console, "Set up SNS topics", step 6: kms:ViaService and nothing else.
    "codestar-notifications.amazonaws.com": {"kms:ViaService": f"sns.{REGION}.amazonaws.com"},
}
USES = ("kms:Decrypt", "kms:GenerateDataKey")


class Use(NamedTuple):
    """A service that uses a key, through a caller or by itself as a principal."""

    key: str
    service: str


def keys() -> dict[str, Rendered]:
    """The policies of every key, by stack and title."""
    return {
        f"{name}/{title}": identities.resolved(stack, title)["Properties"]["KeyPolicy"]
        for name, top in STACKS.items()
        for stack in top.tree()
        for title, resource in stack.resources.items()
        if resource["Type"] == "AWS::KMS::Key"
    }


KEYS = keys()


def named(name: str, value: object) -> list[str]:
    """The keys that a value names as those to encrypt under."""
    return [f"{name}/{each.resource}" for each in requests.uses_of_keys(value)]


def resources() -> Iterator[tuple[str, Stack, str, Rendered]]:
    """Every resource with its stack, and the name of what that is deployed as."""
    for name, top in {**STACKS, "pipeline": PIPELINE}.items():
        for stack in top.tree():
            for title in stack.resources:
                yield name, stack, title, stack.resource(title)


def through() -> Iterator[Use]:
    """What comes to a key on behalf of callers: each resource that is encrypted under it."""
    for name, _, _, resource in resources():
        properties = mapping(resource.get("Properties"))
        services = SERVICES.get(str(resource["Type"]), set())
        if name == "pipeline":
            encrypted = [STORE_KEY] if "the key of the store" in str(properties) else []
        else:
            encrypted = named(name, properties)
        yield from (Use(key, service) for key in encrypted for service in services)
        secret = named(name, properties.get("MasterUserSecret", {}))
        yield from (Use(key, service) for key in secret for service in MASTER_SECRET)


def by_themselves() -> Iterator[Use]:
    """What sends to an encrypted queue or topic as a principal of its own, which its policy names."""
    for name, stack, title, resource in resources():
        kind = str(resource["Type"])
        if kind not in QUEUES_AND_TOPICS:
            continue
        properties = identities.resolved(stack, title)["Properties"]
        senders = [
            service
            for statement in properties["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
            for service in listed(statement["Principal"].get("Service", []))
        ]
        targets = mapping(stack.resource(title)["Properties"])[QUEUES_AND_TOPICS[kind]]
        for target in references(targets):
            encrypted = stack.resource(target.resource)
            found = [STORE_KEY] if name == "pipeline" else named(name, encrypted)
            yield from (Use(key, service) for key in found for service in senders)


def granted(sid: str) -> Iterator[Use]:
    """The services that the statements `sid` of the keys' policies name."""
    for key, policy in KEYS.items():
        for statement in policy["Statement"]:
            if statement["Sid"] == sid:
                hosts = listed(statement["Condition"]["StringEquals"]["kms:ViaService"])
                yield from (Use(key, host.partition(".")[0]) for host in hosts)


def principals() -> Iterator[Use]:
    """The services that the keys' policies name as principals."""
    for key, policy in KEYS.items():
        for statement in policy["Statement"]:
            for service in listed(statement["Principal"].get("Service", [])):
                yield Use(key, service)


def test_a_key_is_used_through_the_services_of_what_is_encrypted_under_it() -> None:
    """Each that is named has a resource under the key, and each that has one is named."""
    assert set(granted("UsedThroughServices")) == set(through())


def test_the_services_that_use_a_key_by_themselves_send_to_something_under_it() -> None:
    logs = f"logs.{REGION}.amazonaws.com"
    of_logs = {Use(key, logs) for key in ("payments/LogsKey", STORE_KEY)}

    assert set(principals()) == set(by_themselves()) | of_logs


def test_keys_of_log_groups_encrypt_some() -> None:
    groups = [
        (name, properties)
        for name, _, _, resource in resources()
        if resource["Type"] == "AWS::Logs::LogGroup"
        for properties in [mapping(resource.get("Properties"))]
    ]

    assert {name for name, _ in groups} == {"payments", "pipeline"}
    assert {key for name, properties in groups for key in named(name, properties)} == {"payments/LogsKey"}


@pytest.mark.parametrize("use", sorted(set(by_themselves())), ids=" by ".join)
@pytest.mark.parametrize("action", USES)
def test_a_service_may_use_a_key_by_what_it_sends(use: Use, action: str) -> None:
    """A condition on what it does not send loses its messages, and nobody is told."""
    request = (action, "*", SENT[use.service])

    assert identities.resource_allows(KEYS[use.key], "", request, use.service)


@pytest.mark.parametrize("use", sorted(set(by_themselves())), ids=" by ".join)
def test_it_may_not_for_another_account(use: Use) -> None:
    """Where it says for whose; EventBridge does not, and the queue's own policy names its rule."""
    sent = {name: value.replace(ACCOUNT, "999999999999") for name, value in SENT[use.service].items()}
    if sent != SENT[use.service]:
        assert not identities.resource_allows(KEYS[use.key], "", (USES[0], "*", sent), use.service)

    unnamed = (USES[0], "*", SOURCE)
    assert not identities.resource_allows(KEYS[use.key], "", unnamed, "scheduler.amazonaws.com")
