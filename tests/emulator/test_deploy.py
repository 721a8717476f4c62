"""The built root, nested stacks and all, becomes a stack that takes payments."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import http.client
import json
import re
from typing import Any

import boto3
import pytest

from handlers.payments.adapters.postgres import Address, connection
from pipeline.change.stack_events import StackError, Watch
from sandbox import stacks
from sandbox.deploy import STACK
from sandbox.emulator import ACCOUNT, REGION
from sandbox.processes import LOOPBACK
from sandbox.stacks import Wanted
from tests.emulator import stack_operations
from tests.emulator.aws_cli import aws
from tests.emulator.conftest import Deployed

LAYERS = {"Api", "Compute", "Data", "Monitoring", "Network", "Security"}


def named(wanted: Wanted, suffix: str) -> Wanted:
    """The same stack for another environment, beside the first."""
    return dataclasses.replace(wanted, parameters={**wanted.parameters, "EnvironmentSuffix": suffix})


def call(deployed: Deployed, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """What the API answers to the holder of its key."""
    api = deployed.outputs["APIEndpoint"].removeprefix("https://").partition(".")[0]
    client = boto3.client("apigateway", **deployed.emulator.access)
    key = client.get_api_key(apiKey=deployed.outputs["ApiKeyId"], includeValue=True)["value"]
    sent = None if body is None else json.dumps(body)
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, deployed.emulator.port)) as caller:
        headers = {"x-api-key": key, "content-type": "application/json"}
        caller.request(method, f"/_aws/execute-api/{api}/prod{path}", sent, headers)
        answer = caller.getresponse()
        return answer.status, json.load(answer)


def test_every_layer_is_made(deployed: Deployed) -> None:
    client = boto3.client("cloudformation", **deployed.emulator.access)

    made = client.list_stack_resources(StackName=STACK)["StackResourceSummaries"]

    assert {each["LogicalResourceId"]: each["ResourceStatus"] for each in made} == dict.fromkeys(
        LAYERS, "CREATE_COMPLETE"
    )


def test_outputs_keep_their_original_names(deployed: Deployed) -> None:
    """Named in its documents: the outputs of the stack."""
    assert deployed.outputs.keys() >= {
        "VPCId",
        "APIEndpoint",
        "RDSEndpoint",
        "DynamoDBTable",
        "S3AuditBucket",
        "SQSRetryQueue",
        "SNSAlertTopic",
    }
    assert all(deployed.outputs.values())


def test_functions_run_the_published_archives(deployed: Deployed) -> None:
    client = boto3.client("lambda", **deployed.emulator.access)
    functions = client.list_functions()["Functions"]

    found = {
        each["Handler"].split(".")[1]: each["CodeSha256"]
        for each in functions
        if each["FunctionName"].endswith("-dev")
    }

    assert found == {
        each["name"]: base64.b64encode(bytes.fromhex(each["sha256"])).decode()
        for each in deployed.published.manifest["Artifacts"]
        if each["kind"] == "function"
    }


def test_the_migrator_brings_up_the_ledger(deployed: Deployed) -> None:
    client = boto3.client("rds", **deployed.emulator.access)
    (database,) = client.describe_db_instances(DBInstanceIdentifier="payment-database-dev")["DBInstances"]
    address = Address(
        deployed.outputs["RDSEndpoint"],
        database["Endpoint"]["Port"],
        database["DBName"],
        database["MasterUsername"],
    )

    with contextlib.closing(connection(address, None, None)) as opened:
        assert opened.run("SELECT count(*) > 0 FROM ledger.schema_migrations") == [[True]]


def test_functions_reach_all_that_their_roles_allow(deployed: Deployed) -> None:
    """The probes of table, queues, bucket and database, under the audit logger's own role."""
    status, told = call(deployed, "GET", "/status")

    assert (status, told["status"]) == (200, "operational"), told


def test_a_payment_is_validated_through_the_api(deployed: Deployed) -> None:
    payment = {"transaction_id": "t-1", "amount": "10.00", "currency": "EUR", "customer_id": "cus_1"}

    status, told = call(deployed, "POST", "/validate", payment)

    assert (status, told.get("transaction_id")) == (200, "t-1"), told


def test_the_api_refuses_a_body_that_lacks_fields(deployed: Deployed) -> None:
    status, told = call(deployed, "POST", "/validate", {"transaction_id": "t-2"})

    assert (status, told["status"]) == (400, 400)


def test_an_update_changes_what_its_parameter_is_about(deployed: Deployed) -> None:
    client = boto3.client("cloudformation", **deployed.emulator.access)
    wanted = deployed.published.root
    longer = dataclasses.replace(wanted, parameters={**wanted.parameters, "LogRetentionDays": "365"})

    outputs = stack_operations.update(client, STACK, longer, print)

    logs = boto3.client("logs", **deployed.emulator.access)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/payment-validator-dev")["logGroups"]
    assert group["retentionInDays"] == 365
    assert outputs == deployed.outputs


def test_a_failure_names_what_failed_in_a_nested_stack(deployed: Deployed) -> None:
    taken = f"payment-audit-logs-taken-{ACCOUNT}-{REGION}"
    boto3.client("s3", **deployed.emulator.access).create_bucket(Bucket=taken)
    client = boto3.client("cloudformation", **deployed.emulator.access)

    with pytest.raises(StackError) as failed:
        stacks.create(client, "payments-taken", named(deployed.published.root, "taken"), print)

    assert re.fullmatch(
        r"payments-taken: ROLLBACK_COMPLETE: payments-taken-Data-\S+ AuditBucket \(AWS::S3::Bucket\) "
        rf"CREATE_FAILED: {taken} already exists",
        str(failed.value),
    )


def test_payments_outlive_their_stack(deployed: Deployed) -> None:
    client = boto3.client("cloudformation", **deployed.emulator.access)
    outputs = stacks.create(client, "payments-gone", named(deployed.published.root, "gone"), print)

    stack_operations.delete(client, "payments-gone", print)

    tables = boto3.client("dynamodb", **deployed.emulator.access)
    assert tables.describe_table(TableName=outputs["DynamoDBTable"])["Table"]["TableStatus"] == "ACTIVE"
    buckets = boto3.client("s3", **deployed.emulator.access).list_buckets()["Buckets"]
    assert outputs["S3AuditBucket"] in {each["Name"] for each in buckets}
    functions = boto3.client("lambda", **deployed.emulator.access).list_functions()["Functions"]
    assert not [each for each in functions if each["FunctionName"].endswith("-gone")]


def test_the_aws_cli_makes_a_stack_of_the_published_root(deployed: Deployed) -> None:
    wanted = named(deployed.published.root, "cli")

    summary = aws(
        deployed.emulator, "cloudformation", "get-template-summary", "--template-url", wanted.template_url
    )
    made = aws(
        deployed.emulator,
        *("cloudformation", "create-stack", "--stack-name", "payments-cli"),
        *("--template-url", wanted.template_url),
        *("--parameters", json.dumps(wanted.parameter_list())),
        *("--capabilities", *stacks.CAPABILITIES),
    )

    assert {each["ParameterKey"] for each in summary["Parameters"]} == set(wanted.parameters)
    client = boto3.client("cloudformation", **deployed.emulator.access)
    Watch(client, "payments-cli").follow(made["StackId"], print)
    assert stacks.outputs(client, "payments-cli")["DynamoDBTable"] == "payment-transactions-cli"
