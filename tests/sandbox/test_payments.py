"""Payments through the API of the running stack, down to the last record of each."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handlers.payments.payment import Status
from pipeline.release.package import CONFIGURATION
from sandbox import chaos, smoke
from sandbox.records import Records
from sandbox.smoke import SmokeError
from sandbox.system import System
from tests.release.projects import Project
from tests.sandbox.paying import found, process, settled, validate, wait_for, wait_until


def test_a_payment_is_seen_from_the_first_call_to_the_last_record(running: System) -> None:
    """As README's smoke payment: API, gateway, ledger and audit trail agree."""
    seen = [step.name for step in smoke.steps(running)]

    assert seen == [
        "POST /validate",
        "POST /process",
        "GET /status",
        "GET /transactions",
        "gateway",
        "ledger",
        "ledger",
        "audit object",
        "audit object",
        "audit object",
    ]


def test_a_smoke_payment_that_fails_says_where(running: System) -> None:
    stranger = dataclasses.replace(running, api=dataclasses.replace(running.api, key="nobody's"))

    with pytest.raises(SmokeError, match=r"^smoke payment: POST /validate: found 403 .*, expected 200$"):
        list(smoke.steps(stranger))


def test_only_the_gateway_is_another_than_the_environments(running: System, checkout: Project) -> None:
    """What is deployed is what parameters/dev.json says, but for the one that points at this machine."""
    given = json.loads((checkout.folder / "dist" / "dev" / CONFIGURATION).read_bytes())["Parameters"]

    deployed = running.published.root.parameters

    assert {name for name in given if given[name] != deployed[name]} == {"PaymentGatewayUrl"}
    assert deployed.keys() == given.keys()


def test_a_declined_payment_is_posted_nowhere(running: System, records: Records, transaction_id: str) -> None:
    assert validate(running, transaction_id, "cus_declined") == 200

    assert process(running, transaction_id) == 402

    assert found(records, transaction_id).status is Status.DECLINED
    assert transaction_id not in {each.transaction_id for each in records.entries()}


def test_a_payment_that_the_gateway_has_no_time_for_is_retried(
    running: System, records: Records, transaction_id: str
) -> None:
    validate(running, transaction_id)
    running.gateway.order({"troubles": ["busy"]})

    assert process(running, transaction_id) == 202

    payment = settled(records, transaction_id)
    assert [step.status for step in payment.history] == [
        Status.VALIDATED,
        Status.PROCESSING,
        Status.RETRYING,
        Status.PROCESSING,
        Status.PROCESSED,
    ]


def test_a_payment_whose_function_was_killed_is_swept_up(
    running: System, records: Records, transaction_id: str
) -> None:
    """The charge was made, and its answer lost with the process: it is found, not made again."""
    validate(running, transaction_id)
    running.gateway.order({"drops": ["late"]})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(process, running, transaction_id)
        wait_until(lambda: bool(charges(running, transaction_id)))
        for each in chaos.functions(running)["payment-processor-dev"]:
            os.kill(each, signal.SIGKILL)
        assert answer.result() >= 500

    payment = settled(records, transaction_id)

    assert payment.status is Status.PROCESSED
    assert [payment.gateway_reference] == charges(running, transaction_id)


def test_the_aws_cli_reads_table_queue_and_bucket(
    running: System, records: Records, transaction_id: str
) -> None:
    validate(running, transaction_id)
    wait_for(records, lambda: any(f"/{transaction_id}/" in key for key in records.audit_keys()))

    table = aws(running, "dynamodb", "scan", "--table-name", running.outputs["DynamoDBTable"])
    queue = aws(
        running,
        *("sqs", "get-queue-attributes", "--queue-url", running.outputs["SQSRetryQueue"]),
        *("--attribute-names", "QueueArn"),
    )
    bucket = aws(running, "s3api", "list-objects-v2", "--bucket", running.outputs["S3AuditBucket"])

    assert transaction_id in {item["transaction_id"]["S"] for item in table["Items"]}
    assert queue["Attributes"]["QueueArn"].endswith(":payment-retry-queue-dev")
    assert [each for each in bucket["Contents"] if f"/{transaction_id}/0001.json" in each["Key"]]


def charges(on: System, transaction_id: str) -> list[str]:
    """What the gateway calls the charges that took the payment's money."""
    return [
        each["id"]
        for each in on.gateway.intents()
        if (each["metadata"]["transaction_id"], each["status"]) == (transaction_id, "succeeded")
    ]


def aws(on: System, *arguments: str) -> dict[str, Any]:
    """What the AWS CLI answers."""
    done = subprocess.run(
        # Of the endpoint in its environment the CLI's version 1 takes no notice for SQS.
        [sys.executable, "-m", "awscli", "--endpoint-url", on.emulator.url, *arguments],
        env=on.emulator.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered
