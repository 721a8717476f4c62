"""Privileges: what each function was seen to call, by the emulator's own trail, and what its role grants."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from troposphere import Template

from sandbox.emulator import ACCOUNT, REGION
from sandbox.processes import LOOPBACK
from templates import root
from tests.emulator.paying import SUFFIX, Stack
from tests.pipeline.delivery import identities
from tests.templates.samples import CODE

FUNCTIONS = (
    "payment-validator",
    "payment-processor",
    "payment-retrier",
    "payment-sweeper",
    "audit-logger",
    "ledger-migrator",
)
# The most calls that the emulator's trail tells of at once.
PAGE = 50
# What a call is allowed by, where that is not an action of its own name.
ALLOWED_BY = {"s3:HeadBucket": "s3:ListBucket"}


@dataclass(frozen=True)
class Function:
    """A function as the template has it, what Lambda polls for it, and what its role is allowed."""

    properties: Mapping[str, Any]
    mappings: list[Mapping[str, Any]]
    allowed: list[Mapping[str, Any]]

    @property
    def actions(self) -> set[str]:
        """Every action that is allowed."""
        return {action for statement in self.allowed for action in listed(statement["Action"])}

    def polls(self, service: str) -> bool:
        """Whether Lambda polls something of `service` for it."""
        return any(f":{service}:" in each["EventSourceArn"] for each in self.mappings)

    def sets_aside(self) -> bool:
        """Whether Lambda sends what it could not hand over to a queue."""
        destinations = [each.get("DestinationConfig", {}).get("OnFailure") for each in self.mappings]
        return bool(self.properties.get("DeadLetterConfig")) or any(destinations)


class Served(NamedTuple):
    """Actions that a service of AWS performs under the function's role, and the setting that has it do so."""

    actions: frozenset[str]
    why: str
    where: Callable[[Function], bool]


# No emulator performs these, so that they are never seen; each is granted only where a setting asks for it.
SERVED = (
    Served(
        frozenset({"logs:CreateLogStream", "logs:PutLogEvents"}),
        "Lambda writes the function's log",
        lambda each: bool(each.properties["LoggingConfig"]["LogGroup"]),
    ),
    Served(
        frozenset({"xray:PutTelemetryRecords", "xray:PutTraceSegments"}),
        "Lambda sends the function's traces",
        lambda each: each.properties["TracingConfig"]["Mode"] == "Active",
    ),
    Served(
        frozenset(
            {
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            }
        ),
        "Lambda attaches the function to its subnets",
        lambda each: bool(each.properties["VpcConfig"]["SubnetIds"]),
    ),
    Served(
        frozenset(
            {
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            }
        ),
        "Lambda polls the table's stream",
        lambda each: each.polls("dynamodb"),
    ),
    Served(
        frozenset({"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}),
        "Lambda polls the retry queue",
        lambda each: each.polls("sqs"),
    ),
    Served(
        frozenset({"sqs:SendMessage"}),
        "Lambda sets aside what it could not hand over",
        lambda each: each.sets_aside(),
    ),
    Served(
        frozenset({"kms:Decrypt", "kms:GenerateDataKey"}),
        "the services that hold the data use its key, and only by way of them",
        lambda each: all(via(statement) for statement in each.allowed if of_service(statement, "kms")),
    ),
    Served(
        frozenset({"rds-db:connect"}),
        "PostgreSQL on RDS checks the token that the function signs, without a call",
        # The owner's too, which the migrator signs where the database refuses the password.
        lambda each: bool(
            {"DATABASE_USER", "RDS_SECRET_ARN"} & set(each.properties["Environment"]["Variables"])
        ),
    ),
)


def listed(value: Any) -> list[str]:
    """What a policy gives as one string or as a list of them."""
    return [value] if isinstance(value, str) else list(value)


def of_service(statement: Mapping[str, Any], service: str) -> bool:
    """Whether `statement` is about actions of `service`."""
    return any(each.startswith(f"{service}:") for each in listed(statement["Action"]))


def via(statement: Mapping[str, Any]) -> set[str]:
    """The services (`dynamodb`) by way of which alone `statement` allows a key to be used."""
    hosts = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", [])
    return {each.partition(".")[0] for each in listed(hosts)}


def properties() -> dict[str, Mapping[str, Any]]:
    """The properties of each function in the template: the emulator forgets some of them."""
    resources = root.build(Template(), CODE).layers["Compute"].to_dict()["Resources"].values()
    made = [each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::Function"]
    return {each["FunctionName"]["Fn::Sub"].removesuffix("-${EnvironmentSuffix}"): each for each in made}


def granted(stack: Stack) -> dict[str, Function]:
    """Each function of the stack, with all that its role may do."""
    functions, roles = stack.client("lambda"), stack.client("iam")
    found, told = {}, properties()
    for name in FUNCTIONS:
        config = functions.get_function_configuration(FunctionName=f"{name}-{SUFFIX}")
        mappings = functions.list_event_source_mappings()["EventSourceMappings"]
        role = config["Role"].rpartition("/")[2]
        statements: list[Mapping[str, Any]] = []
        assert not roles.list_role_policies(RoleName=role)["PolicyNames"]
        for attached in roles.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            version = roles.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            policy = roles.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            statements += [each for each in policy["Statement"] if each["Effect"] == "Allow"]
        own = [each for each in mappings if f":function:{name}-{SUFFIX}" in each["FunctionArn"]]
        found[name] = Function(told[name], own, statements)
    return found


def bound(stack: Stack) -> None:
    """Put the functions' roles under a target's boundary; the stack itself was made without one."""
    place = {"AWS::AccountId": ACCOUNT, "AWS::Region": REGION}
    target = identities.deployed("target", {"EnvironmentSuffix": SUFFIX}, place)
    boundary = identities.resolved(target, "StackBoundary")["Properties"]
    roles, functions = stack.client("iam"), stack.client("lambda")
    made = roles.create_policy(
        PolicyName=boundary["ManagedPolicyName"], PolicyDocument=json.dumps(boundary["PolicyDocument"])
    )
    for name in FUNCTIONS:
        role = functions.get_function_configuration(FunctionName=f"{name}-{SUFFIX}")["Role"]
        roles.put_role_permissions_boundary(
            RoleName=role.rpartition("/")[2], PermissionsBoundary=made["Policy"]["Arn"]
        )


def record(stack: Stack) -> None:
    """Have the emulator's trail record every call from now on that it allows."""
    setting = json.dumps({"cloudtrail._recording_enabled": "true"})
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, stack.emulator.port)) as caller:
        caller.request("POST", "/_ministack/config", setting)
        assert json.load(caller.getresponse())["applied"]


def events(stack: Stack, access_key: str) -> list[Mapping[str, Any]]:
    """The calls by `access_key` that were recorded."""
    client, found = stack.client("cloudtrail"), dict[str, Mapping[str, Any]]()
    by_key = [{"AttributeKey": "AccessKeyId", "AttributeValue": access_key}]
    until = datetime.now(UTC) + timedelta(seconds=1)
    while True:
        # The emulator tells of the newest 50 up to a moment, and knows no pages.
        page = client.lookup_events(LookupAttributes=by_key, EndTime=until)["Events"]
        fresh = [each for each in page if each["EventId"] not in found]
        if not fresh:
            assert len(page) < PAGE, f"found {PAGE} calls in a second, of which the trail tells no more"
            return list(found.values())
        found |= {each["EventId"]: each for each in fresh}
        # Moments are told to the second.
        until = page[-1]["EventTime"].replace(microsecond=0) + timedelta(seconds=1)


def credentials(stack: Stack) -> dict[str, Mapping[str, str]]:
    """The environment of each function that runs, by the access key that is its role's."""
    found: dict[str, Mapping[str, str]] = {}
    for process in Path("/proc").glob("[0-9]*/environ"):
        try:
            content = process.read_bytes().decode(errors="replace")
        except OSError:
            continue  # It ended, or it is none of ours.
        environment = dict(each.partition("=")[::2] for each in content.split("\0") if "=" in each)
        here = str(stack.emulator.port) in environment.get("AWS_ENDPOINT_URL", "")
        if here and "AWS_LAMBDA_FUNCTION_NAME" in environment:
            found[environment["AWS_ACCESS_KEY_ID"]] = environment
    return found


def seen(stack: Stack) -> dict[str, set[str]]:
    """The actions that each function's role was allowed since `record`."""
    found: dict[str, set[str]] = {name: set() for name in FUNCTIONS}
    for access_key, environment in credentials(stack).items():
        name = environment["AWS_LAMBDA_FUNCTION_NAME"].removesuffix(f"-{SUFFIX}")
        if name in found:
            for event in events(stack, access_key):
                action = f"{event['EventSource'].partition('.')[0]}:{event['EventName']}"
                found[name].add(ALLOWED_BY.get(action, action))
    return found
