"""Reference: a function that writes one item in the SDK's usual way, and does nothing else."""

from __future__ import annotations

import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["DYNAMODB_TABLE"])


def handler(event: dict[str, Any], _: object) -> dict[str, int]:
    """Write an item of the size that a payment has."""
    table.put_item(
        Item={
            "transaction_id": event["id"],
            "timestamp": 1,
            "status": "validated",
            "amount": "10.50",
            "currency": "USD",
            "customer_id": "cus_NffrFeUfNV2Hib",
        }
    )
    return {"statusCode": 200}
