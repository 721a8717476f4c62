"""Responses of a custom resource to CloudFormation, which waits for one whatever happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import urllib3

LONGEST_REASON = 1000
"""Characters of a reason; CloudFormation accepts a response of 4 KB."""

ANSWER_SECONDS = 10.0


def answer(
    transport: urllib3.PoolManager,
    event: Mapping[str, Any],
    physical_id: str,
    failure: str | None,
    data: Mapping[str, str] | None = None,
) -> None:
    """Report the resource's success to CloudFormation, or its `failure`."""
    body = {
        "Status": "SUCCESS" if failure is None else "FAILED",
        "Reason": (failure or "done")[:LONGEST_REASON],
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data or {},
    }
    answered = transport.request(
        "PUT",
        event["ResponseURL"],
        body=json.dumps(body).encode(),
        # The URL is signed for an empty content type; any other breaks the signature.
        headers={"Content-Type": ""},
        timeout=ANSWER_SECONDS,
        retries=urllib3.Retry(
            total=4, backoff_factor=0.5, status_forcelist=[500, 503], allowed_methods=["PUT"]
        ),
    )
    if answered.status != HTTPStatus.OK:
        raise OSError(f"CloudFormation's address answered {answered.status}, expected 200")
