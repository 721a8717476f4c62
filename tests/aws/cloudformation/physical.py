"""What exists of resources: names that are unique, deletion protection, and what deletion leaves."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.evaluation.values import Value, is_true
from pipeline.review.prediction.schemas import schema
from tests.aws.cloudformation.evaluating import text
from tests.aws.cloudformation.state import ACCOUNT, PARTITION, REGION, Physical, Resource, Stack

# Types whose name is unique and is no identifier in the registry's schema: there the identifier is an ARN, a
# URL, or an id together with another. API Gateway's names and Lambda's layers need not be unique.
NAME_PROPERTIES = {
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CodeDeploy::DeploymentGroup": "DeploymentGroupName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::WAFv2::WebACL": "Name",
}
PROTECTIONS = {
    "AWS::RDS::DBInstance": "DeletionProtection",
    "AWS::DynamoDB::Table": "DeletionProtectionEnabled",
}
LAMBDA = "arn:{partition}:lambda:{region}:{account}"
# What Ref returns where that is not the name.
ID_FORMS = {
    "AWS::IAM::ManagedPolicy": "arn:{partition}:iam::{account}:policy/{name}",
    "AWS::Lambda::Alias": f"{LAMBDA}:function:{{name}}",
    "AWS::Lambda::LayerVersion": f"{LAMBDA}:layer:{{name}}",
    "AWS::Lambda::Version": f"{LAMBDA}:function:{{name}}",
    "AWS::SNS::Topic": "arn:{partition}:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "https://sqs.{region}.amazonaws.com/{account}/{name}",
    "AWS::SecretsManager::Secret": "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-a1B2c3",
    "AWS::WAFv2::WebACL": "{name}|00000000-0000-4000-8000-000000000000|REGIONAL",
}
KEY = "AWS::KMS::Key"


class ProvisioningError(Exception):
    """The reason why a resource cannot be created, updated or deleted."""


@dataclass
class Inventory:
    """Everything that exists in the account and Region, by type and name."""

    found: dict[tuple[str, str], Physical] = field(default_factory=dict)
    snapshots: list[str] = field(default_factory=list)
    """Ids of what was deleted with a final snapshot."""
    serial: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def create(self, stack: Stack, resource: Resource) -> Physical:
        """Create what a resource describes; ProvisioningError where its name is taken."""
        name = given_name(stack, resource)
        unique = name or f"{stack.name}-{resource.logical_id}-{next(self.serial):012d}"
        taken = self.found.get((resource.type, unique))
        if taken is not None and taken.pending_deletion:
            raise ProvisioningError(
                "You can't create this secret because a secret with this name is already scheduled for "
                "deletion."
            )
        if taken is not None:
            raise ProvisioningError(
                f"Resource of type '{resource.type}' with identifier '{unique}' already exists. "
                "(HandlerErrorCode: AlreadyExists)"
            )
        created = Physical(
            resource.type, physical_id(resource.type, unique), unique, stack, is_protected(resource)
        )
        self.found[resource.type, unique] = created
        return created

    def delete(self, resource: Resource, *, final_snapshot: bool = False) -> None:
        """Delete what exists of a resource; ProvisioningError where it is protected.

        A key stays until its waiting period is over. A secret goes at once, without a recovery window.
        """
        physical = resource.physical
        if physical is None or self.found.get((physical.type, physical.name)) is not physical:
            return
        if physical.protected:
            raise ProvisioningError(
                f"Cannot delete protected {physical.type} {physical.name}, "
                "please disable deletion protection and try again."
            )
        if final_snapshot:
            self.snapshots.append(physical.id)
        physical.owner = None
        if physical.type == KEY:
            physical.pending_deletion = True
        else:
            del self.found[physical.type, physical.name]

    def leave(self, resource: Resource) -> None:
        """Let a resource be owned by no stack, but exist."""
        if resource.physical is not None:
            resource.physical.owner = None

    def leftovers(self) -> list[Physical]:
        """Return what exists and belongs to no stack."""
        return [physical for physical in self.found.values() if physical.owner is None]


def name_property(kind: str) -> str:
    """Return the property that names a resource uniquely; empty where there is none."""
    registered = schema(kind)
    if kind in NAME_PROPERTIES:
        return NAME_PROPERTIES[kind]
    return registered.names[0] if registered is not None and len(registered.names) == 1 else ""


def given_name(stack: Stack, resource: Resource) -> str:
    """Return the name that a template gives to a resource; empty where CloudFormation generates it."""
    named = name_property(resource.type)
    value = resource.properties.get(named) if named else None
    return "" if value is None else text(stack, value)


def physical_id(kind: str, name: str) -> str:
    """Return what Ref returns for a resource with this name."""
    form = ID_FORMS.get(kind, "{name}")
    return form.format(partition=PARTITION, region=REGION, account=ACCOUNT, name=name)


def is_protected(resource: Resource) -> bool:
    """Return whether a resource has deletion protection."""
    named = PROTECTIONS.get(resource.type, "")
    return bool(named) and is_true(resource.properties.get(named, False))


def is_replaced(kind: str, before: Mapping[str, Value], after: Mapping[str, Value]) -> bool:
    """Return whether a change of properties replaces the resource, by the registry's createOnlyProperties."""
    registered = schema(kind)
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return registered is not None and bool(changed & set(registered.create_only))
