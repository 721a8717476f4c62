"""Each function under its own role: nothing that it needs is missing, and nothing is granted in vain.

The roles live under the boundary of a target account here.
"""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from handlers.payments.adapters.dynamodb import shard
from handlers.payments.adapters.dynamodb_items import step
from handlers.payments.payment import Status, Transition
from tests.emulator import privileges
from tests.emulator.paying import SUFFIX, Stack, wait_for
from tests.emulator.privileges import SERVED, Function

DAY_MS = 24 * 3600 * 1000


def number(value: int) -> dict[str, str]:
    """A number as an attribute."""
    return {"N": str(value)}


def pay(stack: Stack) -> None:
    """Payments that end in every way there is."""
    assert stack.validate("p-taken")[0] == 200
    assert stack.process("p-taken")[0] == 200
    assert stack.call("GET", "/transactions/p-taken")[0] == 200
    assert stack.validate("p-declined", "cus_declined")[0] == 200
    assert stack.process("p-declined")[0] == 402
    for name, end in (("p-retried", Status.PROCESSED), ("p-given-up", Status.FAILED)):
        stack.validate(name)
        stack.gateway.troubles += ["busy", "refused"] if end is Status.FAILED else ["busy"]
        assert stack.process(name)[0] == 202
        settle(stack, name, end)
    stack.validate("p-refused")
    stack.gateway.troubles += ["refused"]
    assert stack.process("p-refused")[0] == 402


def search(stack: Stack) -> None:
    """A payment whose idempotency key the gateway may have forgotten."""
    stack.validate("p-old")
    stack.gateway.troubles += ["500 after"]
    assert stack.process("p-old")[0] == 202
    stack.change("p-old", first_attempt_at=number(now() - DAY_MS))
    settle(stack, "p-old", Status.PROCESSED)
    assert len(stack.gateway.taken("p-old")) == 1


def settle(stack: Stack, name: str, end: Status) -> None:
    """Hand the retrier the payment's message, unless the queue was faster."""
    assert stack.retry(name) == {"batchItemFailures": []}
    wait_for(f"payment that has {end}", lambda: stack.payment(name).status is end)


def sweep(stack: Stack) -> None:
    """A payment whose message got lost, for the sweeper; one whose process ended, for the stream."""
    stack.validate("p-lost")
    stack.validate("p-left")
    begun = {"attempts": number(1), "first_attempt_at": number(now())}
    stack.change(
        "p-lost",
        **begun,
        **standing(Status.RETRYING),
        due_shard=number(shard("p-lost")),
        due_at=number(1),
    )
    stack.change("p-left", **begun, **standing(Status.PROCESSING), lease_until=number(now() + DAY_MS))

    assert stack.invoke("payment-sweeper", {})["requeued"] >= 1
    wait_for("payment that was swept", lambda: stack.payment("p-lost").status is Status.PROCESSED)
    wait_for("entry in the index of due payments", lambda: stack.payment("p-left").due_at is not None)


def standing(status: Status) -> dict[str, Any]:
    """The attributes of a payment that came to stand at `status` after it was validated."""
    steps = [{"M": step(Transition(each, now()))["M"]} for each in (Status.VALIDATED, status)]
    return {"status": {"S": status}, "history": {"L": steps}}


def now() -> int:
    """The time, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def answer_for(stack: Stack) -> None:
    """Status, audit trail and migrator."""
    assert stack.call("GET", "/status")[0] == 200
    assert stack.call("POST", "/audit", {"event_type": "login", "details": {"a": 1}})[0] == 200
    wait_for("audit trail", lambda: stack.audited("p-taken") == ["validated", "processing", "processed"])
    for kind in ("Create", "Update", "Delete"):
        assert migrate(stack, kind)["Status"] == "SUCCESS"


def migrate(stack: Stack, kind: str) -> Any:
    """What the migrator answers at a pre-signed URL, as CloudFormation has it."""
    client, bucket = stack.client("s3"), stack.outputs["S3AuditBucket"].replace("audit", "answers")
    client.create_bucket(Bucket=bucket)
    place = {"Bucket": bucket, "Key": f"answer-{kind}"}
    event = {
        "RequestType": kind,
        "ResponseURL": client.generate_presigned_url("put_object", {**place, "ContentType": ""}),
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "LedgerSchema",
        "ResourceProperties": {"SchemaVersion": "0002-0123456789ab"},
    }
    stack.invoke("ledger-migrator", event, "$LATEST")
    return json.load(client.get_object(**place)["Body"])


@pytest.fixture(scope="module")
def stack(alone: Any) -> Stack:
    """A stack of its own: calls are told apart by processes, and those that ran before would be nobody's."""
    made = Stack(alone.emulator, alone.outputs, alone.gateway)
    privileges.bound(made)
    return made


@pytest.fixture(scope="module")
def called(stack: Stack) -> dict[str, set[str]]:
    """All flows, and what each function called in them."""
    stack.gateway.troubles.clear()
    privileges.record(stack)
    for flow in (pay, search, sweep, answer_for):
        flow(stack)
    return privileges.seen(stack)


def test_every_flow_goes_through_under_the_functions_own_roles(
    called: dict[str, set[str]], stack: Stack
) -> None:
    """Nothing that is needed is missing: the emulator refuses what no policy allows, and refused nothing."""
    assert all(called.values()), called
    logs = stack.client("logs")
    for name in privileges.FUNCTIONS:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}-{SUFFIX}")
        told = [each["message"] for page in pages for each in page["events"]]
        assert not [line for line in told if "AccessDenied" in line or "not authorized" in line]


@pytest.mark.parametrize("name", privileges.FUNCTIONS)
def test_nothing_is_granted_in_vain(called: dict[str, set[str]], stack: Stack, name: str) -> None:
    """Each action is one that the function was seen to call, or one that a setting of its own asks for."""
    function = privileges.granted(stack)[name]
    served = {action: each.why for each in SERVED if each.where(function) for action in each.actions}

    print(f"\n{name} called:", *sorted(called[name]), sep="\n  ")
    print(f"{name} may:")
    for action in sorted(function.actions):
        print(f"  {action:32}", "called" if action in called[name] else served.get(action, "IN VAIN"))
    assert not {each for each in function.actions if "*" in each}
    assert called[name] <= function.actions
    assert function.actions - called[name] - served.keys() == set()


@pytest.mark.parametrize("name", privileges.FUNCTIONS)
def test_a_key_is_for_the_services_that_the_function_calls(
    called: dict[str, set[str]], stack: Stack, name: str
) -> None:
    """The emulator evaluates no kms:ViaService; this is the text of the policies."""
    function = privileges.granted(stack)[name]
    services = {each.partition(":")[0] for each in called[name]}
    if function.polls("sqs") or function.sets_aside():
        services.add("sqs")

    allowed = [privileges.via(each) for each in function.allowed if privileges.of_service(each, "kms")]

    assert allowed
    assert set.union(*allowed) <= services


def test_a_role_is_refused_what_it_is_not_granted(called: dict[str, set[str]], stack: Stack) -> None:
    """Or else all of the above would say nothing."""
    assert called
    client = as_validator(stack, "dynamodb")

    with pytest.raises(ClientError, match="AccessDenied"):
        client.get_item(
            TableName=stack.outputs["DynamoDBTable"],
            Key={"transaction_id": {"S": "p-taken"}, "timestamp": number(0)},
        )


def test_a_role_is_refused_what_its_boundary_does_not_hold(called: dict[str, set[str]], stack: Stack) -> None:
    """Whatever is attached to it: an administrator's policy opens the table, and no way beyond."""
    assert called
    roles = stack.client("iam")
    function = stack.client("lambda").get_function_configuration(FunctionName=f"payment-validator-{SUFFIX}")
    role = function["Role"].rpartition("/")[2]
    roles.put_role_policy(
        RoleName=role,
        PolicyName="Everything",
        PolicyDocument=json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}),
    )
    try:
        item = as_validator(stack, "dynamodb").get_item(
            TableName=stack.outputs["DynamoDBTable"],
            Key={"transaction_id": {"S": "p-taken"}, "timestamp": number(0)},
        )
        assert item["ResponseMetadata"]["HTTPStatusCode"] == 200
        with pytest.raises(ClientError, match="AccessDenied"):
            as_validator(stack, "iam").create_user(UserName="somebody")
    finally:
        roles.delete_role_policy(RoleName=role, PolicyName="Everything")


def as_validator(stack: Stack, service: str) -> Any:
    """A client that calls as the validator does."""
    name = f"payment-validator-{SUFFIX}"
    own = next(
        each for each in privileges.credentials(stack).values() if each["AWS_LAMBDA_FUNCTION_NAME"] == name
    )
    client: Any = boto3.client
    return client(
        service,
        **{
            **stack.emulator.access,
            "aws_access_key_id": own["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": own["AWS_SECRET_ACCESS_KEY"],
            "aws_session_token": own["AWS_SESSION_TOKEN"],
        },
    )


def test_a_grant_that_nothing_asks_for_is_found() -> None:
    """The comparison itself can fail."""
    idle = Function(
        {
            "LoggingConfig": {"LogGroup": ""},
            "TracingConfig": {"Mode": "PassThrough"},
            "VpcConfig": {"SubnetIds": []},
            "Environment": {"Variables": {}},
        },
        [],
        [{"Effect": "Allow", "Action": "kms:Decrypt"}],
    )

    assert not [each.why for each in SERVED if each.where(idle)]
