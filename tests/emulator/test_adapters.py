"""Each fault is stepped round, and there still without its adapter: what is mended shows here, and goes."""

from __future__ import annotations

import contextlib
import io
import json
import platform
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from handlers.payments.adapters.postgres import Address, connection
from pipeline.change.drift import drifted
from pipeline.change.stack_events import Event, StackError
from sandbox.emulator import REGION, Emulator
from sandbox.processes import LOOPBACK
from tests.emulator import stack_operations
from tests.emulator.adapting import shows
from tests.emulator.making import (
    QUEUE,
    THIS_RUNTIME,
    Resources,
    create,
    function,
    nested,
    put,
    queues,
    unique,
    update,
)

OTHER_PROCESSOR = "arm64" if platform.machine() == "x86_64" else "x86_64"
THIS_PROCESSOR = "x86_64" if platform.machine() == "x86_64" else "arm64"
FAILING = {
    "Type": "Custom::Nobody",
    "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:1:function:none"},
}


@shows("stacks.read_buckets_from_hosts")
def test_a_template_may_be_named_by_its_buckets_host(emulator: Emulator, untouched: Emulator) -> None:
    def works(at: Emulator) -> bool:
        bucket = put(at, "template.json", json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}))
        url = f"https://{bucket}.s3.{REGION}.amazonaws.com/template.json"
        try:
            boto3.client("cloudformation", **at.access).validate_template(TemplateURL=url)
        except ClientError:
            return False
        return True

    assert works(emulator)
    assert not works(untouched)


@shows("stacks.announce_children")
def test_events_name_a_nested_stack_that_fails(emulator: Emulator, untouched: Emulator) -> None:
    def works(at: Emulator) -> bool:
        told: list[Event] = []
        with pytest.raises(StackError):
            create(at, nested(at, {"Failing": FAILING}), told)
        return any(event.title == "Failing" for event in told)

    assert works(emulator)
    assert not works(untouched)


@shows("stacks.keep_attributes")
def test_what_an_update_leaves_alone_keeps_its_attributes(emulator: Emulator, untouched: Emulator) -> None:
    def works(at: Emulator) -> bool:
        name, told = unique(), list[Event]()
        before = create(at, nested(at, {"Queue": QUEUE}, "Queue.Arn"), told, name)
        parts = {"Queue": QUEUE, "Another": QUEUE}
        try:
            after = update(at, nested(at, parts, "Queue.Arn"), told, name)
        except StackError:
            return False
        return before == after

    assert works(emulator)
    assert not works(untouched)


@shows("stacks.keep_what_children_retain")
def test_what_a_nested_stack_retains_outlives_it(emulator: Emulator, untouched: Emulator) -> None:
    def works(at: Emulator) -> bool:
        name, told = unique(), list[Event]()
        retained = {"Queue": {**QUEUE, "DeletionPolicy": "Retain", "Properties": {"QueueName": name}}}
        create(at, nested(at, retained), told, name)
        stack_operations.delete(boto3.client("cloudformation", **at.access), name, told.append)
        return name in queues(at)

    assert works(emulator)
    assert not works(untouched)


@shows("stacks.keep_what_children_retain")
def test_a_nested_stack_leaves_the_snapshots_that_it_wants(emulator: Emulator, untouched: Emulator) -> None:
    """The other half of the adapter that lets go of what is retained."""

    def snapshots(at: Emulator) -> int:
        name, rds = unique(), boto3.client("rds", **at.access)
        kept = {"Database": {**database(), "DeletionPolicy": "Snapshot"}}
        arn = create(at, nested(at, kept, "Database.DBInstanceArn"), [], name)["Read"]
        stack_operations.delete(boto3.client("cloudformation", **at.access), name, print)
        found = rds.describe_db_snapshots()["DBSnapshots"]
        return sum(each["DBInstanceIdentifier"] == arn.rpartition(":")[2] for each in found)

    assert snapshots(emulator) == 1
    assert snapshots(untouched) == 0


@shows("stacks.clear_failed_children")
def test_a_nested_stack_that_fails_leaves_nothing(emulator: Emulator, untouched: Emulator) -> None:
    def works(at: Emulator) -> bool:
        name = unique()
        made = {"Queue": {**QUEUE, "Properties": {"QueueName": name}}}
        with pytest.raises(StackError):
            create(at, nested(at, {**made, "Failing": {**FAILING, "DependsOn": "Queue"}}), [], name)
        return name not in queues(at)

    assert works(emulator)
    assert not works(untouched)


@shows("stores.make_master_secrets")
def test_a_managed_master_user_has_a_secret(emulator: Emulator, untouched: Emulator) -> None:
    def works(at: Emulator) -> bool:
        read = "Database.MasterUserSecret.SecretArn"
        try:
            arn = create(at, nested(at, {"Database": database()}, read), [])["Read"]
        except StackError:
            return False
        secret = boto3.client("secretsmanager", **at.access).get_secret_value(SecretId=arn)
        return set(json.loads(secret["SecretString"])) == {"username", "password"}

    assert works(emulator)
    assert not works(untouched)


@shows("stores.serve_databases")
def test_a_database_answers(emulator: Emulator, untouched: Emulator) -> None:
    def address(at: Emulator) -> tuple[str, int]:
        arn = create(at, nested(at, {"Database": database()}, "Database.DBInstanceArn"), [])["Read"]
        found = boto3.client("rds", **at.access).describe_db_instances(DBInstanceIdentifier=arn)
        endpoint = found["DBInstances"][0]["Endpoint"]
        return endpoint["Address"], endpoint["Port"]

    host, port = address(emulator)
    with contextlib.closing(connection(Address(host, port, "ledger", "owner"), None, None)) as opened:
        assert opened.run("SELECT current_database(), current_user") == [["ledger", "owner"]]
    # Its name is asked of no resolver: that it is not this machine says that nobody listens.
    assert address(untouched)[0] != LOOPBACK


@shows("functions.keep_settings_of_functions")
def test_a_function_keeps_its_settings(emulator: Emulator, untouched: Emulator) -> None:
    def settings(at: Emulator) -> tuple[int | None, str | None]:
        queue = {"TargetArn": {"Fn::GetAtt": ["Queue", "Arn"]}}
        made = function(ReservedConcurrentExecutions=7, DeadLetterConfig=queue)
        name = create(at, nested(at, {"Queue": QUEUE, "Function": made}, "Function.Arn"), [])["Read"]
        client = boto3.client("lambda", **at.access)
        reserved = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        undelivered = client.get_function_configuration(FunctionName=name).get("DeadLetterConfig", {})
        return reserved, undelivered.get("TargetArn")

    reserved, undelivered = settings(emulator)
    assert reserved == 7
    assert undelivered
    assert settings(untouched) == (None, None)


@shows("stores.refer_to_secrets_by_arn")
def test_a_secret_is_referred_to_by_its_arn(emulator: Emulator, untouched: Emulator) -> None:
    def secret(**properties: str) -> Resources:
        made = {"GenerateSecretString": {}, **properties}
        return {"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": made}}

    def works(at: Emulator) -> bool:
        name = unique()
        before = create(at, nested(at, secret(), "Secret"), [], name)["Read"]
        after = update(at, nested(at, secret(Description="changed"), "Secret"), [], name)["Read"]
        client = boto3.client("secretsmanager", **at.access)
        assert client.describe_secret(SecretId=after)["Description"] == "changed"
        assert list(drifted(boto3.client("cloudformation", **at.access), name)) == []
        stack_operations.delete(boto3.client("cloudformation", **at.access), name, print)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            client.describe_secret(SecretId=after)
        return before == after and before.startswith("arn:")

    assert works(emulator)
    assert not works(untouched)


@shows("stores.count_loopback_as_tls")
def test_policies_that_demand_tls_admit_the_loopback(emulator: Emulator, untouched: Emulator) -> None:
    insecure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [insecure]})

    def works(at: Emulator) -> bool:
        client = boto3.client("sqs", **at.access)
        url = client.create_queue(QueueName=unique(), Attributes={"Policy": policy})["QueueUrl"]
        try:
            client.send_message(QueueUrl=url, MessageBody="sent")
        except ClientError:
            return False
        return True

    assert works(emulator)
    assert not works(untouched)


@shows("roles.keep_boundaries_of_roles")
def test_a_role_is_under_the_boundary_of_its_template(emulator: Emulator, untouched: Emulator) -> None:
    def works(at: Emulator) -> bool:
        name = unique()
        arns = [bound(at, name, create), bound(at, name, update)]
        return [arn.rpartition("/")[2] for arn in arns] == [f"{name}-create", f"{name}-update"]

    assert works(emulator)
    assert not works(untouched)


def bound(at: Emulator, name: str, make: Callable[..., object]) -> str:
    """Make or update the stack `name`, of a role under a boundary for each; return what it is under."""
    client = boto3.client("iam", **at.access)
    anything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    boundary = client.create_policy(
        PolicyName=f"{name}-{make.__name__}",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [anything]}),
    )["Policy"]["Arn"]
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "PermissionsBoundary": boundary,
        },
    }
    make(at, nested(at, {"Role": role}), [], name)
    found = client.get_role(RoleName=name)["Role"]
    return str(found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""))


@shows("functions.leave_out_foreign_layers")
def test_a_layer_for_another_processor_is_left_out(emulator: Emulator, untouched: Emulator) -> None:
    assert call_with_layer(emulator, OTHER_PROCESSOR) != "from the layer"
    assert call_with_layer(untouched, OTHER_PROCESSOR) == "from the layer"


def test_a_layer_for_this_machine_is_used(emulator: Emulator) -> None:
    assert call_with_layer(emulator, THIS_PROCESSOR) == "from the layer"


def database() -> Mapping[str, Any]:
    """A database whose master user's password is its own business."""
    return {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {
            "Engine": "postgres",
            "DBInstanceClass": "db.t3.medium",
            "AllocatedStorage": "20",
            "DBName": "ledger",
            "MasterUsername": "owner",
            "ManageMasterUserPassword": True,
        },
    }


def call_with_layer(at: Emulator, processor: str) -> str:
    """What a function finds `msgspec` to be, when a layer for `processor` brings one of its own."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as layer:
        layer.writestr("python/msgspec/__init__.py", "__version__ = 'from the layer'")
    bucket = put(at, "layer.zip", archive.getvalue())
    parts: Resources = {
        "Layer": {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {
                "CompatibleArchitectures": [processor],
                "CompatibleRuntimes": [THIS_RUNTIME],
                "Content": {"S3Bucket": bucket, "S3Key": "layer.zip"},
            },
        },
        "Function": function(Layers=[{"Ref": "Layer"}]),
    }
    offered = create(at, nested(at, parts, "Function.Arn"), [])
    answer = boto3.client("lambda", **at.access).invoke(FunctionName=offered["Read"])
    return str(json.load(answer["Payload"]))
