"""The same for faults that functions and their streams meet: there without the adapter, and gone with it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox import clock
from sandbox.emulator import Emulator
from sandbox.processes import PROJECT, plain_environment
from tests.emulator.adapting import shows
from tests.emulator.making import Resources, create, function, nested, put, unique
from tests.sandbox.paying import wait_until


@shows("functions.bring_back_failed_records")
def test_records_that_a_function_could_not_take_come_back(emulator: Emulator, untouched: Emulator) -> None:
    code = (
        "def handler(event, context):\n"
        "    first = event['Records'][0]['dynamodb']['SequenceNumber']\n"
        "    return {'batchItemFailures': [{'itemIdentifier': first}]}\n"
    )
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
    }
    mapping = {
        "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
        "FunctionName": {"Ref": "Function"},
        "StartingPosition": "TRIM_HORIZON",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    parts: Resources = {
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "Function": function(Code={"ZipFile": code}),
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
    }

    def comes_back(at: Emulator) -> bool:
        stream = create(at, nested(at, parts, "Table.StreamArn"), [])["Read"]
        dynamodb, client = boto3.client("dynamodb", **at.access), boto3.client("lambda", **at.access)
        dynamodb.put_item(TableName=stream.split("/")[1], Item={"id": {"S": "first"}})

        def result() -> str:
            (made,) = client.list_event_source_mappings(EventSourceArn=stream)["EventSourceMappings"]
            return str(made["LastProcessingResult"])

        wait_until(lambda: result() != "No records processed")
        return result() == "FAILED"

    assert comes_back(emulator)
    assert not comes_back(untouched)


@shows("stores.tell_policies_of_keys")
def test_policies_see_the_key_that_an_object_is_encrypted_with(
    emulator: Emulator, untouched: Emulator
) -> None:
    def works(at: Emulator) -> bool:
        iam, user = boto3.client("iam", **at.access), unique()
        iam.create_user(UserName=user)
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam.put_user_policy(UserName=user, PolicyName="Everything", PolicyDocument=document(everything))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        s3 = boto3.client(
            "s3",
            **{
                **at.access,
                "aws_access_key_id": key["AccessKeyId"],
                "aws_secret_access_key": key["SecretAccessKey"],
            },
        )
        bucket = put(at, "anything", "{}")
        policy = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "true"}},
        }
        s3.put_bucket_policy(Bucket=bucket, Policy=document(policy))
        encryption = boto3.client("kms", **at.access).create_key()["KeyMetadata"]["Arn"]
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=bucket, Key="without", Body=b"{}")
        try:
            s3.put_object(
                Bucket=bucket, Key="with", Body=b"{}", ServerSideEncryption="aws:kms", SSEKMSKeyId=encryption
            )
        except ClientError:
            return False
        return True

    assert works(emulator)
    assert not works(untouched)


@shows("functions.give_functions_the_clock")
def test_functions_tell_the_time_by_the_emulators_clock(emulator: Emulator, untouched: Emulator) -> None:
    def ahead(at: Emulator) -> float:
        code = "import time\n\ndef handler(event, context):\n    return time.time()\n"
        made = function(Code={"ZipFile": code})
        name = create(at, nested(at, {"Function": made}, "Function.Arn"), [])["Read"]
        client = boto3.client("lambda", **at.access)
        clock.move_on(at.clock, 1_000)
        return float(json.load(client.invoke(FunctionName=name)["Payload"])) - time.time()

    assert ahead(emulator) > 900
    assert ahead(untouched) < 100


def document(statement: dict[str, Any]) -> str:
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@shows("functions.look_at_schedules_often")
def test_a_schedule_is_seen_soon_after_it_is_due() -> None:
    """The sweeper's: within a second of the minute, by a clock that is passed in."""

    def late(*mended: str) -> float:
        done = subprocess.run(
            [sys.executable, "-m", "tests.emulator.schedules", *mended],
            cwd=PROJECT,
            env=plain_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return float(done.stdout)

    assert 0 <= late("mended") <= 1
    assert late() > 1
