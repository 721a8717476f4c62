"""CloudFormation: how a custom resource answers, which it must, whatever happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import urllib3

LONGEST_REASON = 1000
"""CloudFormation takes an answer of 4 KB."""

ANSWER_SECONDS = 10.0


def answer(
    transport: urllib3.PoolManager,
    event: Mapping[str, Any],
    physical_id: str,
    failure: str | None,
    data: Mapping[str, str] | None = None,
) -> None:
    """Tell CloudFormation that the resource stands, or why it does not."""
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
        # The URL was signed for no content type, and any other would break the signature.
        headers={"Content-Type": ""},
        timeout=ANSWER_SECONDS,
        retries=urllib3.Retry(
            total=4, backoff_factor=0.5, status_forcelist=[500, 503], allowed_methods=["PUT"]
        ),
    )
    if answered.status != HTTPStatus.OK:
        raise OSError(f"CloudFormation's address answered {answered.status}, expected 200")
