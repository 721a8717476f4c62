"""Identities: the policies of the generated templates as IAM would have them, and what it says to a request.

The evaluation is the emulator's, whose rules the functions' own tests go through as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import product
from typing import Any

from ministack.core import iam_evaluator as engine
from moto.iam.aws_managed_policies import aws_managed_policies_data

from pipeline.delivery import names
from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import Reference, Value, mapping, references, spelt_out
from tests.pipeline.delivery import made
from tests.templates.rendered import TEMPLATES

Rendered = dict[str, Any]
ENVIRONMENT, ACCOUNT, TOOLING, REGION = "dev", "111111111111", "123456789012", "eu-west-1"
IAM = f"arn:aws:iam::{ACCOUNT}"
STACK_BOUNDARY = f"{IAM}:policy/{names.stack_boundary(ENVIRONMENT)}"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}
# What a stack is called that a template is deployed as.
STACKS = {"pipeline": names.PIPELINE_STACK, "store": "payments-artifacts", "target": "payments-target-dev"}
GIVEN: dict[str, Value] = {
    "EnvironmentSuffix": ENVIRONMENT,
    "ExternalId": "an-external-id-of-ours",
    "ToolingAccount": TOOLING,
    "DevAccount": ACCOUNT,
    "ProdAccount": "222222222222",
    "ArtifactBucket": "artifacts",
    "ArtifactBucketArn": "arn:aws:s3:::artifacts",
    "ArtifactKeyArn": f"arn:aws:kms:{REGION}:{TOOLING}:key/artifacts",
    "ConnectionArn": f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/0",
    "PermissionsBoundaryArn": STACK_BOUNDARY,
    "AuditReplicaBucketArn": "arn:aws:s3:::copies-elsewhere",
    "AuditReplicaKeyArn": "arn:aws:kms:eu-central-1:333333333333:key/copies",
}
REGIONAL = f"{REGION}:{ACCOUNT}"
# What Ref and GetAtt answer of resources that have no name in the template, by type and attribute.
ANSWERS = {
    ("AWS::IAM::ManagedPolicy", ""): f"{IAM}:policy/{{name}}",
    ("AWS::IAM::Role", ""): "{name}",
    ("AWS::IAM::Role", "Arn"): f"{IAM}:role/{{name}}",
    ("AWS::Logs::LogGroup", "Arn"): f"arn:aws:logs:{REGIONAL}:log-group:{{name}}:*",
    ("AWS::KMS::Key", "Arn"): f"arn:aws:kms:{REGIONAL}:key/{{name}}",
    ("AWS::EC2::VPC", "DefaultSecurityGroup"): "sg-{name}",
    ("AWS::DynamoDB::Table", "Arn"): f"arn:aws:dynamodb:{REGIONAL}:table/{{name}}",
    ("AWS::DynamoDB::Table", "StreamArn"): f"arn:aws:dynamodb:{REGIONAL}:table/{{name}}/stream/2026",
    ("AWS::S3::Bucket", "Arn"): "arn:aws:s3:::{name}",
    ("AWS::SQS::Queue", "Arn"): f"arn:aws:sqs:{REGIONAL}:{{name}}",
    ("AWS::SecretsManager::Secret", ""): f"arn:aws:secretsmanager:{REGIONAL}:secret:{{name}}-AbCdEf",
    (
        "AWS::RDS::DBInstance",
        "MasterUserSecret.SecretArn",
    ): f"arn:aws:secretsmanager:{REGIONAL}:secret:rds!db-0",
    ("AWS::RDS::DBInstance", "DbiResourceId"): "db-0",
    ("AWS::Lambda::Function", "Arn"): f"arn:aws:lambda:{REGIONAL}:function:{{name}}",
    ("AWS::RDS::DBInstance", "DBInstanceArn"): f"arn:aws:rds:{REGIONAL}:db:{{name}}",
    ("AWS::RDS::DBParameterGroup", ""): f"arn:aws:rds:{REGIONAL}:pg:{{name}}",
    ("AWS::RDS::DBSubnetGroup", ""): f"arn:aws:rds:{REGIONAL}:subgrp:{{name}}",
    ("AWS::SNS::Topic", ""): f"arn:aws:sns:{REGIONAL}:{{name}}",
    ("AWS::Events::Rule", "Arn"): f"arn:aws:events:{REGIONAL}:rule/{{name}}",
    ("AWS::CloudWatch::Alarm", "Arn"): f"arn:aws:cloudwatch:{REGIONAL}:alarm:{{name}}",
    ("AWS::CloudWatch::CompositeAlarm", "Arn"): f"arn:aws:cloudwatch:{REGIONAL}:alarm:{{name}}",
    ("AWS::Backup::BackupVault", "BackupVaultArn"): f"arn:aws:backup:{REGIONAL}:backup-vault:{{name}}",
    ("AWS::CodeDeploy::Application", ""): f"arn:aws:codedeploy:{REGIONAL}:application:{{name}}",
    ("AWS::CodeBuild::Project", "Arn"): f"arn:aws:codebuild:{REGIONAL}:project/{{name}}",
}
# The property that names a resource, where its type has one; an API's id is made up, whatever its name.
NAMED_BY = {
    "AWS::Backup::BackupVault": "BackupVaultName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::CodeBuild::Project": "Name",
    "AWS::CodePipeline::Pipeline": "Name",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Lambda::Alias": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::WAFv2::WebACL": "Name",
}


@dataclass(frozen=True)
class Statement:
    """One statement, with nothing left to resolve."""

    raw: Rendered

    def requests(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Every action on every resource that it names, under each of the conditions that it is held to."""
        asked = [
            [(key.lower(), str(value)) for value in listed(values)]
            for keys in self.raw.get("Condition", {}).values()
            for key, values in keys.items()
        ]
        for action, resource, *context in product(
            listed(self.raw["Action"]), listed(self.raw["Resource"]), *asked
        ):
            yield action, resource, dict(context)


@dataclass(frozen=True)
class Identity:
    """A role, with all that is attached to it and what bounds it."""

    arn: str
    policies: Mapping[str, Rendered]
    """What the template attaches to it, by ARN."""
    aws: Sequence[str]
    """AWS's own policies on it."""
    trust: Rendered
    """Who may be it."""
    bounded_by: str
    """ARN of its boundary, if it has one."""
    boundary: Rendered | None

    @property
    def statements(self) -> list[Statement]:
        """What the template lets it do."""
        return [
            Statement(each)
            for document in self.policies.values()
            for each in listed(document["Statement"])
            if each["Effect"] == "Allow"
        ]

    def may(self, action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
        """Whether IAM lets it, where the request's `context` is so."""
        keys = {name.lower(): value for name, value in (context or {}).items()}
        asked = engine.EvalContext(
            principal_arn=self.arn,
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=action,
            resource_arn=resource,
            region=keys.get("aws:requestedregion", REGION),
            service_context=keys,
        )
        return bool(engine.evaluate(asked, self.parsed, *self.limits).decision == "Allow")

    @cached_property
    def parsed(self) -> list[Any]:
        """What is attached to it, as the engine has it."""
        documents = [*self.policies.values(), *(policy_of_aws(each) for each in self.aws)]
        return [engine.parse_policy_document(each) for each in documents]

    @cached_property
    def limits(self) -> list[list[Any]]:
        """Its boundary, as the engine has it; none without one."""
        return [] if self.boundary is None else [[engine.parse_policy_document(self.boundary)]]

    def at_most(self) -> Identity:
        """Whoever has all that the boundary lets anybody have."""
        assert self.boundary is not None, f"{self.arn} has no boundary"
        return replace(self, policies={"boundary": self.boundary}, aws=[], boundary=None)


def listed(value: Any) -> list[Any]:
    """One thing, or the list of them."""
    return value if isinstance(value, list) else [value]


@cache
def policy_of_aws(arn: str) -> Rendered:
    """A policy of AWS's own, as AWS publishes it."""
    known: Rendered = json.loads(aws_managed_policies_data)
    found: Rendered = known[arn.rpartition("/")[2]]["Document"]
    return found


def resource_allows(
    policy: Rendered,
    caller: str,
    request: tuple[str, str, Mapping[str, str]],
    service: str | None = None,
) -> bool:
    """Return whether a resource's own policy lets `caller`, or an AWS `service`, do what a request is."""
    action, resource, context = request
    keys = {name.lower(): value for name, value in context.items()}
    asked = engine.EvalContext(
        principal_arn=caller,
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=action,
        resource_arn=resource,
        region=REGION,
        service_context=keys,
    )
    return bool(engine.evaluate_resource_policy(policy, asked, service).decision == "Allow")


def of_template(name: str) -> dict[str, Identity]:
    """The roles of one of the pipeline's templates by logical id."""
    top = deployed(name)
    return dict(identities(top, documents(top)))


def deployed(
    name: str, given: Mapping[str, str] | None = None, place: Mapping[str, str] | None = None
) -> Stack:
    """One of the pipeline's templates in its account, or `given` other parameters, or in another place."""
    told = {**PSEUDO, "AWS::StackName": STACKS[name], **(place or {})}
    return Stack(made.rendered()[name], {**GIVEN, **(given or {})}, lambda _path, _url: None, told=told)


def of_stack(**spoilt: Rendered) -> dict[str, Identity]:
    """The roles of the payment stack by layer and logical id, in an account that is a target.

    The templates of some layers may be `spoilt`.
    """
    top = stack({**TEMPLATES, **spoilt})
    return dict(identities(top, documents(top) | documents(deployed("target"))))


def stack(layers: Mapping[str, Rendered]) -> Stack:
    """The payment stack of these layers."""
    told = {**PSEUDO, "AWS::StackName": names.stack(ENVIRONMENT)}
    return Stack(TEMPLATES["Root"], GIVEN, lambda path, _url: layers[path[-1]], told=told)


def documents(top: Stack) -> dict[str, Rendered]:
    """The properties of every managed policy of a stack and of those nested in it, by ARN."""
    return {
        answer(top, Reference(stack.path, title)): resolved(stack, title)["Properties"]
        for stack in top.tree()
        for title, each in stack.resources.items()
        if each["Type"] == "AWS::IAM::ManagedPolicy"
    }


def identities(top: Stack, known: Mapping[str, Rendered]) -> Iterator[tuple[str, Identity]]:
    """Every role of a stack and of those nested in it; the managed policies are `known`."""
    for stack in top.tree():
        for title, each in stack.resources.items():
            if each["Type"] != "AWS::IAM::Role":
                continue
            properties = resolved(stack, title)["Properties"]
            name, arn = (answer(top, Reference(stack.path, title, one)) for one in ("", "Arn"))
            attached = [*properties.get("ManagedPolicyArns", [])]
            attached += [policy for policy, one in known.items() if name in one.get("Roles", [])]
            bounded_by = properties.get("PermissionsBoundary", "")
            yield (
                "/".join((*stack.path, title)),
                Identity(
                    arn=arn,
                    policies={one: known[one]["PolicyDocument"] for one in attached if one in known},
                    aws=[one for one in attached if one not in known],
                    trust=properties["AssumeRolePolicyDocument"],
                    bounded_by=bounded_by,
                    boundary=known[bounded_by]["PolicyDocument"] if bounded_by in known else None,
                ),
            )


def resolved(stack: Stack, title: str) -> Rendered:
    """A resource with what its references come to once there is a stack."""
    top = stack
    while top.parent is not None:
        top = top.parent
    found = stack.resource(title)
    answers = {each: answer(top, each) for each in references(found)}
    told: Rendered = mapping(spelt_out(found, answers))
    return told


def answer(top: Stack, reference: Reference) -> str:
    """What a resource returns."""
    kind = str(resource_of(top, reference)["Type"])
    form = ANSWERS.get((kind, reference.attribute), f"{{name}}.{reference.attribute}".rstrip("."))
    return form.format(name=physical_name(top, reference))


def physical_name(top: Stack, reference: Reference) -> str:
    """Return what a resource is called: what its template says, else a name like CloudFormation's own."""
    resource = resource_of(top, reference)
    name = mapping(resource.get("Properties")).get(NAMED_BY.get(str(resource["Type"]), ""))
    if name is None:
        name = "-".join((str(top.told["AWS::StackName"]), *reference.stack, reference.resource, "1A2B3C"))
    return str(spelt_out(name, {each: answer(top, each) for each in references(name)}))


def resource_of(top: Stack, reference: Reference) -> Rendered:
    """Return the resource that a reference is to, with what is known of it resolved."""
    stack = top.seen_from_here(reference.stack)
    assert stack is not None
    return stack.resource(reference.resource)
