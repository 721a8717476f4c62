"""Logs: what functions and the emulator wrote is searched for the stack's own secrets, and all others."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3

from sandbox.emulator import Emulator
from tests.canaries import Canaries


def search(canaries: Canaries, emulator: Emulator, where: str) -> None:
    """Search every log that there is in `emulator`, which `where` names."""
    for kind, value in secrets(emulator):
        canaries.plant(kind, value)
    client = boto3.client("logs", **emulator.access)
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            pages = client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            lines = [each["message"] for found in pages for each in found["events"]]
            canaries.search("\n".join(lines), f"{where}: {group['logGroupName']}")
    canaries.search(emulator.log(), f"{where}: the emulator's own log")


def secrets(emulator: Emulator) -> Iterator[tuple[str, str]]:
    """The values in `emulator` that are nobody's business, each with its kind."""
    api = boto3.client("apigateway", **emulator.access)
    for key in api.get_api_keys(includeValues=True)["items"]:
        yield "API key", key["value"]
    client = boto3.client("secretsmanager", **emulator.access)
    for page in client.get_paginator("list_secrets").paginate():
        for each in page["SecretList"]:
            value = client.get_secret_value(SecretId=each["ARN"])["SecretString"]
            # The gateway's is empty until somebody sets it.
            if not value:
                continue
            yield "secret", value
            if value.startswith("{"):
                yield "database password", json.loads(value)["password"]
