"""The functions' permissions: each role may do what its own function calls, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from awacs.aws import Statement
from troposphere import GetAtt, Ref, encode_to_dict

from templates import grants

Resource = dict[str, Any]
Allowed = dict[str, set[str]]

LAYER = "Compute"

TABLE = "PaymentsTableArn"
STREAM = "PaymentsStreamArn"
RETRIES = "RetryQueueArn"
DEAD_LETTERS = "DeadLetterQueueArn"
WRITER = "rds-db:.../payments_writer"
OWNER = "rds-db:.../postgres"
PROBE = "rds-db:.../payments_probe"

CHARGES: Allowed = {
    "dynamodb:UpdateItem": {TABLE},
    "sqs:SendMessage": {RETRIES, DEAD_LETTERS},
    "secretsmanager:GetSecretValue": {"GatewaySecretArn"},
    "rds-db:connect": {WRITER},
    "kms:Decrypt": {"DataKeyArn"},
    "kms:GenerateDataKey": {"DataKeyArn"},
}

EXPECTED: dict[str, Allowed] = {
    "Validator": {"dynamodb:PutItem": {TABLE}, "kms:Decrypt": {"DataKeyArn"}},
    "Processor": CHARGES,
    "AuditLogger": {
        "dynamodb:GetItem": {TABLE},
        "dynamodb:UpdateItem": {TABLE},
        "dynamodb:DescribeStream": {STREAM},
        "dynamodb:GetRecords": {STREAM},
        "dynamodb:GetShardIterator": {STREAM},
        "dynamodb:ListStreams": {f"{TABLE}/stream/*"},
        "s3:PutObject": {"AuditBucketArn/*"},
        "s3:ListBucket": {"AuditBucketArn"},
        "sqs:GetQueueAttributes": {RETRIES, DEAD_LETTERS},
        "sqs:SendMessage": {"AuditDeadLetters.Arn"},
        "rds-db:connect": {PROBE},
        "kms:Decrypt": {"DataKeyArn"},
        "kms:GenerateDataKey": {"DataKeyArn", "AuditKeyArn"},
    },
    "Retrier": {
        **CHARGES,
        "sqs:ReceiveMessage": {RETRIES},
        "sqs:DeleteMessage": {RETRIES},
        "sqs:GetQueueAttributes": {RETRIES},
    },
    "Sweeper": {
        "dynamodb:Query": {f"{TABLE}/index/due"},
        "dynamodb:UpdateItem": {TABLE},
        "sqs:SendMessage": {RETRIES, "UndeliveredEvents.Arn"},
        "kms:Decrypt": {"DataKeyArn"},
        "kms:GenerateDataKey": {"DataKeyArn"},
    },
    "Migrator": {
        "secretsmanager:GetSecretValue": {"DatabaseSecretArn"},
        "rds-db:connect": {OWNER},
        "sqs:SendMessage": {"UndeliveredEvents.Arn"},
        "kms:Decrypt": {"DataKeyArn"},
        "kms:GenerateDataKey": {"DataKeyArn"},
    },
}

# Actions that AWS knows no resource for.
NO_RESOURCE = {
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}

ARN = Ref("Bucket")

# IAM's limit, white space not counted.
MANAGED_POLICY_CHARACTERS = 6144


def statements(resources: dict[str, Resource], policy: str) -> list[Resource]:
    found: list[Resource] = resources[policy]["Properties"]["PolicyDocument"]["Statement"]
    return found


def spelt(target: Any) -> str:
    """A resource of a statement, as one would write it down."""
    if isinstance(target, str):
        return target
    if "Ref" in target:
        return str(target["Ref"])
    if "Fn::GetAtt" in target:
        return ".".join(target["Fn::GetAtt"])
    text, values = target["Fn::Sub"] if isinstance(target["Fn::Sub"], list) else (target["Fn::Sub"], {})
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", spelt(value))
    return re.sub(r"^arn:.*:rds-db:.*:dbuser:DatabaseResourceId", "rds-db:...", text)


def allowed(resources: dict[str, Resource], policy: str) -> Allowed:
    found: Allowed = {}
    for statement in statements(resources, policy):
        for action in statement["Action"]:
            found.setdefault(action, set()).update(spelt(each) for each in statement["Resource"])
    return found


@pytest.mark.parametrize("title", EXPECTED)
def test_a_function_may_do_what_it_calls_and_nothing_else(resources: dict[str, Resource], title: str) -> None:
    """F114, F115, F116, F117, F118, F119: one role for all of it in the original."""
    own = allowed(resources, f"{title}Policy")
    logs = {f"{title}LogGroup.Arn"}

    assert {**EXPECTED[title], "logs:CreateLogStream": logs, "logs:PutLogEvents": logs} == own


@pytest.mark.parametrize("title", EXPECTED)
def test_a_role_holds_its_functions_policy_and_the_shared_one(
    resources: dict[str, Resource], title: str
) -> None:
    """F111, F112, F120: a role for each function, and no policy of AWS's on it."""
    role = resources[f"{title}Role"]["Properties"]

    assert [{"Ref": "SharedPolicy"}, {"Ref": f"{title}Policy"}] == role["ManagedPolicyArns"]


@pytest.mark.parametrize("title", EXPECTED)
def test_only_lambda_assumes_a_functions_role(resources: dict[str, Resource], title: str) -> None:
    """F113."""
    trust = resources[f"{title}Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert [{"Service": "lambda.amazonaws.com"}] == [statement["Principal"] for statement in trust]


def test_every_role_of_the_layer_is_looked_at_here(resources: dict[str, Resource]) -> None:
    roles = {name for name, each in resources.items() if each["Type"] == "AWS::IAM::Role"}

    assert {f"{title}Role" for title in EXPECTED} | {"RolloutRole"} == roles


def test_lambda_may_attach_functions_to_the_network_and_trace_them(resources: dict[str, Resource]) -> None:
    """F112: what AWSLambdaVPCAccessExecutionRole allows, without its logs and each action by its name."""
    granted = {
        action
        for statement in statements(resources, "SharedPolicy")
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }

    assert granted == NO_RESOURCE | {
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    }


def test_code_may_not_do_what_lambda_may_do_with_its_role(resources: dict[str, Resource]) -> None:
    denied = next(each for each in statements(resources, "SharedPolicy") if each["Effect"] == "Deny")
    network = {action for action in allowed(resources, "SharedPolicy") if action.startswith("ec2:")}

    assert network == set(denied["Action"])
    functions = {
        each["Properties"]["FunctionName"]["Fn::Sub"]
        for each in resources.values()
        if each["Type"] == "AWS::Lambda::Function"
    }
    named = denied["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]
    assert functions == {each["Fn::Sub"].rsplit(":", 1)[1] for each in named}


def test_everything_is_allowed_only_where_aws_knows_no_resource(resources: dict[str, Resource]) -> None:
    everywhere = {
        action
        for name, each in resources.items()
        if each["Type"] == "AWS::IAM::ManagedPolicy"
        for statement in statements(resources, name)
        if statement["Effect"] == "Allow" and "*" in statement["Resource"]
        for action in statement["Action"]
    }

    assert NO_RESOURCE == everywhere


@pytest.mark.parametrize("title", EXPECTED)
def test_keys_are_used_through_the_services_that_the_function_calls(
    resources: dict[str, Resource], title: str
) -> None:
    """Nobody decrypts anything by calling KMS."""
    uses = [each for each in statements(resources, f"{title}Policy") if each["Action"][0].startswith("kms:")]
    called = {action.split(":")[0] for action in EXPECTED[title]}

    assert uses
    for use in uses:
        services = use["Condition"]["StringEquals"]["kms:ViaService"]
        assert {spelt(each).split(".")[0] for each in services} <= called


def test_only_the_audit_logger_writes_under_the_audit_key(resources: dict[str, Resource]) -> None:
    holders = [title for title in EXPECTED if "AuditKeyArn" in json.dumps(resources[f"{title}Policy"])]

    assert ["AuditLogger"] == holders


def test_only_the_migrator_reads_the_databases_master_secret(resources: dict[str, Resource]) -> None:
    """F118: all three functions could, in the original."""
    holders = [title for title in EXPECTED if "DatabaseSecretArn" in json.dumps(resources[f"{title}Policy"])]

    assert ["Migrator"] == holders


def test_codedeploy_moves_the_aliases_of_the_functions_that_it_rolls_out(
    resources: dict[str, Resource],
) -> None:
    found = allowed(resources, "RolloutPolicy")

    moved = [f"{title}Function.Arn" for title in ("Validator", "Processor", "AuditLogger", "Retrier")]
    assert {*moved, *[f"{arn}:*" for arn in moved]} == found["lambda:UpdateAlias"]
    assert {
        "lambda:GetAlias",
        "lambda:UpdateAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "cloudwatch:DescribeAlarms",
    } == set(found)


def test_codedeploy_assumes_its_role_for_this_stacks_deployments_alone(
    resources: dict[str, Resource],
) -> None:
    trust = resources["RolloutRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]

    assert {"Service": "codedeploy.amazonaws.com"} == trust["Principal"]
    assert {"Ref": "AWS::AccountId"} == trust["Condition"]["StringEquals"]["aws:SourceAccount"]
    source = trust["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    assert source.endswith(":deploymentgroup:${Rollout}/*")


def test_eventbridge_fills_only_the_queue_of_its_rule(resources: dict[str, Resource]) -> None:
    found = {
        each["Sid"]: each
        for each in resources["UndeliveredEventsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    }

    filled = found["FilledByRule"]
    assert ({"Service": "events.amazonaws.com"}, ["sqs:SendMessage"]) == (
        filled["Principal"],
        filled["Action"],
    )
    assert {"Fn::GetAtt": ["EveryMinute", "Arn"]} == filled["Condition"]["ArnLike"]["aws:SourceArn"]


def test_policies_fit_into_what_iam_takes(resources: dict[str, Resource]) -> None:
    """With every reference as long as an ARN gets here."""
    for name, each in resources.items():
        if each["Type"] != "AWS::IAM::ManagedPolicy":
            continue
        document = json.dumps(each["Properties"]["PolicyDocument"], separators=(",", ":"))
        long = re.sub(r'\{"(Ref|Fn::GetAtt)":[^}]*\}', '"' + "a" * 120 + '"', document)

        assert len(long) < MANAGED_POLICY_CHARACTERS, name


def encoded(statement: Statement) -> Resource:
    found: Resource = encode_to_dict(grants.policy(statement))["Statement"][0]
    return found


def test_what_is_granted_together_is_all_of_it_once() -> None:
    made = encoded(
        grants.together(
            "Both", grants.read_items("table"), grants.read_items("table"), grants.put_objects(ARN)
        )
    )

    assert ["dynamodb:GetItem", "s3:PutObject"] == made["Action"]
    assert ["table", {"Fn::Sub": ["${Arn}/*", {"Arn": {"Ref": "Bucket"}}]}] == made["Resource"]


def test_what_has_a_condition_is_not_granted_together_with_others() -> None:
    with pytest.raises(ValueError, match="Both: Decrypt has a condition"):
        grants.together("Both", grants.read_items("table"), grants.decrypt("key", "dynamodb"))


def test_a_grant_names_what_it_is_about() -> None:
    statement = encoded(grants.query_index(GetAtt("Table", "Arn"), "due"))

    assert ("Allow", ["dynamodb:Query"]) == (statement["Effect"], statement["Action"])
    table = {"Arn": {"Fn::GetAtt": ["Table", "Arn"]}}
    assert [{"Fn::Sub": ["${Arn}/index/due", table]}] == statement["Resource"]


def test_a_key_is_used_only_through_the_services_that_are_named() -> None:
    statement = encoded(grants.decrypt(Ref("KeyArn"), "dynamodb", "sqs"))

    services = statement["Condition"]["StringEquals"]["kms:ViaService"]
    hosts = ["dynamodb.${AWS::Region}.amazonaws.com", "sqs.${AWS::Region}.amazonaws.com"]
    assert hosts == [each["Fn::Sub"] for each in services]
