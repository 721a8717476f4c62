"""The requests that CloudFormation makes of IAM for a resource, as the registry's handlers list them.

Each has the action, the ARN that it is authorized on, and the condition keys that AWS sends with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

# cfn-lint carries annotations but does not say so.
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from pipeline.delivery import names as delivery
from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import Reference, mapping, references
from tests.pipeline.delivery import authorization, identities
from tests.pipeline.delivery.identities import IAM, REGION, REGIONAL, Identity

SCHEMA_REGION = "us-east-1"
# What may become of a resource; tags have permissions of their own, which a stack's tags call upon.
HANDLERS = ("create", "read", "update", "delete", "tagging")
# The registry has no handlers for it: CloudFormation manages it by these calls.
UNLISTED = {
    "AWS::CodeBuild::Project": {
        "create": ["codebuild:CreateProject", "iam:PassRole"],
        "read": ["codebuild:BatchGetProjects"],
        "update": ["codebuild:UpdateProject", "codebuild:BatchGetProjects", "iam:PassRole"],
        "delete": ["codebuild:DeleteProject", "codebuild:BatchGetProjects"],
    },
}

Owned = tuple[tuple[str, str, str], ...]
EC2 = f"arn:aws:ec2:{REGIONAL}"
API = f"arn:aws:apigateway:{REGION}::"
LAMBDA = f"arn:aws:lambda:{REGIONAL}"


def ec2(kind: str) -> Owned:
    """Return what a resource of EC2 is, whose id is generated."""
    return (("ec2", kind, f"{EC2}:{kind}/{kind}-0"),)


def path(*paths: str) -> Owned:
    """Return the paths that the management API of API Gateway authorizes for a resource."""
    return tuple(("apigateway", "path", f"{API}{one}") for one in paths)


# By type: service and kind of resource as the Service Authorization Reference has them, and the ARN, by the
# resource's physical name. Of what is not here, the resources that it refers to are asked for instead.
OWN: dict[str, Owned] = {
    "AWS::ApiGateway::ApiKey": path("/apikeys", "/apikeys/0", "/tags/0"),
    "AWS::ApiGateway::ClientCertificate": path("/clientcertificates", "/clientcertificates/0", "/tags/0"),
    "AWS::ApiGateway::Deployment": path("/restapis/0/deployments", "/restapis/0/deployments/0"),
    "AWS::ApiGateway::GatewayResponse": path("/restapis/0/gatewayresponses/DEFAULT_4XX"),
    "AWS::ApiGateway::Method": path("/restapis/0/resources/0/methods/POST"),
    "AWS::ApiGateway::Model": path("/restapis/0/models", "/restapis/0/models/0"),
    "AWS::ApiGateway::RequestValidator": path(
        "/restapis/0/requestvalidators", "/restapis/0/requestvalidators/0"
    ),
    "AWS::ApiGateway::Resource": path("/restapis/0/resources", "/restapis/0/resources/0"),
    "AWS::ApiGateway::RestApi": (
        *path("/restapis", "/restapis/0", "/tags/0"),
        ("apigateway", "restapi", f"{API}/restapis/0"),
        ("apigateway", "restapis", f"{API}/restapis"),
    ),
    "AWS::ApiGateway::Stage": (
        *path("/restapis/0/stages", "/restapis/0/stages/prod", "/tags/0"),
        ("apigateway", "stage", f"{API}/restapis/0/stages/prod"),
        ("wafv2", "apigateway", f"{API}/restapis/0/stages/prod"),
    ),
    "AWS::ApiGateway::UsagePlan": path("/usageplans", "/usageplans/0", "/tags/0"),
    "AWS::ApiGateway::UsagePlanKey": path("/usageplans/0/keys", "/usageplans/0/keys/0"),
    "AWS::Backup::BackupPlan": (("backup", "backupplan", f"arn:aws:backup:{REGIONAL}:backup-plan:0"),),
    "AWS::Backup::BackupVault": (
        ("backup", "backupvault", f"arn:aws:backup:{REGIONAL}:backup-vault:{{name}}"),
    ),
    "AWS::CloudFormation::Stack": (
        ("cloudformation", "stack", f"arn:aws:cloudformation:{REGIONAL}:stack/{{name}}/0"),
        # CloudFormation hands the role that a stack is made under to those nested in it.
        ("iam", "role", f"{IAM}:role/{delivery.target_role(delivery.EXECUTION, identities.ENVIRONMENT)}"),
    ),
    "AWS::CloudWatch::Alarm": (("cloudwatch", "alarm", f"arn:aws:cloudwatch:{REGIONAL}:alarm:{{name}}"),),
    "AWS::CloudWatch::CompositeAlarm": (
        ("cloudwatch", "alarm", f"arn:aws:cloudwatch:{REGIONAL}:alarm:{{name}}"),
    ),
    "AWS::CloudWatch::Dashboard": (
        ("cloudwatch", "dashboard", f"arn:aws:cloudwatch::{identities.ACCOUNT}:dashboard/{{name}}"),
    ),
    "AWS::CodeBuild::Project": (("codebuild", "project", f"arn:aws:codebuild:{REGIONAL}:project/{{name}}"),),
    "AWS::CodeDeploy::Application": (
        ("codedeploy", "application", f"arn:aws:codedeploy:{REGIONAL}:application:{{name}}"),
    ),
    "AWS::CodeDeploy::DeploymentGroup": (
        (
            "codedeploy",
            "deploymentgroup",
            f"arn:aws:codedeploy:{REGIONAL}:deploymentgroup:payments-dev-Compute-Rollout-1A2B3C/{{name}}",
        ),
        (
            "codedeploy",
            "deploymentconfig",
            f"arn:aws:codedeploy:{REGIONAL}:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce",
        ),
    ),
    "AWS::CodePipeline::Pipeline": (
        ("codepipeline", "pipeline", f"arn:aws:codepipeline:{REGIONAL}:{{name}}"),
        ("codepipeline", "stage", f"arn:aws:codepipeline:{REGIONAL}:{{name}}/Prod"),
        (
            "codestar-connections",
            "connection",
            str(identities.GIVEN["ConnectionArn"]),
        ),
    ),
    "AWS::CodeStarNotifications::NotificationRule": (
        (
            "codestar-notifications",
            "notificationrule",
            f"arn:aws:codestar-notifications:{REGIONAL}:notificationrule/0",
        ),
    ),
    "AWS::DynamoDB::Table": (
        ("dynamodb", "table", f"arn:aws:dynamodb:{REGIONAL}:table/{{name}}"),
        ("dynamodb", "stream", f"arn:aws:dynamodb:{REGIONAL}:table/{{name}}/stream/2026-01-01T00:00:00.000"),
        ("dynamodb", "index", f"arn:aws:dynamodb:{REGIONAL}:table/{{name}}/index/due"),
    ),
    "AWS::EC2::EIP": ec2("elastic-ip"),
    "AWS::EC2::FlowLog": ec2("vpc-flow-log"),
    "AWS::EC2::InternetGateway": ec2("internet-gateway"),
    "AWS::EC2::NatGateway": ec2("natgateway"),
    "AWS::EC2::RouteTable": ec2("route-table"),
    "AWS::EC2::SecurityGroup": ec2("security-group"),
    "AWS::EC2::SecurityGroupEgress": ec2("security-group-rule"),
    "AWS::EC2::Subnet": ec2("subnet"),
    "AWS::EC2::VPC": ec2("vpc"),
    "AWS::EC2::VPCEndpoint": ec2("vpc-endpoint"),
    "AWS::Events::Rule": (
        ("events", "rule-on-default-event-bus", f"arn:aws:events:{REGIONAL}:rule/{{name}}"),
    ),
    "AWS::IAM::ManagedPolicy": (("iam", "policy", f"{IAM}:policy/{{name}}"),),
    "AWS::IAM::Role": (("iam", "role", f"{IAM}:role/{{name}}"),),
    "AWS::KMS::Alias": (("kms", "alias", f"arn:aws:kms:{REGIONAL}:{{name}}"),),
    "AWS::KMS::Key": (("kms", "key", f"arn:aws:kms:{REGIONAL}:key/{{name}}"),),
    "AWS::Lambda::Alias": (
        ("lambda", "function", f"{LAMBDA}:function:{{function}}"),
        ("lambda", "function", f"{LAMBDA}:function:{{function}}:{{name}}"),
        ("lambda", "function alias", f"{LAMBDA}:function:{{function}}:{{name}}"),
    ),
    "AWS::Lambda::EventSourceMapping": (
        ("lambda", "eventsourcemapping", f"{LAMBDA}:event-source-mapping:0"),
    ),
    "AWS::Lambda::Function": (
        ("lambda", "function", f"{LAMBDA}:function:{{name}}"),
        ("lambda", "function alias", f"{LAMBDA}:function:{{name}}:live"),
        ("lambda", "function version", f"{LAMBDA}:function:{{name}}:1"),
        ("s3", "object", "arn:aws:s3:::artifacts/functions/0.zip"),
    ),
    "AWS::Lambda::LayerVersion": (
        # Its name is generated, and says nothing of the stack.
        ("lambda", "layer", f"{LAMBDA}:layer:LibrariesLayer1A2B3C"),
        ("lambda", "layerversion", f"{LAMBDA}:layer:LibrariesLayer1A2B3C:1"),
        ("s3", "object", "arn:aws:s3:::artifacts/libraries/0.zip"),
    ),
    "AWS::Logs::LogGroup": (
        ("logs", "log-group", f"arn:aws:logs:{REGIONAL}:log-group:{{name}}"),
        # CloudWatch Logs authorizes some actions on all streams of the group.
        ("logs", "log-group", f"arn:aws:logs:{REGIONAL}:log-group:{{name}}:log-stream:"),
    ),
    "AWS::RDS::DBInstance": (
        ("rds", "db", f"arn:aws:rds:{REGIONAL}:db:{{name}}"),
        ("rds", "snapshot", f"arn:aws:rds:{REGIONAL}:snapshot:payments-dev-data-1a2b3c-snapshot-database-0"),
        ("rds", "og", f"arn:aws:rds:{REGIONAL}:og:default:postgres-17"),
        ("ec2", "vpc", f"{EC2}:vpc/vpc-0"),
        # RDS makes the master user's secret with the rights of whoever makes the database.
        ("secretsmanager", "secret", f"arn:aws:secretsmanager:{REGIONAL}:secret:rds!db-0-AbCdEf"),
    ),
    "AWS::RDS::DBParameterGroup": (("rds", "pg", f"arn:aws:rds:{REGIONAL}:pg:{{lower}}"),),
    "AWS::RDS::DBSubnetGroup": (("rds", "subgrp", f"arn:aws:rds:{REGIONAL}:subgrp:{{lower}}"),),
    "AWS::S3::Bucket": (("s3", "bucket", "arn:aws:s3:::{name}"),),
    "AWS::SNS::Topic": (("sns", "topic", f"arn:aws:sns:{REGIONAL}:{{name}}"),),
    "AWS::SQS::Queue": (("sqs", "queue", f"arn:aws:sqs:{REGIONAL}:{{name}}"),),
    "AWS::SSM::Association": (
        ("ssm", "association", f"arn:aws:ssm:{REGIONAL}:association/0"),
        # AWS owns the runbook: its ARN has no account.
        ("ssm", "document", f"arn:aws:ssm:{REGION}::document/{{runbook}}"),
    ),
    "AWS::SecretsManager::Secret": (
        ("secretsmanager", "secret", f"arn:aws:secretsmanager:{REGIONAL}:secret:{{name}}-AbCdEf"),
    ),
    "AWS::WAFv2::WebACL": (
        ("wafv2", "webacl", f"arn:aws:wafv2:{REGIONAL}:regional/webacl/{{name}}/0"),
        ("wafv2", "managedruleset", f"arn:aws:wafv2:{REGIONAL}:regional/managedruleset/AWSManagedRules/0"),
    ),
}
# The service that makes a role of its own as a resource of the type is first made.
LINKED = {
    "AWS::Backup::BackupSelection": "backup",
    "AWS::DynamoDB::Table": "dynamodb.application-autoscaling",
    "AWS::RDS::DBInstance": "rds",
    "AWS::RDS::DBParameterGroup": "rds",
    "AWS::RDS::DBSubnetGroup": "rds",
    "AWS::SSM::Association": "ssm",
    "AWS::WAFv2::LoggingConfiguration": "wafv2",
}
# What properties are called that name a key.
KEY = re.compile("KMS|EncryptionKey|TargetKeyId", re.IGNORECASE)
# As which service a type's handler comes to KMS.
HOSTS = {"AWS::KMS::Alias": "", "AWS::KMS::Key": ""}


class Request(NamedTuple):
    """What IAM is asked: an action on an ARN, with the condition keys that AWS sends."""

    kind: str
    action: str
    arn: str
    context: dict[str, str]


class UnresolvedError(LookupError):
    """Nothing that the resource is or refers to is of a kind that the action is authorized on."""


def handlers(kind: str) -> dict[str, list[str]]:
    """Return the permissions that the registry lists for a type, by handler, if there are handlers."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(SCHEMA_REGION, kind).schema
    listed = {**schema.get("handlers", {}), "tagging": schema.get("tagging", {})}
    found = {name: handler.get("permissions", []) for name, handler in listed.items()}
    return {name: actions for name, actions in found.items() if actions}


@cache
def permissions(kind: str, names: tuple[str, ...] = HANDLERS) -> list[str]:
    """Return what the handlers `names` of a type ask for, of the actions that IAM has, sorted."""
    listed = UNLISTED.get(kind) or handlers(kind)
    asked = [action.partition(":") for name in names for action in listed.get(name, [])]
    spelt = {f"{service.lower()}:{verb}" for service, _, verb in asked}
    return sorted(action for action in spelt if authorization.known(action))


def of_resource(top: Stack, reference: Reference, action: str, roles: Sequence[Identity]) -> list[Request]:
    """Return the requests that `action` on a resource comes to; UnresolvedError where there is no ARN."""
    kind = str(identities.resource_of(top, reference)["Type"])
    wanted = authorization.kinds(action, kind)
    service = action.partition(":")[0]
    arns = [authorization.EVERY_RESOURCE]
    if action == "iam:CreateServiceLinkedRole":
        if kind not in LINKED:
            raise UnresolvedError(f"{kind}: {action}: found no service, expected one of LINKED")
        arns = [f"{IAM}:role/aws-service-role/{LINKED[kind]}.amazonaws.com/AWSServiceRole"]
    elif wanted:
        held = owned(top, reference)
        arns = [arn for own, name, arn in held if own == service and name in wanted]
        if not arns or {name for name, required in wanted.items() if required} - {
            name for own, name, _ in held if own == service
        }:
            raise UnresolvedError(f"{kind}: {action}: found {held}, expected each of {sorted(wanted)}")
    return [
        Request(kind, action, arn, context)
        for arn in dict.fromkeys(arns)
        for context in contexts(kind, action, arn, roles)
    ]


@cache
def owned(top: Stack, reference: Reference) -> list[tuple[str, str, str]]:
    """Return service, kind and ARN of what a resource is, and of what it refers to."""
    found = []
    asking = identities.resource_of(top, reference)
    keys = {Reference(each.stack, each.resource) for each in uses_of_keys(asking)}
    others = [Reference(each.stack, each.resource) for each in references(asking)]
    for one in dict.fromkeys((reference, *others)):
        resource = identities.resource_of(top, one)
        if resource["Type"] == "AWS::KMS::Key" and one not in (reference, *keys):
            continue
        properties = mapping(resource.get("Properties"))
        name = identities.physical_name(top, one)
        words = {
            "name": name,
            "lower": name.lower(),
            "runbook": properties.get("Name"),
            "function": "".join(
                identities.physical_name(top, each) for each in references(properties.get("FunctionName", ""))
            ),
        }
        for service, kind, form in OWN.get(str(resource["Type"]), ()):
            found.append((service, kind, form.format(**words)))
    return found


def uses_of_keys(value: object) -> Iterator[Reference]:
    """Yield what is named as a key to encrypt under; a key's ARN in a variable is no use of it."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from references(member) if KEY.search(name) else uses_of_keys(member)
    elif isinstance(value, list):
        for item in value:
            yield from uses_of_keys(item)


def contexts(kind: str, action: str, arn: str, roles: Sequence[Identity]) -> Iterator[dict[str, str]]:
    """Yield the condition keys that AWS sends with a request; several where it makes several."""
    service = action.partition(":")[0]
    # IAM is in one region, whichever one calls from.
    context = {"aws:RequestedRegion": "us-east-1" if service == "iam" else REGION}
    if service == "kms":
        host = HOSTS.get(kind, kind.split("::")[1].lower())
        through = {"kms:ViaService": f"{host}.{REGION}.amazonaws.com"} if host else {}
        yield {
            **context,
            "kms:CallerAccount": identities.ACCOUNT,
            "kms:GrantIsForAWSResource": "true",
            **through,
        }
        return
    if action == "iam:CreateServiceLinkedRole":
        yield {**context, "iam:AWSServiceName": f"{LINKED[kind]}.amazonaws.com"}
        return
    role = next((each for each in roles if each.arn == arn), None)
    if role is None:
        yield context
        return
    if role.bounded_by:
        context["iam:PermissionsBoundary"] = role.bounded_by
    if action == "iam:PassRole":
        (statement,) = role.trust["Statement"]
        yield {**context, "iam:PassedToService": statement["Principal"]["Service"]}
    elif action in ("iam:AttachRolePolicy", "iam:DetachRolePolicy"):
        for policy in (*role.policies, *role.aws):
            yield {**context, "iam:PolicyARN": policy}
    else:
        yield context
