"""Mutation: one edit that makes a rendered template worse, and all of them that a template has room for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Rendered = dict[str, Any]
Place = tuple[str | int, ...]

DROPPED = object()
"""In place of a value: what stands there is taken out."""

EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Mutation:
    """One edit of one template."""

    kind: str
    template: str
    place: Place
    """The way to what is edited, from the top of the template."""
    value: object
    """What is put there, or DROPPED."""

    def __str__(self) -> str:
        return f"{self.template}.{'.'.join(str(each) for each in self.place)}"

    def apply(self, rendered: Rendered) -> None:
        """Edit `rendered`, if it holds the place."""
        at: Any = rendered
        for step in self.place[:-1]:
            if not (step in at if isinstance(at, dict) else isinstance(step, int) and step < len(at)):
                return
            at = at[step]
        last = self.place[-1]
        if self.value is DROPPED:
            if isinstance(at, dict):
                at.pop(last, None)
            elif isinstance(last, int) and last < len(at):
                del at[last]
        else:
            at[last] = self.value


# Properties whose absence makes a resource worse, by what is then lost; wherever in a resource they stand.
DROPS: Mapping[str, Sequence[str]] = {
    "encryption": [
        "KmsKeyId",
        "KMSMasterKeyId",
        "KMSMasterKeyID",
        "KmsMasterKeyId",
        "KmsKeyArn",
        "EncryptionKeyArn",
        "SSESpecification",
        "BucketEncryption",
        "EnableKeyRotation",
        "PerformanceInsightsKMSKeyId",
    ],
    "dead letters": [
        "DeadLetterConfig",
        "RedrivePolicy",
        "RedriveAllowPolicy",
        "DestinationConfig",
        "FunctionResponseTypes",
    ],
    "tracing": ["TracingConfig", "TracingEnabled"],
    "logs": [
        "RetentionInDays",
        "LoggingConfig",
        "LoggingConfiguration",
        "AccessLogSetting",
        "EnableCloudwatchLogsExports",
        "MonitoringInterval",
        "RedactedFields",
        "DataProtectionConfig",
    ],
    "alarm": ["AlarmActions", "OKActions", "TreatMissingData", "AlarmDescription"],
    "recovery": [
        "PointInTimeRecoverySpecification",
        "VersioningConfiguration",
        "ObjectLockConfiguration",
        "BackupRetentionPeriod",
        "CopyTagsToSnapshot",
        "LockConfiguration",
        "DeleteAfterDays",
    ],
    "exposure": [
        "PublicAccessBlockConfiguration",
        "OwnershipControls",
        "VpcConfig",
        "ApiKeyRequired",
        "AuthorizationType",
        "RequestValidatorId",
        "RequestModels",
        "VPCSecurityGroups",
        "SourceArn",
        "SourceAccount",
        "Throttle",
        "Quota",
        "SecurityPolicy",
        "EnableIAMDatabaseAuthentication",
        "PermissionsBoundary",
        "PrivateDnsEnabled",
    ],
    "limits": [
        "ReservedConcurrentExecutions",
        "ScalingConfig",
        "MaximumRecordAgeInSeconds",
        "BisectBatchOnFunctionError",
        "MaximumRetryAttempts",
        "MaximumEventAgeInSeconds",
        "VisibilityTimeout",
        "MessageRetentionPeriod",
        "MaxAllocatedStorage",
        "ThrottlingRateLimit",
        "ThrottlingBurstLimit",
    ],
}
FLIPS: Mapping[str, str] = {
    "StorageEncrypted": "encryption",
    "BucketKeyEnabled": "encryption",
    "MultiAZ": "recovery",
    "DeletionProtection": "recovery",
    "DeletionProtectionEnabled": "recovery",
    "ManageMasterUserPassword": "exposure",
    "PubliclyAccessible": "exposure",
    "MapPublicIpOnLaunch": "exposure",
    "DataTraceEnabled": "logs",
    "MetricsEnabled": "logs",
    "DeleteAutomatedBackups": "recovery",
    "AutoMinorVersionUpgrade": "recovery",
    "ActionsEnabled": "alarm",
}
BOUNDS = ("MinValue", "MaxValue", "AllowedPattern", "AllowedValues", "MinLength", "MaxLength")


def mutations(name: str, rendered: Rendered) -> Iterator[Mutation]:
    """Every mutation of the template `name`, as it is `rendered`."""
    resources: Rendered = rendered["Resources"]
    for title, resource in resources.items():
        at: Place = ("Resources", title)
        yield Mutation("resource", name, at, DROPPED)
        yield from of_attributes(name, at, resource)
        properties = resource.get("Properties", {})
        yield from of_properties(name, (*at, "Properties"), properties)
        yield from of_statements(name, (*at, "Properties"), properties)
        if resource["Type"].startswith("AWS::EC2::SecurityGroup"):
            yield from of_groups(name, (*at, "Properties"), properties)
        if resource["Type"] == "AWS::CloudFormation::Stack":
            yield from of_wires(name, (*at, "Properties", "Parameters"), properties.get("Parameters", {}))
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            yield from of_alarm(name, (*at, "Properties"), properties)
    if name == "root":
        for title, parameter in rendered.get("Parameters", {}).items():
            for bound in BOUNDS:
                if bound in parameter:
                    yield Mutation("parameter bound", name, ("Parameters", title, bound), DROPPED)
    for title in rendered.get("Outputs", {}):
        yield Mutation("output", name, ("Outputs", title), DROPPED)


def of_attributes(name: str, at: Place, resource: Rendered) -> Iterator[Mutation]:
    """Conditions, policies and order of a resource."""
    if "Condition" in resource:
        yield Mutation("condition", name, (*at, "Condition"), DROPPED)
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        # What says Delete says what would happen anyway.
        if resource.get(policy, "Delete") != "Delete":
            yield Mutation("deletion policy", name, (*at, policy), DROPPED)
    if "DependsOn" in resource:
        yield Mutation("order", name, (*at, "DependsOn"), DROPPED)
    if "UpdatePolicy" in resource:
        yield Mutation("rollout", name, (*at, "UpdatePolicy"), DROPPED)


def of_properties(name: str, at: Place, value: object) -> Iterator[Mutation]:
    """Properties that are dropped or turned round, wherever they stand below `value`."""
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from of_properties(name, (*at, place), each)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        for kind, dropped in DROPS.items():
            if key in dropped:
                yield Mutation(kind, name, (*at, key), DROPPED)
        # A bucket without a KMS key has no use for a bucket key.
        idle = key == "BucketKeyEnabled" and "aws:kms" not in str(value)
        if key in FLIPS and isinstance(inner, bool) and not idle:
            yield Mutation(FLIPS[key], name, (*at, key), not inner)
        yield from of_properties(name, (*at, key), inner)


def of_statements(name: str, at: Place, value: object) -> Iterator[Mutation]:
    """Statements of policies that are widened, wherever they stand below `value`."""
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from of_statements(name, (*at, place), each)
    if not isinstance(value, dict):
        return
    if value.get("Effect") == "Deny" and isinstance(at[-1], int):
        yield Mutation("policy: denial dropped", name, at, DROPPED)
    elif value.get("Effect") == "Allow":
        yield from of_statement(name, at, value)
    else:
        for key, inner in value.items():
            yield from of_statements(name, (*at, key), inner)


def of_statement(name: str, at: Place, statement: Rendered) -> Iterator[Mutation]:
    """One statement that allows something, widened in each of its parts."""
    actions = statement.get("Action", [])
    first = actions[0] if isinstance(actions, list) and actions else actions
    if isinstance(first, str) and ":" in first:
        service = first.split(":")[0]
        yield Mutation("policy: action widened", name, (*at, "Action"), [f"{service}:*"])
    if statement.get("Resource", "*") not in ("*", ["*"]):
        yield Mutation("policy: resource widened", name, (*at, "Resource"), "*")
    if statement.get("Principal", "*") != "*":
        yield Mutation("policy: principal widened", name, (*at, "Principal"), "*")
    if "Condition" in statement:
        yield Mutation("policy: condition dropped", name, (*at, "Condition"), DROPPED)


def of_groups(name: str, at: Place, properties: Rendered) -> Iterator[Mutation]:
    """Rules of security groups, opened to the world and to every port."""
    rules: list[tuple[Place, Rendered]] = [(at, properties)] if "IpProtocol" in properties else []
    for key in ("SecurityGroupIngress", "SecurityGroupEgress"):
        rules += [((*at, key, place), rule) for place, rule in enumerate(properties.get(key, []))]
        if key in properties:
            yield Mutation("security group", name, (*at, key), DROPPED)
    for place, rule in rules:
        opened = {
            key: each for key, each in rule.items() if not key.endswith(("SecurityGroupId", "PrefixListId"))
        }
        if rule.get("CidrIp") != EVERYWHERE:
            yield Mutation("security group", name, place, {**opened, "CidrIp": EVERYWHERE})
        yield Mutation("security group", name, place, {**rule, "FromPort": 0, "ToPort": 65_535})


def of_alarm(name: str, at: Place, properties: Rendered) -> Iterator[Mutation]:
    """An alarm that never rings, or too late."""
    yield Mutation("alarm", name, (*at, "Threshold"), 987_654_321)
    yield Mutation("alarm", name, (*at, "Namespace"), "AWS/Nothing")
    periods = properties["EvaluationPeriods"]
    yield Mutation("alarm", name, (*at, "EvaluationPeriods"), 10 * periods)
    # Without it, all of the periods have to be bad.
    if properties.get("DatapointsToAlarm", periods) < periods:
        yield Mutation("alarm", name, (*at, "DatapointsToAlarm"), DROPPED)


def of_wires(name: str, at: Place, wires: Rendered) -> Iterator[Mutation]:
    """Values of nested parameters, each exchanged for its neighbour's."""
    titles = list(wires)
    for title, other in zip(titles, [*titles[1:], *titles[:1]], strict=True):
        if wires[title] != wires[other]:
            yield Mutation("wire", name, (*at, title), wires[other])
