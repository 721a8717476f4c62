"""Making: stacks of a few resources in an emulator, under names that nothing has yet."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import boto3

from pipeline.change.stack_events import Event
from sandbox import stacks
from sandbox.emulator import Emulator
from sandbox.stacks import Wanted
from tests.emulator import stack_operations

Resources = Mapping[str, Mapping[str, Any]]
QUEUE: Mapping[str, Any] = {"Type": "AWS::SQS::Queue"}
THIS_RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ROLE = "arn:aws:iam::123456789012:role/nobody"


def function(**properties: Any) -> Mapping[str, Any]:
    """A function that answers which `msgspec` it imports."""
    code = "import msgspec\n\ndef handler(event, context):\n    return msgspec.__version__\n"
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"ZipFile": code},
            "Handler": "index.handler",
            "Role": ROLE,
            "Runtime": THIS_RUNTIME,
            "Timeout": 30,
            **properties,
        },
    }


def nested(at: Emulator, parts: Resources, read: str = "") -> str:
    """The URL of a template that nests one of `parts`, and offers what `read` refers to as `Read`.

    That is an attribute where it has a dot in it: `Queue.Arn`.
    """
    child: dict[str, Any] = {"Resources": parts}
    root: dict[str, Any] = {}
    if read:
        title, _, attribute = read.partition(".")
        value = {"Fn::GetAtt": [title, attribute]} if attribute else {"Ref": title}
        child["Outputs"] = {"Read": {"Value": value}}
        root["Outputs"] = {"Read": {"Value": {"Fn::GetAtt": ["Child", "Outputs.Read"]}}}
    bucket = put(at, "child.json", json.dumps(child))
    properties = {"TemplateURL": f"{at.url}/{bucket}/child.json"}
    root["Resources"] = {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}
    put(at, "root.json", json.dumps(root), bucket)
    return f"{at.url}/{bucket}/root.json"


def put(at: Emulator, key: str, body: str | bytes, bucket: str = "") -> str:
    """Put `body` under `key` in `bucket`, or in a new one; return the bucket."""
    client = boto3.client("s3", **at.access)
    if not bucket:
        bucket = unique()
        client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key=key, Body=body)
    return bucket


def create(at: Emulator, url: str, told: list[Event], name: str = "") -> dict[str, str]:
    """Make a stack from the template at `url`; return its outputs."""
    client = boto3.client("cloudformation", **at.access)
    return stacks.create(client, name or unique(), Wanted(url, {}, {}), told.append)


def update(at: Emulator, url: str, told: list[Event], name: str) -> dict[str, str]:
    """Make the stack `name` what the template at `url` says; return its outputs."""
    client = boto3.client("cloudformation", **at.access)
    return stack_operations.update(client, name, Wanted(url, {}, {}), told.append)


def queues(at: Emulator) -> set[str]:
    """The names of the queues that are there."""
    urls = boto3.client("sqs", **at.access).list_queues().get("QueueUrls", [])
    return {url.rsplit("/", 1)[1] for url in urls}


def unique() -> str:
    """A name that nothing has yet."""
    return f"test-{uuid4().hex[:12]}"
